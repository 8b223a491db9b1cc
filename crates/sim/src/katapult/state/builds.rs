//! How builds move: they wait, they run, their machine appears, they are complete.

use std::time::Duration;

use super::super::config::Annotations;
use super::super::record::{Annotation, Build, BuildState, Order, Power, Task, Work};
use super::{Due, REMEMBERED, State};
use crate::chance::unit;

impl State {
    /// Starts a build; its serial number.
    pub fn insert_build(
        &mut self,
        organization: u64,
        order: Order,
        spec_xml: String,
        annotations: Vec<Annotation>,
    ) -> u64 {
        let takes = self.config.timings.build.draw(&self.random);
        let (serial, task) = (self.next(), self.next());
        let due = self.now + takes;
        let build = Build {
            serial,
            id: self.fresh_id("vmbuild"),
            organization,
            order,
            spec_xml,
            annotations,
            state: BuildState::Pending,
            machine: None,
            machine_id: None,
            task,
            held: false,
            by_api: false,
            request_id: None,
            created: self.now,
            due,
            finished: None,
        };
        let work = Work::Build(serial);
        let task = Task {
            serial: task,
            id: self.fresh_id("task"),
            name: work.title(false).to_owned(),
            organization,
            machine: None,
            work,
            created: self.now,
            starts: self.now + takes / 20,
            due,
            finished: None,
            failed: false,
        };
        let written = self.written();
        self.builds.insert(build, written);
        self.builds
            .trim(REMEMBERED, written, |build| build.state.is_final());
        self.tasks.insert(task, written);
        self.under_way.insert(serial);
        for after in [takes / 20, takes / 2, takes] {
            self.plan(after, Due::Build(serial));
        }
        serial
    }

    /// Changes a build.
    pub fn change_build(&mut self, serial: u64, change: impl FnOnce(&mut Build)) {
        let written = self.written();
        self.builds.update(serial, written, change);
    }

    /// Stops a build where it is, or lets it go on: what is left of it takes as long as it would have.
    pub fn hold_build(&mut self, serial: u64, held: bool) {
        let Some(build) = self.builds.get(serial).filter(|build| !build.state.is_final()) else {
            return;
        };
        let steps = match (build.state, build.machine) {
            (BuildState::Pending, _) => 3,
            (_, None) => 2,
            _ => 1,
        };
        let pause = build.due.since(build.created) / 3;
        let goes_on = build.held && !held;
        self.change_build(serial, |build| build.held = held);
        if goes_on {
            for step in 1..=steps {
                self.plan(pause * step, Due::Build(serial));
            }
        }
    }

    /// Takes the next step of a build.
    pub(super) fn step_build(&mut self, serial: u64) {
        let Some(build) = self.builds.get(serial).cloned() else {
            return;
        };
        if build.held || build.state.is_final() {
            return;
        }
        match (build.state, build.machine) {
            (BuildState::Pending, _) => {
                self.change_build(serial, |build| build.state = BuildState::Building);
            }
            (_, None) => self.make_built(&build),
            (_, Some(machine)) => self.complete_build(&build, machine),
        }
    }

    fn fails(&mut self, with_machine: bool) -> bool {
        let fails = self.failing_builds.count > 0 && self.failing_builds.with_machine == with_machine;
        if fails {
            self.failing_builds.count -= 1;
        }
        fails
    }

    /// Makes the machine of a build. Where there is no room the build fails without one.
    fn make_built(&mut self, build: &Build) {
        if self.fails(false) {
            return self.fail_build(build.serial);
        }
        let annotations = match self.config.annotations {
            Annotations::ReachTheMachine => build.annotations.clone(),
            Annotations::StayWithTheBuild => Vec::new(),
        };
        let id = build.machine_id.clone();
        match self.make_machine(build.organization, &build.order, annotations, id) {
            Err(_) => self.fail_build(build.serial),
            Ok(machine) => {
                self.totals.machines_built += 1;
                self.change_machine(machine, |machine| machine.build = Some(build.serial));
                self.change_build(build.serial, |build| build.machine = Some(machine));
            }
        }
    }

    fn complete_build(&mut self, build: &Build, machine: u64) {
        if self.fails(true) {
            return self.fail_build(build.serial);
        }
        self.end_build(build, BuildState::Complete);
        // A person may have put it into the trash meanwhile.
        if self
            .machines
            .get(machine)
            .is_some_and(|machine| machine.trash.is_none())
        {
            self.first_run(machine);
        }
    }

    fn end_build(&mut self, build: &Build, state: BuildState) {
        let now = self.now;
        self.change_build(build.serial, |build| {
            build.state = state;
            build.finished = Some(now);
        });
        self.under_way.remove(&build.serial);
        self.end_task(build.task, state == BuildState::Failed);
    }

    /// Of 53 recorded builds that were just complete, the machine was starting in 31, started in 10, being allocated in
    /// 6, stopped in 5 and allocated in 1.
    fn first_run(&mut self, machine: u64) {
        let power = match unit(&self.random) * 53.0 {
            drawn if drawn < 31.0 => Power::Starting,
            drawn if drawn < 41.0 => Power::Started,
            drawn if drawn < 47.0 => Power::Allocating,
            drawn if drawn < 52.0 => Power::Stopped,
            _ => Power::Allocated,
        };
        self.change_machine(machine, |machine| {
            machine.power = power;
            machine.booting = power != Power::Started;
        });
        if power != Power::Started {
            let takes: Duration = self.config.timings.boot.draw(&self.random);
            self.plan(takes, Due::Boot(machine));
        }
    }

    /// Gives a build up. A machine that it made already is left broken.
    pub fn fail_build(&mut self, serial: u64) {
        let Some(build) = self.builds.get(serial).cloned() else {
            return;
        };
        self.end_build(&build, BuildState::Failed);
        if let Some(machine) = build.machine {
            self.set_power(machine, Power::Failed);
        }
    }

    /// Loses a build: it is not there any more, nor moves.
    pub fn lose_build(&mut self, serial: u64) {
        let written = self.written();
        self.under_way.remove(&serial);
        if let Some(build) = self.builds.remove(serial, written) {
            self.end_task(build.task, true);
        }
    }
}
