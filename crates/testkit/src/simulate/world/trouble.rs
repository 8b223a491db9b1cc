//! What strikes the engines: crashes, freezes, losses of power, outages of the platform, upgrades.

use std::time::Duration;

use domain::Random;
use domain::id::WorkerId;
use sim::platform::Outage;

use super::super::broken::Broken;
use super::super::rules::Held;
use super::super::upgrade;
use super::{Event, World};

/// What strikes at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// An engine dies.
    Crash,
    /// An engine stops for a while.
    Freeze,
    /// Everything stops, and what was not synced is gone.
    PowerLoss,
    /// The platform is out of reach.
    Outage,
    /// The next program starts.
    Upgrade,
    /// A machine is deleted in the panel, and its id becomes a stranger's.
    Theft,
    /// The store is copied.
    Backup,
    /// The copy takes the store's place.
    Restore,
}

/// A point between two transitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// Before a decision is committed: after a claim, or between an answer and its commit.
    BeforeCommit,
    /// After the intent is durable, before the lease is looked at.
    BeforeSend,
    /// After the lease was looked at, before the first byte.
    FirstByte,
    /// After the request left.
    BeforeAnswer,
}

impl Point {
    const fn crash(self) -> &'static str {
        match self {
            Self::BeforeCommit => "crashes before a commit",
            Self::BeforeSend => "crashes between sync and send",
            Self::FirstByte => "crashes between lease check and first byte",
            Self::BeforeAnswer => "crashes between send and answer",
        }
    }

    const fn freeze(self) -> &'static str {
        match self {
            Self::BeforeCommit => "freezes before a commit",
            Self::BeforeSend => "freezes between sync and send",
            Self::FirstByte => "freezes between lease check and first byte",
            Self::BeforeAnswer => "freezes between send and answer",
        }
    }
}

impl World {
    pub(super) fn plan_blows(&mut self) {
        let blows = self.scenario.blows;
        let all = [
            (Blow::Crash, blows.crashes),
            (Blow::Freeze, blows.freezes),
            (Blow::PowerLoss, blows.power),
            (Blow::Outage, blows.outages),
            (Blow::Upgrade, blows.upgrades),
            (Blow::Theft, u64::from(self.scenario.theft)),
        ];
        for (blow, times) in all {
            for _ in 0..times {
                let at = self.within_trouble();
                self.plan(at, Event::Blow(blow));
            }
        }
        if self.scenario.broken == Some(Broken::RestoreUnrecovered) {
            let third = self.scenario.trouble / 3;
            self.plan(self.start + third, Event::Blow(Blow::Backup));
            self.plan(self.start + third * 2, Event::Blow(Blow::Restore));
        }
    }

    pub(super) fn strike(&mut self, blow: Blow) -> Result<(), Held> {
        match blow {
            Blow::Crash | Blow::Freeze => {
                let Some(slot) = self.somebody() else {
                    return Ok(());
                };
                if blow == Blow::Crash {
                    self.statistics.count("crashes at any moment");
                    self.crash(slot);
                } else {
                    self.statistics.count("freezes at any moment");
                    self.freeze(slot);
                    self.thaw_later(slot);
                }
            }
            Blow::PowerLoss => {
                self.statistics.count("losses of power");
                self.lose_power();
            }
            Blow::Outage => {
                self.statistics.count("outages");
                let seconds = 10 + self.random.below(600);
                let outage = [Outage::Refused, Outage::Unreachable]
                    [usize::try_from(self.random.below(2)).unwrap_or(0)];
                let until = self.now + Duration::from_secs(seconds);
                self.stage.panel.set_outage(Some((outage, until)));
                self.tell(format_args!("the platform is out of reach for {seconds} s"));
            }
            Blow::Theft => {
                if !self.steal() && !self.calm {
                    self.after(20_000, Event::Blow(Blow::Theft));
                }
            }
            Blow::Upgrade => return self.upgrade(),
            Blow::Backup => self.backup = Some(Box::new(self.vault.memory().clone())),
            Blow::Restore => self.restore(),
        }
        Ok(())
    }

    /// Whether an engine is struck at this point, now.
    pub(super) fn struck_here(&mut self, slot: usize, point: Point) -> bool {
        let one_in = self.scenario.one_blow_in;
        if self.calm || one_in == 0 || self.random.below(one_in) != 0 {
            return false;
        }
        if self.random.below(2) == 0 {
            self.statistics.count(point.crash());
            self.crash(slot);
        } else {
            self.statistics.count(point.freeze());
            self.freeze(slot);
        }
        true
    }

