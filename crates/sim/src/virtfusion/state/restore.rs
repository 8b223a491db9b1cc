//! A panel from its books, as the control endpoint writes them: users, servers, keys and the jobs that run. What the
//! books do not tell (passwords, mails, requests whose effect is still to come) is gone.

use std::collections::BTreeMap;

use domain::Moment;
use serde::Deserialize;
use serde_json::Value;

use super::super::config::PanelConfig;
use super::super::record::{Job, Key, Server, User};
use super::{Due, State};

/// The part of the books that makes a panel.
#[derive(Debug, Deserialize)]
struct Kept {
    now: Moment,
    servers: Vec<Server>,
    users: Vec<User>,
    keys: Vec<Key>,
    jobs: Vec<Job>,
    last: BTreeMap<String, u64>,
}

impl State {
    /// The panel whose books these are.
    pub fn restored(config: PanelConfig, books: &Value) -> Result<Self, serde_json::Error> {
        let kept = Kept::deserialize(books)?;
        let mut state = Self::new(config);
        state.now = kept.now;
        for name in ["user", "server", "key", "job"] {
            let last = kept.last.get(name).copied().unwrap_or_default();
            state.last.insert(name, last);
        }
        for user in kept.users {
            state.insert_user(user);
        }
        for server in kept.servers {
            state
                .books
                .hold(server.hypervisor, server.share(), server.all_ipv4().len());
            if let Some(at) = server.delete_at {
                state.agenda.plan(at, Due::Delete(server.id));
            }
            state.insert_server(server);
        }
        for key in kept.keys {
            state.insert_key(key);
        }
        for job in kept.jobs {
            if job.finished.is_none() {
                state.agenda.plan(job.due, Due::Job(job.id));
            }
            state.jobs.insert(job.id, job);
        }
        Ok(state)
    }
}
