//! A billing system that is just being connected to a rig on Katapult: what its administrators type, and what the engine
//! reads because of it.

use std::sync::Arc;
use std::time::Duration;

use domain::id::PlatformId;
use domain::record::{Platform, PlatformKind};
use domain::{Actor, ActorKind, Clock, Secret};
use engine::catalogue::CatalogueState;
use engine::{Fate, Proposal, Settled, TypedSettings};
use sim::http::Running;
use sim::katapult::{Config, Katapult};

use super::katapult::generous;
use super::stand::{serve, unhurried};
use super::{KatapultOptions, Rig};

/// Longer than a reading that failed is put off for.
const READ_WITHIN: Duration = Duration::from_hours(2);

/// Another Katapult that the same billing system uses.
pub struct Beside {
    /// The simulated platform.
    pub panel: Arc<Katapult>,
    /// The platform as it is known to the engine: approved.
    pub platform: Platform,
    _served: Running,
}

impl Rig<Katapult> {
    /// A whole engine beside a platform that nobody has proposed yet.
    pub async fn unconnected(platform: Config) -> Self {
        Self::katapult(KatapultOptions {
            platform,
            connected: false,
            ..KatapultOptions::default()
        })
        .await
    }

    /// What an administrator types into the module's settings.
    pub fn typed(&self, key: &str, account: Option<&str>) -> TypedSettings {
        TypedSettings {
            installation: self.installation.id.clone(),
            kind: PlatformKind::Katapult,
            endpoint: self.platform.endpoint.clone(),
            key: Secret::new(key),
            account: account.map(str::to_owned),
            actor: Actor {
                kind: ActorKind::Admin,
                id: "admin 3".to_owned(),
                ip: None,
                correlation: None,
            },
        }
    }

    /// Types it, and it has to be taken.
    pub async fn take(&self, key: &str, account: Option<&str>) -> Settled {
        let taken = self.engine.take_settings(self.typed(key, account)).await;
        taken.expect("the store works").expect("it is taken")
    }

    /// A person on the engine's host holds the window open in which proposals are approved at once.
    pub async fn enrol(&self) {
        let until = self.clock.now() + Duration::from_secs(900);
        self.engine
            .store()
            .set_enrol_window(&self.installation.id, Some(until), &Actor::host("test"))
            .await
            .expect("the window opens");
    }

    /// The platform with the key of all scopes, proposed and approved inside the window, without pacing.
    pub async fn connect(&self) -> Platform {
        self.enrol().await;
        let settled = self.take(Config::TOKEN, None).await;
        assert_eq!(settled.key, Fate::InForce);
        let platform = settled.platform.expect("a platform was made");
        self.unpaced(platform.id).await
    }

    /// Another platform of the same billing system, behind the server record 5, approved on the host and read once.
    pub async fn beside(&self, config: Config) -> Beside {
        let panel = Arc::new(generous(config));
        let served = serve(panel.clone(), &self.clock).await;
        let host = Actor::host("test");
        let proposal = Proposal {
            server: Some((self.installation.id.clone(), 5)),
            kind: PlatformKind::Katapult,
            endpoint: format!("http://{}", served.addr),
            account: String::new(),
            token: Secret::new(Config::TOKEN),
            name: "beside".to_owned(),
            actor: host.clone(),
        };
        let proposed = self.engine.propose_platform(proposal).await;
        let id = proposed.expect("it is proposed").id;
        self.unpaced(id).await;
        let approved = self.engine.approve_platform(id, &host).await;
        approved.expect("it is approved");
        self.until("the platform beside is read", READ_WITHIN, async |rig: &Self| {
            let state = rig.catalogue_at_rest(id).await?;
            state.observed_at.map(drop)
        })
        .await;
        Beside {
            panel,
            platform: self.stored(id).await,
            _served: served,
        }
    }

    async fn unpaced(&self, id: PlatformId) -> Platform {
        let (store, actor) = (self.engine.store(), Actor::host("test"));
        let set = store.set_platform_profile(id, unhurried(), &actor);
        set.await.expect("the profile is set")
    }

    /// A platform as it is stored.
    pub async fn stored(&self, id: PlatformId) -> Platform {
        let found = self.engine.store().platform(id).await;
        found
            .expect("the store can be read")
            .expect("the platform is there")
    }

    /// What is known of a platform's catalogue while nobody reads it and nobody waits for a reading. One that began at the
    /// very moment when it was asked for is followed by another, which would tell everything once more.
    pub async fn catalogue_at_rest(&self, id: PlatformId) -> Option<CatalogueState> {
        let wanted = self.engine.catalogue_wanted(id).await;
        let wanted = wanted.expect("the wish can be read");
        let state = self.engine.catalogue_state(id).await;
        let state = state.expect("the state can be read");
        (!state.is_open && !state.is_asked(wanted, self.clock.now())).then_some(state)
    }

    /// Waits for a reading of the catalogue since the last that was waited for, good or not, for its end, and for whatever
    /// was asked for.
    pub async fn read_anew(&self, id: PlatformId) {
        self.until("the catalogue is read", READ_WITHIN, async |rig: &Self| {
            let state = rig.catalogue_at_rest(id).await?;
            let tried = state.tried_at;
            let mut seen = rig.catalogue_seen.lock().expect("nobody panics while holding it");
            let is_new = tried.is_some() && tried != *seen;
            *seen = tried.or(*seen);
            is_new.then_some(())
        })
        .await;
    }
}
