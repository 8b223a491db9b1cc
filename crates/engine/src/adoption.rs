//! Adoption of machines that an old module made: one reviewed batch, never by itself.
//!
//! The billing system tells which services it has and what the old module's table says of them; the engine reads the
//! platform's lists and reports. Linking is done by an operation per service, which reads the owner's account and the
//! machine once more and links only what the platform says is the client's.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use domain::change::Refused;
use domain::http::Lane;
use domain::id::{InstallationId, PlatformId, ServiceId};
use domain::machine::Machine;
use domain::record::{Platform, PlatformState, Service, ServiceStatus, Standing};
use domain::{Actor, Change, Commit, Fence};
use store::{PageRequest, ServiceFilter, StoreError};

use crate::core::{Intent, Told};
use crate::engine::{Engine, Submitted, Wish};
use crate::error::EngineError;

/// A list with more pages than this has no end. A platform that lists by account has one of them for each client.
const MOST_PAGES: usize = 20_000;

/// An existing service, as the billing system tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdoptionRow {
    /// The service's id there.
    pub billing_id: u64,
    /// The server record.
    pub server_id: u64,
    /// The rest.
    pub told: Told,
}

/// What was found out about one service.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    /// Its machine is there, and nobody else claims it.
    Matched {
        /// The machine's id.
        machine: String,
    },
    /// Another service claims the same machine.
    Shared {
        /// The machine's id.
        machine: String,
        /// The other service.
        with: u64,
    },
    /// The machine's owner upstream also owns machines of another client.
    WrongOwner {
        /// The machine's id.
        machine: String,
        /// The owner upstream.
        owner: String,
    },
    /// The platform's complete list does not show the machine.
    Missing {
        /// The id in the old module's table.
        machine: String,
    },
    /// No platform stands behind its server record, or it is not approved, or its list could not be read.
    Unreadable {
        /// Why.
        reason: String,
    },
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Matched {
    /// The service's id in the billing system.
    pub billing_id: u64,
    /// Its client.
    pub client_id: u64,
    /// What was found out.
    #[serde(flatten)]
    pub finding: Finding,
}

/// The report of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct AdoptionReport {
    /// One line per unadopted service.
    pub lines: Vec<Matched>,
}

impl AdoptionReport {
    /// The services that can be linked.
    pub fn clean(&self) -> impl Iterator<Item = &Matched> {
        self.lines
            .iter()
            .filter(|line| matches!(line.finding, Finding::Matched { .. }))
    }
}

/// The list of one platform: the machines by id, or why it could not be read.
type Listing = Result<BTreeMap<String, Machine>, String>;

