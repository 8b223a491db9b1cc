//! Interest: which services' pages are open.
//!
//! A page that is open says so with every poll, and whoever has it open twice says it twice. What follows is one reading
//! per service, however many pages there are. Interest is forgotten by itself, and so is whose it was.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::id::{InstallationId, PlatformId, ServiceId};
use domain::record::{OperationKind, OperationState};
use domain::{Moment, ServiceView};

use crate::engine::Engine;
use crate::error::EngineError;

/// For how long a poll of a page counts.
const HOLDS: Duration = Duration::from_secs(60);

/// How often a page's polls look whether a build is waited for.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A build is looked at this often while its page is open.
const BUILD_EVERY: Duration = Duration::from_secs(15);

/// So many services have interest at once. One more takes the place of the one whose page was shown the longest ago.
pub const MOST_WATCHED: usize = 500;

/// A service whose page is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub service: ServiceId,
    pub platform: PlatformId,
    until: Moment,
    looked: Moment,
}

/// The services whose pages are open.
#[derive(Debug, Default)]
pub(super) struct Interest(BTreeMap<(InstallationId, u64), Held>);

impl Interest {
    /// Prolongs the interest in a service that has it. `None` where it has none, or it is time to look at it again.
    fn prolong(&mut self, installation: &InstallationId, billing_id: u64, now: Moment) -> Option<()> {
        let held = self.0.get_mut(&(installation.clone(), billing_id))?;
        held.until = now + HOLDS;
        // A look in the future is one of a clock that was set back since.
        (held.looked <= now && now < held.looked + LOOK_EVERY).then_some(())
    }

    /// Holds interest in a service. Whether there was none before.
    fn hold(
        &mut self,
        (installation, billing_id): (&InstallationId, u64),
        (service, platform): (ServiceId, PlatformId),
        now: Moment,
    ) -> bool {
        self.forget(now);
        let held = Held {
            service,
            platform,
            until: now + HOLDS,
            looked: now,
        };
        let is_new = self.0.insert((installation.clone(), billing_id), held).is_none();
        if self.0.len() > MOST_WATCHED
            && let Some(oldest) = self.0.iter().min_by_key(|(key, held)| (held.until, *key))
        {
            let oldest = oldest.0.clone();
            self.0.remove(&oldest);
        }
        is_new
    }

    fn forget(&mut self, now: Moment) {
        // None lasts longer than it holds: one that does is of a clock that was set back.
        self.0
            .retain(|_, held| now < held.until && held.until <= now + HOLDS);
    }

    /// Whether there is any on a platform.
    pub fn is_any(&self, platform: PlatformId, now: Moment) -> bool {
        self.0
            .values()
            .any(|held| held.platform == platform && now < held.until)
    }

    /// Those on a platform, as their billing systems name them.
    pub fn on(&mut self, platform: PlatformId, now: Moment) -> Vec<((InstallationId, u64), ServiceId)> {
        self.forget(now);
        let on_it = self.0.iter().filter(|(_, held)| held.platform == platform);
        on_it.map(|(key, held)| (key.clone(), held.service)).collect()
    }
}

impl Engine {
    /// Says that somebody has a service's page open, for the next minute. It asks the platform for nothing: what is due is
    /// read soon after, once per service however often this is said, and a build that is waited for is looked at every
    /// quarter of a minute. An error where the store cannot be written.
    pub async fn show_interest(&self, view: &ServiceView) -> Result<(), EngineError> {
        let now = self.now();
        let (installation, billing_id) = (&view.service.installation, view.service.billing_id);
        if self
            .sweeps()
            .interest
            .prolong(installation, billing_id, now)
            .is_some()
        {
            return Ok(());
        }
        let Some(platform) = &view.platform else {
            return Ok(());
        };
        let key = (installation, billing_id);
        let of = (view.service.id, platform.id);
        if self.sweeps().interest.hold(key, of, now) {
            self.raise_interest();
        }
        if self.breaker_open_until(platform).is_some() {
            return Ok(());
        }
        for operation in &view.open {
            let builds = matches!(operation.kind, OperationKind::Create | OperationKind::Reinstall);
            if builds && operation.state == OperationState::Running {
                // Looking once more is harmless whatever it waits for; what it may do by when is the operation's own.
                self.store().hasten(operation.id, now + BUILD_EVERY).await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::ports::CountingRandom;

    use super::*;

    const NOW: Moment = Moment::from_seconds(1_800_000_000);

    fn main() -> InstallationId {
        "main".parse().expect("a name")
    }

    fn of(number: u64) -> (ServiceId, PlatformId) {
        let random = CountingRandom::new(number);
        (
            ServiceId::at(NOW, &random),
            PlatformId::at(NOW, &CountingRandom::new(1)),
        )
    }

    fn after(seconds: u64) -> Moment {
        NOW + Duration::from_secs(seconds)
    }

    #[test]
    fn vf_211_interest_lasts_a_minute_after_the_last_poll_and_is_one_however_many_pages() {
        let (mut interest, main) = (Interest::default(), main());
        let platform = of(501).1;
        assert!(interest.prolong(&main, 501, NOW).is_none());
        assert!(interest.hold((&main, 501), of(501), NOW));
        assert!(!interest.hold((&main, 501), of(501), after(1)), "another tab");
        assert_eq!(interest.on(platform, after(1)).len(), 1);
        assert!(interest.prolong(&main, 501, after(4)).is_some());
        assert!(
            interest.prolong(&main, 501, after(6)).is_none(),
            "looked at again"
        );
        assert!(interest.is_any(platform, after(65)));
        assert!(!interest.is_any(platform, after(66)));
        assert_eq!(interest.on(platform, after(66)), Vec::new());
        // A clock that is set back ends it as well.
        assert!(interest.hold((&main, 501), of(501), after(600)));
        assert_eq!(interest.on(platform, NOW), Vec::new());
    }

    #[test]
    fn no_more_services_have_interest_than_there_is_room_for() {
        let (mut interest, main) = (Interest::default(), main());
        let most = MOST_WATCHED as u64;
        for number in 1..=most + 20 {
            interest.hold((&main, number), of(number), NOW + Duration::from_millis(number));
        }
        let held = interest.on(of(1).1, after(2));
        assert_eq!(held.len(), MOST_WATCHED);
        assert!(
            held.iter().all(|((_, number), _)| *number > 20),
            "the newest stay"
        );
    }
}
