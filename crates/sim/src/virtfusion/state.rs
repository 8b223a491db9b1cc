//! The panel's state and how time moves it: jobs that finish, deletions that come due, tokens that expire.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use domain::Moment;
use domain::ports::CountingRandom;

use super::books::Books;
use super::config::PanelConfig;
use super::record::{Job, Key, Mail, Server, Stage, Totals, User, Work};
use crate::agenda::Agenda;
use crate::chance;
use crate::rate::Rate;
use crate::shelf::{Shelf, Sight};

mod restore;

/// How many finished jobs and mails are remembered.
const REMEMBERED: usize = 5_000;

/// Something that time brings.
#[derive(Debug, Clone, Copy)]
enum Due {
    Job(u64),
    Delete(u64),
}

/// A pair of login tokens.
#[derive(Debug, Clone)]
pub struct Login {
    /// The second token.
    pub second: String,
    /// Whom they log in.
    pub user: u64,
    /// The server that they lead to.
    pub server: Option<u64>,
    /// When they expire.
    pub expires: Moment,
}

/// The whole panel.
#[derive(Debug)]
pub struct State {
    pub config: PanelConfig,
    pub now: Moment,
    pub books: Books,
    pub servers: Shelf<Server>,
    pub users: Shelf<User>,
    pub keys: Shelf<Key>,
    pub jobs: BTreeMap<u64, Job>,
    pub by_relation: BTreeMap<u64, u64>,
    pub by_relation_text: BTreeMap<String, u64>,
    pub by_email: BTreeMap<String, u64>,
    pub logins: BTreeMap<String, Login>,
    pub totals: Totals,
    pub mails: VecDeque<Mail>,
    /// How many of the next builds fail.
    pub failing_builds: u32,
    /// How far back readers must be able to look.
    pub look_back: Duration,
    /// The requests per token.
    pub rates: Vec<Rate>,
    /// Ids of deleted servers, the last one at the end.
    pub used_ids: Vec<u64>,
    /// No reading shows anything older.
    pub oldest_reading: Moment,
    /// Servers that were written since somebody asked.
    pub changed: BTreeSet<u64>,
    /// Every server that an owner had within memory, and the other way round.
    owned: BTreeMap<u64, BTreeSet<u64>>,
    owners: BTreeMap<u64, Vec<u64>>,
    waiting: BTreeMap<u64, VecDeque<Work>>,
    agenda: Agenda<Due>,
    random: CountingRandom,
    /// The last number of each kind.
    pub last: BTreeMap<&'static str, u64>,
}

impl State {
    /// An empty panel.
    pub fn new(config: PanelConfig) -> Self {
        Self {
            now: Moment::from_micros(0),
            books: Books::new(&config.groups, config.placement),
            servers: Shelf::default(),
            users: Shelf::default(),
            keys: Shelf::default(),
            jobs: BTreeMap::new(),
            by_relation: BTreeMap::new(),
            by_relation_text: BTreeMap::new(),
            by_email: BTreeMap::new(),
            logins: BTreeMap::new(),
            totals: Totals::default(),
            mails: VecDeque::new(),
            failing_builds: 0,
            look_back: Duration::ZERO,
            rates: vec![Rate::default(); config.tokens.len()],
            used_ids: Vec::new(),
            oldest_reading: Moment::EPOCH,
            changed: BTreeSet::new(),
            owned: BTreeMap::new(),
            owners: BTreeMap::new(),
            waiting: BTreeMap::new(),
            agenda: Agenda::default(),
            random: CountingRandom::new(config.seed),
            last: BTreeMap::new(),
            config,
        }
    }

    /// The next number of a kind.
    pub fn next(&mut self, kind: &'static str) -> u64 {
        let last = self.last.entry(kind).or_insert(0);
        *last += 1;
        *last
    }

    /// A secret.
    pub fn secret(&self, length: usize) -> String {
        chance::secret(&self.random, length)
    }

    /// A version 4 UUID.
    pub fn uuid(&self) -> String {
        chance::uuid(&self.random)
    }

    const fn sight(&self) -> Sight {
        Sight {
            lag: self.config.lag,
            history: self.config.history,
        }
    }

    /// From when readers see what is written now.
    fn visible(&self) -> Moment {
        self.sight().visible(self.now, &self.random)
    }

    fn keep(&self) -> Moment {
        self.sight().keep(self.now, self.look_back)
    }

