//! The steady load: lanes, each of which takes one service after the other through a life, with double clicks, and goes
//! on to the next when something takes long. What a service shall be is written down before the engine is asked, so
//! that the end can be compared with it.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::billing::Billing;
use crate::books::Status;
use crate::panel::PACKAGES;

/// How long a lane waits for one wish before it turns to another service. Some lost answers take minutes to settle.
const PATIENCE: Duration = Duration::from_secs(25);

/// The power buttons.
const BUTTONS: [&str; 4] = ["restart", "poweroff", "boot", "shutdown"];

/// How much is asked for.
#[derive(Debug, Clone)]
pub struct Load {
    /// Services at work at once.
    pub lanes: u64,
    /// The server records that are ordered on.
    pub servers: Vec<u64>,
}

impl Load {
    /// Runs all lanes until told to stop.
    pub async fn run(&self, billing: &Billing, stop: &CancellationToken) {
        let mut lanes = JoinSet::new();
        for number in 0..self.lanes {
            let (billing, stop, servers) = (billing.clone(), stop.clone(), self.servers.clone());
            lanes.spawn(async move {
                // The first orders do not come all at once.
                let start = Duration::from_millis(number * 150);
                stop.run_until_cancelled(tokio::time::sleep(start)).await;
                while !stop.is_cancelled() {
                    let lane = Lane {
                        billing: &billing,
                        stop: &stop,
                    };
                    lane.life(&servers).await;
                }
            });
        }
        while lanes.join_next().await.is_some() {}
    }
}

struct Lane<'a> {
    billing: &'a Billing,
    stop: &'a CancellationToken,
}

impl Lane<'_> {
    fn chance(&self, percent: u64) -> bool {
        self.billing.below(100) < percent
    }

    fn one_of<T: Copy>(&self, of: &[T]) -> Option<T> {
        let length = u64::try_from(of.len()).unwrap_or(0);
        let index = usize::try_from(self.billing.below(length)).unwrap_or(0);
        of.get(index).copied()
    }

    /// One service, from its order to where it is left.
    async fn life(&self, servers: &[u64]) -> Option<()> {
        let (server, package) = (self.one_of(servers)?, self.one_of(&PACKAGES)?);
        let service = self.billing.books().order(server, package);
        self.billing.paid(service).await;
        self.bring(service).await?;
        for _ in 0..=self.billing.below(4) {
            match self.billing.below(4) {
                0 | 1 => {
                    self.wish(service, Status::Suspended).await?;
                    if self.chance(80) {
                        self.wish(service, Status::Active).await?;
                    } else {
                        break;
                    }
                }
                2 => {
                    let package = self.one_of(&PACKAGES)?;
                    if let Some(found) = self.billing.books().services.get_mut(&service) {
                        found.package = package;
                    }
                    self.bring(service).await?;
                }
                _ => {
                    // A button that is not answered was pressed in vain, as far as its client can tell.
                    let _ = self.billing.press(service, self.one_of(&BUTTONS)?).await;
                    self.pause(300).await;
                }
            }
        }
        if self.chance(60) {
            self.wish(service, Status::Terminated).await?;
        }
        Some(())
    }

    async fn wish(&self, service: u64, wanted: Status) -> Option<()> {
        if let Some(found) = self.billing.books().services.get_mut(&service) {
            found.wanted = wanted;
        }
        self.bring(service).await
    }

    /// Asks until the service is what it shall be; `None` when that takes too long, or the load is over.
    async fn bring(&self, service: u64) -> Option<()> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE && !self.stop.is_cancelled() {
            let next = self.billing.books().service(service)?.next();
            let Some(function) = next else { return Some(()) };
            if self.chance(25) {
                let (first, second) = tokio::join!(
                    self.billing.perform(service, function, None),
                    self.billing.perform(service, function, None)
                );
                // What came of both is in the books.
                drop((first, second));
            } else {
                drop(self.billing.perform(service, function, None).await);
            }
            self.pause(250).await;
        }
        None
    }

    async fn pause(&self, least: u64) {
        let time = Duration::from_millis(least + self.billing.below(500));
        self.stop.run_until_cancelled(tokio::time::sleep(time)).await;
    }
}
