//! What a platform has on offer, read from it once a day and on demand, and what becomes of it in the billing system.
//!
//! * [`CatalogueState`] is what is kept of a platform's catalogue: the last complete reading with its age, what was
//!   missing in it, and why the last try failed. Pages, the cart and the package selector are answered from it; none of
//!   them makes a call.
//! * [`group()`] turns a catalogue into the options that a billing system offers, purely. The effect that carries it
//!   says what has to be there; applying it twice changes nothing, and what an operator renamed, hid, priced or made
//!   stays as it is.
//! * [`objection()`] judges a cart's choices by what is known.
//!
//! Whoever wants a reading says so in the store ([`Engine::want_catalogue`]); the duty `catalogue` makes it, in its
//! turn, with a deadline and a bound of pages. What one complete reading lacks is missed; what another one lacks too, a
//! minute or more later, is withdrawn, and hidden once where no other platform of the same billing system has it.
//!
//! Rejected: reading when a page is shown (each view would wait for the platform), and reporting the billing system's
//! rows so that the engine names each insert (the rows may change between report and insert; stable keys do not).

mod cart;
mod group;
mod state;

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use domain::catalogue::Catalogue;
use domain::http::Lane;
use domain::id::{InstallationId, PlatformId};
use domain::record::{EffectBody, Platform, PlatformKind, PlatformState};
use domain::{Actor, Moment};
use store::StoreError;

pub use cart::{Choice, before_bar, objection};
pub use group::{OptionGroup, OptionValue, ProductOption, group};
pub use state::{CatalogueState, News};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::runner::report;

/// How long one reading may take.
const TURN: Duration = Duration::from_secs(120);

/// A catalogue with more pages than this has no end.
const MOST_PAGES: usize = 200;

/// Two nodes do not read the same catalogue at the same moment.
const ALONE: Duration = Duration::from_secs(5);

/// How often an account is noted against others who write the same rows.
const NOTES: u32 = 5;

/// What one reading came to: what is new on the platform, or why there was none.
pub type Synced = Result<News, String>;

impl Engine {
    /// Reads the catalogues whose turn it is. An error while one has not been read for too long.
    pub(crate) async fn refresh_catalogues(&self) -> Result<(), EngineError> {
        if self.recovering().is_some() {
            return Ok(());
        }
        let mut stale = Vec::new();
        for platform in self.store().platforms().await? {
            if platform.state != PlatformState::Approved || !self.has_catalogue(&platform) {
                continue;
            }
            let wanted = self.catalogue_wanted(platform.id).await?;
            let state = self.catalogue_state(platform.id).await?;
            let key = format!("catalogue:{}", platform.id);
            if state.is_due(wanted, self.now()) && self.store().take_rate(&key, self.now(), ALONE).await? {
                // What is wrong with one platform keeps no other's catalogue from being read.
                if let Err(error) = self.sync_catalogue(&platform).await {
                    tracing::error!(platform.id = %platform.id, error = %report(&error), "a catalogue was not kept");
                }
            }
            let state = self.catalogue_state(platform.id).await?;
            if state.is_stale(self.now()) {
                stale.push(format!(
                    "the catalogue of platform {} is out of date: {}",
                    platform.name,
                    state.delay()
                ));
            }
        }
        if stale.is_empty() {
            return Ok(());
        }
        Err(EngineError::Invalid(stale.join("; ")))
    }

    /// Reads a platform's catalogue now, keeps it, and tells every billing system that uses the platform what its
    /// options have to offer. The inner error says why it could not be read.
    ///
    /// The try is written down before anything else, and whatever goes wrong is kept like what the platform said: it has
    /// its turn again like every failure, is shown, and becomes an alarm when it lasts.
    pub async fn sync_catalogue(&self, platform: &Platform) -> Result<Synced, EngineError> {
        let wanted = self.catalogue_wanted(platform.id).await?;
        let before = self.catalogue_state(platform.id).await?;
        // Dated by its beginning: whoever asks for one meanwhile gets another.
        let now = self.now();
        let asked = before.is_asked(wanted, now);
        self.keep_catalogue(platform.id, &before.clone().begun(now))
            .await?;
        let taken = self.take_catalogue(platform, before.clone(), now).await;
        match taken.unwrap_or_else(|error| Err(report(&error))) {
            Ok((after, news)) => {
                self.keep_catalogue(platform.id, &after).await?;
                Ok(Ok(news))
            }
            Err(why) => {
                let after = before.clone().failed(why.clone(), now);
                // A trouble that lasts is told once, unless somebody asked.
                let told = if asked || before.trouble != after.trouble {
                    self.tell_trouble(platform, &why).await
                } else {
                    Ok(())
                };
                self.keep_catalogue(platform.id, &after).await?;
                told.map(|()| Err(why))
            }
        }
    }

