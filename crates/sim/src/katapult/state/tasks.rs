//! Tasks: they wait, they run, they end, and what they do to machines.

use std::time::Duration;

use super::super::record::{Power, Task, Work};
use super::{Due, REMEMBERED, State};

impl State {
    /// Queues a task; its serial number. On a machine it is the only one.
    pub fn queue_task(&mut self, organization: u64, machine: Option<u64>, work: Work) -> u64 {
        let takes = self.takes(machine, &work);
        let serial = self.next();
        let task = Task {
            serial,
            id: self.fresh_id("task"),
            name: work.title(self.grows(machine, &work)).to_owned(),
            organization,
            machine,
            work,
            created: self.now,
            starts: self.now + self.config.timings.queue.min(takes),
            due: self.now + takes,
            finished: None,
            failed: false,
        };
        let starts = task.starts.since(self.now);
        let written = self.written();
        self.tasks.insert(task, written);
        self.tasks
            .trim(REMEMBERED, written, |task| task.finished.is_some());
        if let Some(machine) = machine {
            self.change_machine(machine, |machine| machine.task = Some(serial));
        }
        self.plan(starts, Due::Begin(serial));
        self.plan(takes, Due::Finish(serial));
        serial
    }

    fn grows(&self, machine: Option<u64>, work: &Work) -> bool {
        let Work::Resize(disk, size, _) = work else {
            return false;
        };
        let machine = machine.and_then(|machine| self.machines.get(machine));
        machine
            .and_then(|machine| machine.disks.iter().find(|candidate| candidate.id == *disk))
            .is_some_and(|disk| *size >= disk.size_in_gb)
    }

    fn takes(&self, machine: Option<u64>, work: &Work) -> Duration {
        let timings = &self.config.timings;
        let span = match work {
            Work::Start => timings.start,
            Work::Stop => timings.stop,
            Work::Shutdown => timings.shutdown,
            Work::Reset => timings.reset,
            Work::Package(_) => timings.package,
            Work::Resize(..) if self.grows(machine, work) => timings.grow,
            Work::Resize(..) => timings.shrink,
            Work::Purge(_) => timings.purge,
            Work::Build(_) | Work::Nothing(_) => return timings.queue,
        };
        span.draw(&self.random)
    }

    /// Shows what is under way on the machine.
    pub(super) fn begin_task(&mut self, serial: u64) {
        let Some(task) = self.tasks.get(serial).filter(|task| task.finished.is_none()) else {
            return;
        };
        let power = match task.work {
            Work::Start => Power::Starting,
            Work::Stop => Power::Stopping,
            Work::Shutdown => Power::ShuttingDown,
            Work::Reset => Power::Resetting,
            _ => return,
        };
        if let Some(machine) = task.machine {
            self.set_power(machine, power);
        }
    }

    pub(super) fn finish_task(&mut self, serial: u64) {
        let Some(task) = self
            .tasks
            .get(serial)
            .filter(|task| task.finished.is_none())
            .cloned()
        else {
            return;
        };
        let mut fails = self.failing_tasks > 0;
        if fails {
            self.failing_tasks -= 1;
        }
        if let Some(machine) = task.machine {
            fails = !self.worked(machine, &task.work, fails);
            self.change_machine(machine, |machine| machine.task = None);
        } else if let Work::Purge(machines) = &task.work {
            for machine in machines {
                if fails {
                    self.unmark_purging(*machine);
                } else {
                    self.remove_machine(*machine);
                }
            }
        }
        self.end_task(serial, fails);
    }

    /// Does the work of a task on its machine, or undoes what it began; whether it is done.
    fn worked(&mut self, serial: u64, work: &Work, fails: bool) -> bool {
        let Some(machine) = self.machines.get(serial) else {
            return false;
        };
        let stubborn = machine.ignores_shutdown;
        match work {
            Work::Start => self.set_power(serial, if fails { Power::Stopped } else { Power::Started }),
            Work::Reset => self.set_power(serial, Power::Started),
            Work::Stop => self.set_power(serial, if fails { Power::Started } else { Power::Stopped }),
            Work::Shutdown if fails || stubborn => {
                self.set_power(serial, Power::Started);
                return false;
            }
            Work::Shutdown => self.set_power(serial, Power::Stopped),
            Work::Package(_) | Work::Resize(..) if fails => return false,
            Work::Package(permalink) => return self.repackage(serial, permalink),
            Work::Resize(disk, size, _) => self.change_machine(serial, |machine| {
                for candidate in machine.disks.iter_mut().filter(|candidate| candidate.id == *disk) {
                    candidate.size_in_gb = *size;
                }
            }),
            Work::Build(_) | Work::Purge(_) | Work::Nothing(_) => {}
        }
        !fails
    }

    /// Changes cores and memory to a package's; disks stay as they are.
    fn repackage(&mut self, serial: u64, permalink: &str) -> bool {
        let Some(package) = self.package(permalink).cloned() else {
            return false;
        };
        self.resize_machine(serial, |machine| {
            machine.cores = package.cores;
            machine.memory_in_gb = package.memory_in_gb;
            machine.package = Some(package.permalink);
        })
    }

    /// Writes down that a task ended.
    pub(super) fn end_task(&mut self, serial: u64, failed: bool) {
        let now = self.now;
        let written = self.written();
        self.tasks.update(serial, written, |task| {
            task.finished = Some(now);
            task.failed = failed;
        });
    }

    /// Ends the task of a machine that is on its way out.
    pub(super) fn abandon_task(&mut self, machine: u64) {
        if let Some(task) = self.machines.get(machine).and_then(|machine| machine.task) {
            self.end_task(task, true);
            self.change_machine(machine, |machine| machine.task = None);
        }
    }
}
