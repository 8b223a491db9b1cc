//! The consoles that are open in this process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::id::{InstallationId, ServiceId};
use tokio::sync::watch;

/// Why a console is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// The service is suspended, being ended, or ended.
    NotInUse,
    /// The service belongs to another client now.
    AnothersNow,
    /// The session did not answer when it was asked, or is not the one.
    SessionOver,
    /// The person has signed off.
    SignedOff,
    /// Nobody has done anything for a while.
    Idle,
    /// It was open for as long as consoles may be.
    TooLong,
    /// Another console of the same service was opened.
    Replaced,
    /// The console was switched off.
    SwitchedOff,
    /// The platform closed it, or it could not be reached.
    Platform,
    /// The person closed it, or the browser is gone.
    Viewer,
    /// The viewer does not keep to what was agreed upon.
    Broken,
    /// Whether it may stay open could not be found out.
    Unknown,
    /// The engine stops.
    Stopping,
}

impl Closing {
    /// Every one.
    pub const ALL: [Self; 13] = [
        Self::NotInUse,
        Self::AnothersNow,
        Self::SessionOver,
        Self::SignedOff,
        Self::Idle,
        Self::TooLong,
        Self::Replaced,
        Self::SwitchedOff,
        Self::Platform,
        Self::Viewer,
        Self::Broken,
        Self::Unknown,
        Self::Stopping,
    ];

    /// For the audit, metrics and the page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotInUse => "not_in_use",
            Self::AnothersNow => "anothers_now",
            Self::SessionOver => "session_over",
            Self::SignedOff => "signed_off",
            Self::Idle => "idle",
            Self::TooLong => "too_long",
            Self::Replaced => "replaced",
            Self::SwitchedOff => "switched_off",
            Self::Platform => "platform",
            Self::Viewer => "viewer",
            Self::Broken => "broken",
            Self::Unknown => "unknown",
            Self::Stopping => "stopping",
        }
    }
}

/// Whose console it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The billing system.
    pub installation: InstallationId,
    /// The service.
    pub service: ServiceId,
    /// The login, where it is known.
    pub user: Option<u64>,
}

type Told = watch::Sender<Option<Closing>>;

/// All open consoles.
#[derive(Debug, Default)]
pub struct Seats(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    last: u64,
    by_number: BTreeMap<u64, (Held, Told)>,
}

/// One open console; dropped, it is free again.
#[derive(Debug)]
pub struct Seat {
    seats: Arc<Seats>,
    number: u64,
    told: watch::Receiver<Option<Closing>>,
}

impl Seats {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a seat, if there is one among `most`. The same service's console that was open before is closed: its token
    /// on the platform has ended with the new one.
    pub fn take(self: &Arc<Self>, held: Held, most: usize) -> Option<Seat> {
        let mut open = self.open();
        for (other, told) in open.by_number.values() {
            if other.service == held.service {
                say(told, Closing::Replaced);
            }
        }
        let others = open
            .by_number
            .values()
            .filter(|(other, _)| other.service != held.service);
        if others.count() >= most {
            return None;
        }
        open.last += 1;
        let number = open.last;
        let (sender, told) = watch::channel(None);
        open.by_number.insert(number, (held, sender));
        Some(Seat {
            seats: Arc::clone(self),
            number,
            told,
        })
    }

    /// Tells the consoles that `which` names to close.
    pub fn close(&self, why: Closing, which: impl Fn(&Held) -> bool) {
        for (held, told) in self.open().by_number.values() {
            if which(held) {
                say(told, why);
            }
        }
    }
}

/// The first reason counts.
fn say(told: &Told, why: Closing) {
    told.send_if_modified(|said| {
        let first = said.is_none();
        said.get_or_insert(why);
        first
    });
}

impl Seat {
    /// Waits until it is told to close.
    pub async fn told(&mut self) -> Closing {
        match self.told.wait_for(Option::is_some).await {
            Ok(said) => said.unwrap_or(Closing::Stopping),
            // The sender lives as long as the seat is taken.
            Err(_) => Closing::Stopping,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.open().by_number.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use domain::Moment;
    use domain::ports::CountingRandom;

    use super::*;

    fn held(service: u64, user: u64) -> Held {
        Held {
            installation: "main".parse().unwrap(),
            service: ServiceId::at(Moment::from_seconds(0), &CountingRandom::new(service)),
            user: Some(user),
        }
    }

    #[tokio::test]
    async fn mx_046_seats_are_counted_and_free_again_when_left() {
        let seats = Arc::new(Seats::default());
        let first = seats.take(held(1, 1), 2).expect("a seat");
        let _second = seats.take(held(2, 1), 2).expect("a seat");
        assert!(seats.take(held(3, 1), 2).is_none(), "there are two");
        drop(first);
        assert!(seats.take(held(3, 1), 2).is_some());
    }

    #[tokio::test]
    async fn a_new_console_of_a_service_closes_the_one_before_even_when_all_seats_are_taken() {
        let seats = Arc::new(Seats::default());
        let mut first = seats.take(held(1, 1), 1).expect("a seat");
        let mut second = seats.take(held(1, 2), 1).expect("the same service's");
        assert_eq!(first.told().await, Closing::Replaced);
        seats.close(Closing::SignedOff, |held| held.user == Some(2));
        seats.close(Closing::Idle, |_| true);
        assert_eq!(second.told().await, Closing::SignedOff, "the first reason counts");
    }
}
