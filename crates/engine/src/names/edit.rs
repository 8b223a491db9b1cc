//! One name, as somebody wants it: its client, or the operator.

use std::net::IpAddr;
use std::time::Duration;

use domain::http::Lane;
use domain::id::{InstallationId, OperationId};
use domain::observed::FactKind;
use domain::record::{NamePurpose, NameSubject, NameWish, NameWork, Operation, Standing};
use domain::{Actor, ActorKind, ServiceView};
use rdns::{Confirmation, Hostname};
use store::StoreError;

use super::forward::verdict;
use super::holders::subjects;
use super::zones::Spot;
use crate::core::names::{acts, edited, holds, refused};
use crate::engine::{DECISIONS, Engine};
use crate::error::EngineError;

/// How long between two edits of one address's name.
const PACE: Duration = Duration::from_secs(10);

/// What somebody wants an address to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameEdit {
    /// The billing system.
    pub installation: InstallationId,
    /// The service's id there.
    pub billing_id: u64,
    /// The client of the session, where a client asks.
    pub client_id: u64,
    /// Which address.
    pub address: IpAddr,
    /// The hostname; `None` to have the name removed.
    pub host: Option<Hostname>,
    /// Who asks.
    pub actor: Actor,
}

/// Why a name is not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameRefusal {
    /// There is no name server.
    #[error("Reverse DNS is not set up")]
    Off,
    /// The service is another client's, or has no machine.
    #[error("The service has no machine of yours")]
    NotOwner,
    /// The service is not in use.
    #[error("The service is not in use")]
    Inactive,
    /// The platform could not be asked whether the address is the machine's.
    #[error("The machine could not be looked at: {0}")]
    Unread(String),
    /// The address is not the machine's.
    #[error("{0} is not an address of the machine")]
    Foreign(IpAddr),
    /// No name server has a zone for it.
    #[error("No name server has a zone for {0}")]
    NoZone(IpAddr),
    /// Something could not be found out.
    #[error("Nothing was changed, because not enough is known: {0}")]
    Unknown(String),
    /// The hostname does not lead to the address.
    #[error("{host} does not lead to {address}: {why}")]
    ForwardMissing {
        /// The hostname.
        host: Hostname,
        /// The address.
        address: IpAddr,
        /// What is wrong.
        why: String,
    },
    /// The name was changed a moment ago.
    #[error("The name of {0} was changed a moment ago; wait ten seconds")]
    TooSoon(IpAddr),
}