impl Engine {
    /// Remembers existing services that an old module's table maps to machines. They are *unadopted* from then on:
    /// nothing changes them until they are linked. Returns how many were new.
    pub async fn note_existing(
        &self,
        installation: &InstallationId,
        rows: Vec<AdoptionRow>,
    ) -> Result<u64, EngineError> {
        let mut fresh = 0;
        for row in rows.into_iter().filter(|row| row.told.mapped_id.is_some()) {
            let alive = matches!(row.told.status, ServiceStatus::Active | ServiceStatus::Suspended);
            if !alive {
                continue;
            }
            let platform = self
                .placement(installation, Some(row.server_id), &row.told.module)
                .await?
                .map(|(platform, _)| platform.id);
            if let Some(view) = self.view(installation, row.billing_id).await? {
                self.note_again(view.service, row.told.mapped_id, platform)
                    .await?;
                continue;
            }
            let service = self.unadopted(installation, row, platform);
            let commit = Commit {
                fence: Fence::default(),
                changes: vec![Change::InsertService(service)],
            };
            match self.store().commit(commit).await {
                Ok(_) => fresh += 1,
                // Told twice at once.
                Err(StoreError::Refused(Refused::Taken(_))) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(fresh)
    }

    /// A service that was noted before: its panel may be known only now, and its mapping may have been put right.
    async fn note_again(
        &self,
        mut service: Service,
        mapped_id: Option<String>,
        platform: Option<PlatformId>,
    ) -> Result<(), EngineError> {
        let differs = service.platform.is_none() && platform.is_some() || service.mapped_id != mapped_id;
        if service.standing != Standing::Vacant || !differs {
            return Ok(());
        }
        let fence = Fence::service(service.id, service.version);
        service.platform = service.platform.or(platform);
        service.mapped_id = mapped_id;
        service.updated_at = self.now();
        match self
            .store()
            .commit(Commit {
                fence,
                changes: vec![Change::PutService(service)],
            })
            .await
        {
            // Changed meanwhile: the next batch finds it.
            Ok(_) | Err(StoreError::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn unadopted(
        &self,
        installation: &InstallationId,
        row: AdoptionRow,
        platform: Option<PlatformId>,
    ) -> Service {
        let now = self.now();
        let id = ServiceId::at(now, self.random().as_ref());
        Service {
            client_id: row.told.client_id,
            product_id: row.told.product_id,
            module: row.told.module,
            platform,
            status: row.told.status,
            hostname: row.told.hostname,
            mapped_id: row.told.mapped_id,
            ..Service::vacant(id, installation.clone(), row.billing_id, now)
        }
    }

    /// Compares every unadopted service with the platforms' lists.
    pub async fn adoption_report(
        &self,
        installation: &InstallationId,
    ) -> Result<AdoptionReport, EngineError> {
        let services = self.unadopted_services(installation).await?;
        let mut listings: BTreeMap<PlatformId, Listing> = BTreeMap::new();
        for platform in services
            .iter()
            .filter_map(|service| service.platform)
            .collect::<BTreeSet<_>>()
        {
            listings.insert(platform, self.listing(platform).await?);
        }
        let mut lines = Vec::with_capacity(services.len());
        for service in &services {
            let finding = find(service, &services, &listings);
            lines.push(Matched {
                billing_id: service.billing_id,
                client_id: service.client_id,
                finding,
            });
        }
        Ok(AdoptionReport { lines })
    }

    async fn unadopted_services(&self, installation: &InstallationId) -> Result<Vec<Service>, EngineError> {
        let filter = ServiceFilter {
            installation: Some(installation.clone()),
            standing: Some(Standing::Vacant),
            mapped: Some(true),
            ..ServiceFilter::default()
        };
        let mut page = PageRequest::first(500);
        let mut services = Vec::new();
        loop {
            let found = self.store().services(&filter, &page).await?;
            services.extend(found.items);
            match found.next {
                Some(cursor) => page = PageRequest::after(cursor, 500),
                None => return Ok(services),
            }
        }
    }

    /// All machines of a platform.
    async fn listing(&self, platform: PlatformId) -> Result<Listing, EngineError> {
        let Some(platform) = self.store().platform(platform).await? else {
            return Ok(Err("its platform is unknown".to_owned()));
        };
        if platform.state != PlatformState::Approved {
            return Ok(Err(format!("platform {} is not approved", platform.name)));
        }
        self.list_machines(&platform).await
    }

    /// Reads a platform's complete list, page by page.
    pub(crate) async fn list_machines(&self, platform: &Platform) -> Result<Listing, EngineError> {
        let Some(driver) = self.drivers().of(platform.kind) else {
            return Ok(Err(format!("there is no driver for {}", platform.kind)));
        };
        let Some(first) = driver.list(&platform.account) else {
            return Ok(Err(format!("{} has no list of machines", platform.kind)));
        };
        let mut machines = BTreeMap::new();
        let mut left = VecDeque::from([first]);
        for _ in 0..MOST_PAGES {
            let Some(request) = left.pop_front() else {
                return Ok(Ok(machines));
            };
            let outcome = self.read(platform, &request, Lane::Background).await?;
            match driver.read_list(&request, &outcome) {
                Err(reason) => return Ok(Err(reason)),
                Ok(page) => {
                    machines.extend(
                        page.machines
                            .into_iter()
                            .map(|machine| (machine.identity.id.clone(), machine)),
                    );
                    left.extend(page.next.into_iter().chain(page.more));
                }
            }
        }
        Ok(Err(format!("its list has no end after {MOST_PAGES} pages")))
    }

    /// Links the clean lines of a report. The caller has made sure that whoever asks may: a person at the engine's
    /// host, or an administrator inside an enrol window.
    pub async fn adopt(
        &self,
        installation: &InstallationId,
        report: &AdoptionReport,
        actor: &Actor,
    ) -> Result<Vec<Submitted>, EngineError> {
        let mut submitted = Vec::new();
        for line in report.clean() {
            let Finding::Matched { machine } = &line.finding else {
                continue;
            };
            let Some(view) = self.view(installation, line.billing_id).await? else {
                continue;
            };
            let identity = domain::machine::Identity {
                id: machine.clone(),
                unchangeable: String::new(),
                owner: String::new(),
            };
            let wish = Wish::about(view.service, Intent::Adopt(identity), actor.clone());
            submitted.push(self.submit(wish).await?);
        }
        Ok(submitted)
    }
}

fn find(service: &Service, all: &[Service], listings: &BTreeMap<PlatformId, Listing>) -> Finding {
    let machine = service.mapped_id.clone().unwrap_or_default();
    let listing = service.platform.and_then(|platform| listings.get(&platform));
    let machines = match listing {
        None => {
            return Finding::Unreadable {
                reason: "no platform stands behind its server record".to_owned(),
            };
        }
        Some(Err(reason)) => {
            return Finding::Unreadable {
                reason: reason.clone(),
            };
        }
        Some(Ok(machines)) => machines,
    };
    let Some(found) = machines.get(&machine) else {
        return Finding::Missing { machine };
    };
    let same_place = |other: &&Service| other.platform == service.platform && other.id != service.id;
    if let Some(other) = all
        .iter()
        .filter(same_place)
        .find(|other| other.mapped_id == service.mapped_id)
    {
        return Finding::Shared {
            machine,
            with: other.billing_id,
        };
    }
    let owner = &found.identity.owner;
    let strangers = all
        .iter()
        .filter(same_place)
        .filter(|other| other.client_id != service.client_id);
    let shared = strangers
        .filter_map(|other| machines.get(other.mapped_id.as_deref()?))
        .any(|other| !owner.is_empty() && other.identity.owner == *owner);
    if shared {
        Finding::WrongOwner {
            machine,
            owner: owner.clone(),
        }
    } else {
        Finding::Matched { machine }
    }
}