    /// Notes a mail.
    pub fn mail(&mut self, to: &str, about: &'static str) {
        self.mails.push_back(Mail {
            at: self.now,
            to: to.to_owned(),
            about,
        });
        if self.mails.len() > REMEMBERED {
            self.mails.pop_front();
        }
    }

    /// Carries time forward.
    pub fn advance(&mut self, now: Moment) {
        while let Some((at, due)) = self.agenda.next(now) {
            self.now = self.now.max(at);
            match due {
                Due::Job(id) => self.finish(id),
                Due::Delete(id) => {
                    if self
                        .servers
                        .get(id)
                        .is_some_and(|server| server.delete_at == Some(at))
                    {
                        self.delete_server(id);
                    }
                }
            }
        }
        self.now = self.now.max(now);
        let keep = self.keep();
        for id in self.servers.forget(keep) {
            for owner in self.owners.remove(&id).unwrap_or_default() {
                if let Some(owned) = self.owned.get_mut(&owner) {
                    owned.remove(&id);
                }
            }
        }
        self.users.forget(keep);
        self.keys.forget(keep);
    }

    /// Writes a server for the first time.
    pub fn insert_server(&mut self, server: Server) {
        self.note_owner(server.id, server.owner);
        self.note_change(server.id);
        let (id, visible, keep) = (server.id, self.visible(), self.keep());
        let is_used = self.servers.visible_from(id).is_some();
        self.servers.insert(id, server, visible, keep);
        if is_used {
            // A panel that still showed the old machine under an id of a new one could not be used by any program.
            self.servers.reveal(id, self.now);
        }
    }

    /// Changes a server.
    pub fn change_server(&mut self, id: u64, change: impl FnOnce(&mut Server)) {
        let (now, visible, keep) = (self.now, self.visible(), self.keep());
        self.note_change(id);
        self.servers.update(id, visible, keep, |server| {
            change(server);
            server.updated = now;
        });
    }

    /// Gives a server to another user.
    pub fn set_owner(&mut self, id: u64, owner: u64) {
        self.note_owner(id, owner);
        self.change_server(id, |server| server.owner = owner);
    }

    fn note_change(&mut self, id: u64) {
        if self.config.notes_changes {
            self.changed.insert(id);
        }
    }

    fn note_owner(&mut self, id: u64, owner: u64) {
        self.owned.entry(owner).or_default().insert(id);
        self.owners.entry(id).or_default().push(owner);
    }

    /// The servers that a reader at `view` sees with this owner.
    pub fn servers_of(&self, owner: u64, view: Moment) -> Vec<&Server> {
        let ids = self.owned.get(&owner).into_iter().flatten();
        ids.filter_map(|id| self.servers.seen(*id, view))
            .filter(|server| server.owner == owner)
            .collect()
    }

    /// Whether a user owns any server.
    pub fn owns_servers(&self, owner: u64) -> bool {
        let mut ids = self.owned.get(&owner).into_iter().flatten();
        ids.any(|id| self.servers.get(*id).is_some_and(|server| server.owner == owner))
    }

    /// Deletes a server at once.
    pub fn delete_server(&mut self, id: u64) {
        let (visible, keep) = (self.visible(), self.keep());
        let Some(server) = self.servers.remove(id, visible, keep) else {
            return;
        };
        self.books
            .release(server.hypervisor, server.share(), &server.all_ipv4());
        self.totals.servers_deleted += 1;
        self.note_change(id);
        self.used_ids.push(id);
        self.waiting.remove(&id);
        if let Some(job) = server.job.and_then(|job| self.jobs.get_mut(&job)) {
            job.finished = Some(self.now);
            job.failed = true;
        }
    }

    /// Deletes a server later; a new time replaces an old one.
    pub fn delete_server_later(&mut self, id: u64, delay: Duration) {
        if delay.is_zero() {
            return self.delete_server(id);
        }
        let at = self.now + delay;
        self.change_server(id, |server| server.delete_at = Some(at));
        self.agenda.plan(at, Due::Delete(id));
    }

    /// Writes a user for the first time.
    pub fn insert_user(&mut self, user: User) {
        let id = user.id;
        self.index_user(&user);
        let (visible, keep) = (self.visible(), self.keep());
        self.users.insert(id, user, visible, keep);
        self.totals.users_created += 1;
    }