impl Engine {
    /// Has one name changed: the operation that does it. What is refused changes nothing and costs no turn. Whether the
    /// address is the machine's is asked of its platform right now, whatever is stored.
    pub async fn edit_name(&self, edit: &NameEdit) -> Result<Result<OperationId, NameRefusal>, EngineError> {
        let work = match self.judge_edit(edit).await? {
            Ok(work) => work,
            Err(no) => {
                self.note_refusal(edit, &no).await?;
                return Ok(Err(no));
            }
        };
        let mut has_turn = false;
        for _ in 0..DECISIONS {
            let Some(view) = self.view(&edit.installation, edit.billing_id).await? else {
                return Ok(Err(NameRefusal::NotOwner));
            };
            if is_being_changed(&view, edit.address) || !has_turn && !self.take_turn(edit).await? {
                return Ok(Err(NameRefusal::TooSoon(edit.address)));
            }
            has_turn = true;
            let (commit, operation) = edited(&view, work.clone(), &edit.actor, self.world());
            match self.store().commit(commit).await {
                Ok(_) => {
                    self.wake();
                    return Ok(Ok(operation));
                }
                Err(StoreError::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(EngineError::Invalid(format!(
            "service {} changes too fast; try again",
            edit.billing_id
        )))
    }

    /// Whether the name was not changed a moment ago.
    async fn take_turn(&self, edit: &NameEdit) -> Result<bool, StoreError> {
        let key = format!("name:{}", edit.address);
        self.store().take_rate(&key, self.now(), PACE).await
    }

    async fn judge_edit(&self, edit: &NameEdit) -> Result<Result<NameWork, NameRefusal>, EngineError> {
        if !self.keeps_names() {
            return Ok(Err(NameRefusal::Off));
        }
        let view = match self.usable(edit).await? {
            Ok(view) => view,
            Err(no) => return Ok(Err(no)),
        };
        let looked = self
            .look_again(&edit.installation, edit.billing_id, Lane::Click)
            .await?;
        if let Err(why) = looked {
            return Ok(Err(NameRefusal::Unread(why)));
        }
        let has = self
            .newest_machine(&view)
            .await?
            .map(|machine| subjects(&machine));
        let subject = NameSubject::Address(edit.address);
        if !has.is_some_and(|has| holds(&has, subject)) {
            return Ok(Err(NameRefusal::Foreign(edit.address)));
        }
        let zones = self.zones().await?;
        let place = match zones.spot(edit.address) {
            Spot::NoZone => return Ok(Err(NameRefusal::NoZone(edit.address))),
            Spot::Unknown(why) => return Ok(Err(NameRefusal::Unknown(why))),
            Spot::At(..) => zones.places(subject).into_iter().next(),
        };
        if let Some(host) = &edit.host {
            match verdict(&self.confirmations(host, edit.address).await) {
                Confirmation::Confirmed => {}
                Confirmation::Unknown(why) => return Ok(Err(NameRefusal::Unknown(why))),
                Confirmation::Missing(why) => {
                    let (host, address) = (host.clone(), edit.address);
                    return Ok(Err(NameRefusal::ForwardMissing { host, address, why }));
                }
            }
        }
        Ok(Ok(NameWork {
            purpose: NamePurpose::Edit,
            former: None,
            wishes: vec![NameWish {
                confirmed_at: edit.host.is_some().then(|| self.now()),
                ..NameWish::new(
                    subject,
                    view.service.id,
                    edit.host.as_ref().map(ToString::to_string),
                )
            }],
            place,
        }))
    }

    /// The service, where whoever asks may change the names of its addresses.
    async fn usable(&self, edit: &NameEdit) -> Result<Result<ServiceView, NameRefusal>, EngineError> {
        let by_client = edit.actor.kind == ActorKind::Client;
        let view = self.view(&edit.installation, edit.billing_id).await?;
        let view = view.filter(|view| !by_client || view.service.client_id == edit.client_id);
        let Some(view) = view.filter(|view| view.link.is_some()) else {
            return Ok(Err(NameRefusal::NotOwner));
        };
        let usable = match view.service.standing {
            Standing::Live => true,
            Standing::Suspended => !by_client,
            Standing::Vacant | Standing::Building | Standing::Ending | Standing::Ended => false,
        };
        Ok(if usable {
            Ok(view)
        } else {
            Err(NameRefusal::Inactive)
        })
    }

    /// Has the machine looked at now; the inner error says why that was not possible.
    pub(super) async fn look_again(
        &self,
        installation: &InstallationId,
        id: u64,
        lane: Lane,
    ) -> Result<Result<(), String>, EngineError> {
        let glanced = self.glance_at(installation, id, lane).await?;
        if glanced.kept.is_ok() {
            return Ok(Ok(()));
        }
        let read = self.read_fact(installation, id, FactKind::Live, lane).await?;
        Ok(read.map(drop))
    }

    /// Who tried to change the name of an address that is not the service's is remembered.
    async fn note_refusal(&self, edit: &NameEdit, no: &NameRefusal) -> Result<(), EngineError> {
        if !matches!(no, NameRefusal::Foreign(_) | NameRefusal::NotOwner) {
            return Ok(());
        }
        let commit = refused(edit, &no.to_string(), self.world());
        self.store().commit(commit).await?;
        Ok(())
    }
}

/// Whether a change of the name has left and its answer is not there yet: two at once would come in any order.
fn is_being_changed(view: &ServiceView, address: IpAddr) -> bool {
    let subject = NameSubject::Address(address);
    let about = |operation: &&Operation| {
        let work = operation.input.names();
        work.is_some_and(|work| work.wishes.iter().any(|wish| wish.subject == subject))
    };
    view.open.iter().filter(about).any(acts)
}
