//! Reading one fact of one service's machine now, for its client's eyes.
//!
//! This is the reading alone: when one is due, and how long it holds, is for whoever asks. A reading takes its turn at the
//! platform's gate like everything else and is bounded in requests and in time, so that a page never costs a platform more
//! than it was given.

use std::time::Duration;

use domain::change::Refused;
use domain::http::Lane;
use domain::id::InstallationId;
use domain::machine::Identity;
use domain::observed::{FactKind, Observed};
use domain::record::{FactRecord, Notes};
use driver::Reading;
use store::StoreError;

use crate::core::{Readable, World, keep_fact, readable};
use crate::engine::{DECISIONS, Engine};
use crate::error::EngineError;

/// No reading needs more requests.
const MOST_REQUESTS: usize = 10;

/// After this time no further request of a reading is made.
const WITHIN: Duration = Duration::from_secs(60);

/// What a reading came to.
type Read = Result<(Box<Observed>, Option<Identity>), String>;

impl Engine {
    /// Reads one fact of a service's machine now, and keeps it. The inner error says in one sentence why it could not be
    /// read; what was known before then stays as it is.
    pub async fn read_fact(
        &self,
        installation: &InstallationId,
        billing_id: u64,
        kind: FactKind,
        lane: Lane,
    ) -> Result<Result<FactRecord, String>, EngineError> {
        let view = self.viewed(installation, billing_id).await?;
        let platform = view.platform.as_ref();
        let world = World {
            driver: platform.and_then(|platform| self.drivers().of(platform.kind)),
            ..self.world()
        };
        let readable = match readable(&view, kind, world) {
            Ok(readable) => readable,
            Err(why) => return Ok(Err(why)),
        };
        let link = readable.context.link.id;
        let (observed, identity) = match self.make_reading(readable, lane).await? {
            Ok(read) => read,
            Err(why) => return Ok(Err(why)),
        };
        let now = self.now();
        for _ in 0..DECISIONS {
            let view = self.viewed(installation, billing_id).await?;
            let world = World { now, ..self.world() };
            let (commit, record) = match keep_fact(&view, link, &observed, identity.as_ref(), world) {
                Ok(kept) => kept,
                Err(why) => return Ok(Err(why)),
            };
            match self.store().commit(commit).await {
                Ok(_) => return Ok(Ok(record)),
                // Somebody else was faster: what is true now decides.
                Err(StoreError::Refused(Refused::ServiceChanged(_))) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(EngineError::Invalid(format!(
            "service {billing_id} changes too fast; try again"
        )))
    }

    async fn viewed(
        &self,
        installation: &InstallationId,
        billing_id: u64,
    ) -> Result<domain::ServiceView, EngineError> {
        let view = self.view(installation, billing_id).await?;
        view.ok_or_else(|| EngineError::NotFound(format!("service {billing_id}")))
    }

    /// Asks for as long as the driver names a further request.
    async fn make_reading(&self, readable: Readable<'_>, lane: Lane) -> Result<Read, EngineError> {
        let Readable {
            context,
            platform,
            driver,
        } = readable;
        let latest = self.now() + WITHIN;
        let mut notes = Notes::new();
        let mut request = match driver.reading(&context) {
            Ok(request) => request,
            Err(why) => return Ok(Err(why)),
        };
        for _ in 0..MOST_REQUESTS {
            let outcome = self.read(platform, &request, lane).await?;
            match driver.read_fact(&context, &request, &outcome, &notes) {
                Reading::Seen { observed, identity } => return Ok(Ok((observed, identity))),
                Reading::Failed(why) => return Ok(Err(why)),
                Reading::Next(next, known) => (request, notes) = (next, known),
            }
            if self.now() >= latest {
                break;
            }
        }
        Ok(Err(format!("reading {} took too long", context.kind)))
    }
}