    /// What a frozen engine does first when it goes on; nothing, where it died instead.
    pub(super) fn keep_frozen(&mut self, slot: usize, goes_on: Event) {
        if let Some(held) = &mut self.workers[slot].frozen {
            held.insert(0, goes_on);
            self.thaw_later(slot);
        }
    }

    fn freeze(&mut self, slot: usize) {
        self.checker.hindered(self.now);
        self.workers[slot].frozen = Some(Vec::new());
    }

    /// From a second to twenty minutes: before and after its leases ran out.
    pub(super) fn thaw_later(&mut self, slot: usize) {
        if self.workers[slot].frozen.is_none() {
            return;
        }
        let millis = 1_000_u64 << self.random.below(10);
        let millis = millis + self.random.below(millis);
        let life = self.workers[slot].life;
        self.tell(format_args!("worker {slot} freezes for {millis} ms"));
        self.after(millis, Event::Thaw(slot, life));
    }

    pub(super) fn thaw(&mut self, slot: usize, life: u32) {
        let worker = &mut self.workers[slot];
        if worker.life != life {
            return;
        }
        let Some(held) = worker.frozen.take() else {
            return;
        };
        self.tell(format_args!("worker {slot} goes on"));
        self.checker.hindered(self.now);
        for event in held {
            self.plan(self.now, event);
        }
    }

    fn crash(&mut self, slot: usize) {
        self.end_life(slot);
        let millis = 100 + self.random.below(20_000);
        self.tell(format_args!("worker {slot} dies; back in {millis} ms"));
        self.after(millis, Event::Start(slot));
    }

    fn end_life(&mut self, slot: usize) {
        let worker = &mut self.workers[slot];
        worker.life += 1;
        worker.up = false;
        worker.frozen = None;
        worker.driving = 0;
    }

    pub(super) fn start_worker(&mut self, slot: usize) -> Result<(), Held> {
        let id = WorkerId::at(self.now, &self.random);
        let worker = &mut self.workers[slot];
        worker.up = true;
        worker.id = id;
        self.checker.hindered(self.now);
        self.tell(format_args!("worker {slot} starts"));
        if self.workers.len() == 1 {
            // The only process: whoever held leases is gone. With several, leases run out by themselves.
            self.vault.release_all_leases()?;
        }
        Ok(())
    }

    fn all_down(&mut self) {
        for slot in 0..self.workers.len() {
            if self.workers[slot].up {
                self.end_life(slot);
                let millis = 100 + self.random.below(20_000);
                self.after(millis, Event::Start(slot));
            }
        }
    }

    /// Everything stops, and what was not synced is forgotten. Whoever waited for an answer hears none.
    fn lose_power(&mut self) {
        let forgotten = if self.scenario.forgets {
            self.vault.forget()
        } else {
            self.vault.sync();
            0
        };
        self.statistics.add("changes forgotten", forgotten as u64);
        self.tell(format_args!("the power is lost, and {forgotten} changes with it"));
        self.drop_awaiting();
        self.all_down();
    }

    /// What waited for a sync never comes.
    fn drop_awaiting(&mut self) {
        for event in std::mem::take(&mut self.awaiting) {
            match event {
                // A caller finds out by itself that its engine died.
                Event::Heard(_) => self.plan(self.now, event),
                Event::Apply(run, _) | Event::Cron(Some(run)) => self.end_run(&run),
                _ => {}
            }
        }
    }

    /// All engines stop; every record goes through its stored form; the next program starts.
    fn upgrade(&mut self) -> Result<(), Held> {
        self.statistics.count("upgrades");
        self.vault.sync();
        for event in std::mem::take(&mut self.awaiting) {
            self.plan(self.now, event);
        }
        self.vault.reopen()?;
        self.driver = upgrade::newer(std::sync::Arc::clone(&self.driver));
        self.tell(format_args!("the next program takes over"));
        self.all_down();
        Ok(())
    }

    /// The copy takes the store's place, and work goes on as if nothing had happened since. A recovery would begin
    /// here: an epoch in which nothing creating or disruptive leaves until platform and store have been compared.
    fn restore(&mut self) {
        let Some(backup) = self.backup.take() else { return };
        self.tell(format_args!("the store is restored from its copy"));
        self.vault.restore(*backup);
        self.drop_awaiting();
        self.checker.restored();
        self.all_down();
    }
}
