//! A Katapult from its books, as the control endpoint writes them. What the books do not tell (passwords, requests whose
//! effect is still to come, ids that were used) is gone.

use domain::Moment;
use domain::ports::CountingRandom;
use serde::Deserialize;
use serde_json::Value;

use super::super::config::Config;
use super::super::record::{
    Address, Build, BuildState, Key, Machine, Organization, Policy, Task, Totals, Trash, Work,
};
use super::{Due, State};

/// The part of the books that makes a Katapult.
#[derive(Debug, Deserialize)]
struct Kept {
    now: Moment,
    last: u64,
    totals: Totals,
    organizations: Vec<Organization>,
    machines: Vec<Machine>,
    builds: Vec<Build>,
    tasks: Vec<Task>,
    trash: Vec<Trash>,
    policies: Vec<Policy>,
    addresses: Vec<Address>,
    keys: Vec<Key>,
}

impl State {
    /// The Katapult whose books these are.
    pub fn restored(config: Config, books: &Value) -> Result<Self, serde_json::Error> {
        let kept = Kept::deserialize(books)?;
        let mut state = Self::empty(config);
        state.now = kept.now;
        state.last = kept.last;
        state.totals = kept.totals;
        // Otherwise the ids of before would be drawn again.
        state.random = CountingRandom::new(state.config.seed ^ kept.last.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let written = state.written();
        for organization in kept.organizations {
            state.organizations.insert(organization, written);
        }
        for machine in kept.machines {
            state.take_up_machine(machine);
        }
        for address in kept.addresses {
            if let Some(block) = state.blocks.get_mut(&address.data_center) {
                block.hold(address.address);
            }
            state.addresses.insert(address, written);
        }
        for build in kept.builds {
            state.take_up_build(build);
        }
        for task in kept.tasks {
            state.take_up_task(task);
        }
        for trash in kept.trash {
            state.take_up_trash(trash);
        }
        for policy in kept.policies {
            if let Some(at) = policy.ends {
                state.agenda.plan(at, Due::EndPolicy(policy.serial));
            }
            state.policies.insert(policy, written);
        }
        for key in kept.keys {
            state.keys.insert(key, written);
        }
        Ok(state)
    }

    fn take_up_machine(&mut self, machine: Machine) {
        *self.memory.entry(machine.data_center.clone()).or_default() += machine.memory_in_gb;
        if machine.booting {
            self.agenda.plan(self.now, Due::Boot(machine.serial));
        }
        self.note_owner(machine.serial, machine.organization);
        let written = self.written();
        self.machines.insert(machine, written);
    }

    fn take_up_build(&mut self, build: Build) {
        if !build.state.is_final() {
            let takes = build.due.since(build.created);
            let steps = match (build.state, build.machine) {
                (BuildState::Pending, _) => &[20, 2, 1][..],
                (_, None) => &[2, 1],
                _ => &[1],
            };
            for share in steps {
                self.agenda
                    .plan(build.created + takes / *share, Due::Build(build.serial));
            }
            self.under_way.insert(build.serial);
        }
        let written = self.written();
        self.builds.insert(build, written);
    }

    fn take_up_task(&mut self, task: Task) {
        if task.finished.is_none() && !matches!(task.work, Work::Build(_)) {
            if self.now < task.starts {
                self.agenda.plan(task.starts, Due::Begin(task.serial));
            }
            self.agenda.plan(task.due, Due::Finish(task.serial));
        }
        let written = self.written();
        self.tasks.insert(task, written);
    }

    fn take_up_trash(&mut self, trash: Trash) {
        let due = if self.machines.get(trash.machine).is_some() {
            (trash.keep_until, Due::Expire(trash.serial))
        } else {
            (self.now, Due::Vanish(trash.serial))
        };
        self.agenda.plan(due.0, due.1);
        let written = self.written();
        self.trash.insert(trash, written);
    }
}