    /// Reads a catalogue and tells it; what has to be kept of it then.
    async fn take_catalogue(
        &self,
        platform: &Platform,
        before: CatalogueState,
        now: Moment,
    ) -> Result<Result<(CatalogueState, News), String>, EngineError> {
        let read = match tokio::time::timeout(TURN, self.read_catalogue(platform)).await {
            Ok(read) => read?,
            Err(_) => Err(format!("it took longer than {} s", TURN.as_secs())),
        };
        let (catalogue, account) = match read {
            Ok(read) => read,
            Err(why) => return Ok(Err(why)),
        };
        self.note_account(platform.id, account).await?;
        let (after, news) = before.read(catalogue, now);
        for installation in &self.users_of(platform.id).await? {
            self.tell_news(installation, platform, &after, &news).await?;
        }
        Ok(Ok((after, news)))
    }

    /// Says in the log of every billing system that uses a platform why its catalogue could not be read.
    async fn tell_trouble(&self, platform: &Platform, why: &str) -> Result<(), EngineError> {
        let users = self.users_of(platform.id).await?;
        let line = format!("Error running task: Sync config options: {why}");
        self.log_for(&users, platform.kind, &line).await
    }

    async fn read_catalogue(
        &self,
        platform: &Platform,
    ) -> Result<Result<(Catalogue, Option<String>), String>, EngineError> {
        let Some(driver) = self.drivers().of(platform.kind) else {
            return Ok(Err(format!("there is no driver for {}", platform.kind)));
        };
        let mut catalogue = Catalogue::default();
        let mut account = None;
        let mut left: VecDeque<_> = driver.catalogue(&platform.account).into();
        for _ in 0..MOST_PAGES {
            let Some(request) = left.pop_front() else {
                return Ok(Ok((catalogue, account)));
            };
            let outcome = self.read(platform, &request, Lane::Background).await?;
            match driver.read_catalogue(&request, &outcome) {
                Err(reason) => return Ok(Err(reason)),
                Ok(page) => {
                    catalogue.extend(page.part);
                    account = account.or(page.account);
                    left.extend(page.more);
                }
            }
        }
        Ok(Err(format!("its catalogue has no end after {MOST_PAGES} pages")))
    }

    /// Remembers which account a credential means that was configured without one, so that it is not asked again. What a
    /// person named while it was read stays.
    async fn note_account(&self, id: PlatformId, account: Option<String>) -> Result<(), EngineError> {
        let Some(account) = account else { return Ok(()) };
        let actor = Actor::engine("catalogue");
        let mut tries = 1;
        loop {
            match self.store().note_platform_account(id, &account, &actor).await {
                Err(StoreError::Conflict) if tries < NOTES => tries += 1,
                noted => return Ok(noted.map(drop)?),
            }
        }
    }

    /// Tells an installation what a reading of one of its platforms showed.
    async fn tell_news(
        &self,
        installation: &InstallationId,
        platform: &Platform,
        after: &CatalogueState,
        news: &News,
    ) -> Result<(), EngineError> {
        let mut known = self.catalogues(installation, platform.kind).await?;
        let mut others = Vec::new();
        for (other, state) in &mut known {
            if other.id == platform.id {
                after.clone_into(state);
            } else {
                others.push(&*state);
            }
        }
        let news = news.beside(&others);
        self.tell_options(installation, platform.kind, &known, &news)
            .await?;
        let users = std::slice::from_ref(installation);
        self.log_for(users, platform.kind, "Sync config options completed")
            .await?;
        if let Some(line) = news.line() {
            self.log_for(users, platform.kind, &line).await?;
        }
        Ok(())
    }

    /// Sends an installation the options of its module once more, as they are known: a product has come to it.
    pub async fn offer_options(
        &self,
        installation: &InstallationId,
        kind: PlatformKind,
    ) -> Result<(), EngineError> {
        let known = self.catalogues(installation, kind).await?;
        self.tell_options(installation, kind, &known, &News::default())
            .await
    }

    /// Sends an installation one group of options with what all its platforms of a kind have on offer; nothing while
    /// nothing is known. Of what two of them call by different names the older platform's counts, whichever was read.
    async fn tell_options(
        &self,
        installation: &InstallationId,
        kind: PlatformKind,
        known: &[(Platform, CatalogueState)],
        news: &News,
    ) -> Result<(), EngineError> {
        let all = known.iter().filter_map(|(_, state)| state.catalogue.clone());
        let all = all.reduce(|mut all, more| {
            all.extend(more);
            all
        });
        let Some(group) = all.and_then(|all| group(kind, &all, news)) else {
            return Ok(());
        };
        let option = serde_json::to_value(&group).map_err(|error| EngineError::Invalid(error.to_string()))?;
        self.tell(installation, None, EffectBody::UpsertOption { option })
            .await
            .map(drop)
    }