    fn index_user(&mut self, user: &User) {
        self.by_email.insert(user.email.to_lowercase(), user.id);
        self.by_relation
            .extend(user.relation.map(|relation| (relation, user.id)));
        self.by_relation_text
            .extend(user.relation_text.clone().map(|text| (text, user.id)));
    }

    fn forget_user(&mut self, user: &User) {
        self.by_email.remove(&user.email.to_lowercase());
        if let Some(relation) = user.relation {
            self.by_relation.remove(&relation);
        }
        if let Some(text) = &user.relation_text {
            self.by_relation_text.remove(text);
        }
    }

    /// Changes a user.
    pub fn change_user(&mut self, id: u64, change: impl FnOnce(&mut User)) {
        let (now, visible, keep) = (self.now, self.visible(), self.keep());
        let Some(before) = self.users.get(id).cloned() else {
            return;
        };
        self.forget_user(&before);
        self.users.update(id, visible, keep, |user| {
            change(user);
            user.updated = now;
        });
        if let Some(after) = self.users.get(id).cloned() {
            self.index_user(&after);
        }
    }

    /// Deletes a user and its keys.
    pub fn delete_user(&mut self, id: u64) {
        let (visible, keep) = (self.visible(), self.keep());
        let Some(user) = self.users.remove(id, visible, keep) else {
            return;
        };
        self.forget_user(&user);
        self.owned.remove(&id);
        self.totals.users_deleted += 1;
        let keys: Vec<u64> = self
            .keys
            .all()
            .filter(|(_, key)| key.user == id)
            .map(|(id, _)| id)
            .collect();
        for key in keys {
            self.delete_key(key);
        }
    }

    /// Writes a key.
    pub fn insert_key(&mut self, key: Key) {
        let (visible, keep) = (self.visible(), self.keep());
        self.keys.insert(key.id, key, visible, keep);
    }

    /// Deletes a key.
    pub fn delete_key(&mut self, id: u64) {
        let (visible, keep) = (self.visible(), self.keep());
        self.keys.remove(id, visible, keep);
    }

    /// Starts a job on an idle server, or queues it behind the one that runs. The job's id, if it started.
    pub fn start(&mut self, server: u64, work: Work) -> Option<u64> {
        let record = self.servers.get(server)?;
        if record.job.is_some() {
            self.waiting.entry(server).or_default().push_back(work);
            return None;
        }
        let hypervisor = record.hypervisor;
        let id = self.next("job");
        let due = self.now + self.duration(work);
        let job = Job {
            id,
            work,
            server,
            hypervisor,
            started: self.now,
            due,
            finished: None,
            failed: false,
        };
        self.jobs.insert(id, job);
        self.agenda.plan(due, Due::Job(id));
        self.change_server(server, |server| {
            server.job = Some(id);
            match work {
                Work::Build => {
                    server.stage = Stage::Queued;
                    server.running = false;
                }
                Work::Suspend => server.suspended = true,
                Work::Unsuspend => server.suspended = false,
                _ => {}
            }
        });
        if self.jobs.len() > REMEMBERED {
            self.jobs.pop_first();
        }
        Some(id)
    }

    fn duration(&self, work: Work) -> Duration {
        match work {
            Work::Build => self.config.build,
            Work::Shutdown => self.config.power * 2,
            Work::Unsuspend => Duration::ZERO,
            _ => self.config.power,
        }
    }

    fn finish(&mut self, id: u64) {
        let Some(job) = self.jobs.get_mut(&id).filter(|job| job.finished.is_none()) else {
            return;
        };
        job.finished = Some(self.now);
        let (work, server) = (job.work, job.server);
        let fails = work == Work::Build && self.failing_builds > 0;
        if fails {
            job.failed = true;
            self.failing_builds -= 1;
        }
        let now = self.now;
        self.change_server(server, |server| {
            server.job = None;
            match work {
                Work::Build if fails => server.stage = Stage::Failed,
                Work::Build => {
                    server.stage = Stage::Complete;
                    server.built = Some(now);
                    server.running = true;
                }
                Work::Boot | Work::Restart => server.running = true,
                Work::Shutdown => server.running &= server.ignores_shutdown,
                Work::PowerOff | Work::Suspend => server.running = false,
                Work::Unsuspend | Work::ResetPassword => {}
            }
        });
        if let Some(next) = self.waiting.get_mut(&server).and_then(VecDeque::pop_front) {
            self.start(server, next);
        }
    }
}