    /// What is known of the catalogues of an installation's approved platforms of a kind, the oldest platform first.
    pub async fn catalogues(
        &self,
        installation: &InstallationId,
        kind: PlatformKind,
    ) -> Result<Vec<(Platform, CatalogueState)>, EngineError> {
        let mut known = Vec::new();
        for platform in self.platforms_used_by(installation).await? {
            if platform.kind == kind {
                let state = self.catalogue_state(platform.id).await?;
                known.push((platform, state));
            }
        }
        Ok(known)
    }

    /// Has the catalogues of an installation's platforms read as soon as possible.
    pub async fn want_catalogues(&self, installation: &InstallationId) -> Result<(), EngineError> {
        for platform in self.store().platforms().await? {
            if self.has_catalogue(&platform) && self.users_of(platform.id).await?.contains(installation) {
                self.want_catalogue(platform.id).await?;
            }
        }
        Ok(())
    }

    /// Has a platform's catalogue read as soon as possible, or once it is approved.
    pub async fn want_catalogue(&self, platform: PlatformId) -> Result<(), EngineError> {
        let now = self.now().as_micros().to_string();
        Ok(self.store().set_meta(&wanted(platform), &now).await?)
    }

    /// What is known of a platform's catalogue.
    pub async fn catalogue_state(&self, platform: PlatformId) -> Result<CatalogueState, EngineError> {
        let text = self.store().meta(&kept(platform)).await?;
        Ok(text.map(|text| CatalogueState::parse(&text)).unwrap_or_default())
    }

    /// Writes a line into the activity log of billing systems, as their module would.
    pub async fn log_for(
        &self,
        installations: &[InstallationId],
        kind: PlatformKind,
        text: &str,
    ) -> Result<(), EngineError> {
        for installation in installations {
            let message = format!("[{}]: {text}", group::title(kind));
            self.tell(installation, None, EffectBody::LogActivity { message })
                .await?;
        }
        Ok(())
    }

    /// The billing systems that use a platform.
    pub(crate) async fn users_of(&self, platform: PlatformId) -> Result<Vec<InstallationId>, EngineError> {
        let attachments = self.store().attachments(Some(platform)).await?;
        let users: BTreeSet<_> = attachments
            .into_iter()
            .map(|attachment| attachment.installation)
            .collect();
        Ok(users.into_iter().collect())
    }

    /// The approved platforms that a billing system uses, the oldest first.
    pub(crate) async fn platforms_used_by(
        &self,
        installation: &InstallationId,
    ) -> Result<Vec<Platform>, EngineError> {
        let attachments = self.store().attachments(None).await?;
        let uses = |platform: &Platform| {
            let mut own = attachments
                .iter()
                .filter(|attachment| attachment.installation == *installation);
            own.any(|attachment| attachment.platform == platform.id)
        };
        let mut platforms = self.store().platforms().await?;
        platforms.retain(|platform| platform.state == PlatformState::Approved && uses(platform));
        Ok(platforms)
    }

    /// Whether a platform's driver reads a catalogue.
    pub fn has_catalogue(&self, platform: &Platform) -> bool {
        let driver = self.drivers().of(platform.kind);
        driver.is_some_and(|driver| !driver.catalogue(&platform.account).is_empty())
    }

    /// When a reading of a platform's catalogue was last asked for; `None` where nobody ever has.
    pub async fn catalogue_wanted(&self, platform: PlatformId) -> Result<Option<Moment>, EngineError> {
        let text = self.store().meta(&wanted(platform)).await?;
        Ok(text.and_then(|text| text.parse().ok()).map(Moment::from_micros))
    }

    async fn keep_catalogue(&self, platform: PlatformId, state: &CatalogueState) -> Result<(), EngineError> {
        let text = serde_json::to_string(state).map_err(|error| EngineError::Invalid(error.to_string()))?;
        Ok(self.store().set_meta(&kept(platform), &text).await?)
    }
}

/// Where a platform's catalogue is kept.
fn kept(platform: PlatformId) -> String {
    format!("catalogue:{platform}")
}

/// Where it is kept when a reading was last asked for.
fn wanted(platform: PlatformId) -> String {
    format!("catalogue_wanted:{platform}")
}
