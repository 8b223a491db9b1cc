//! What the billing system is told of a machine on Katapult, in the words that its module has always used.

use domain::machine::{Machine, PowerAction};
use domain::record::{Notes, Operation, OperationInput, OperationKind};
use driver::{Deed, Hosting};
use serde_json::Value;

use crate::facts;
use crate::machine::FIRST_USER;
use crate::order;

/// The build that made the machine, or the newest one that an order was answered with.
pub fn build(notes: &Notes) -> Option<String> {
    let made = facts::read::<String>(notes, "build");
    made.or_else(|| facts::builds(notes).pop().map(|(_, build)| build))
}

/// The first IPv4 address stands for the machine; all others follow in the order in which Katapult shows them.
pub fn hosting(machine: &Machine) -> Hosting {
    let shown = shown(machine);
    let dedicated = machine.address().map(ToOwned::to_owned);
    let further = shown
        .into_iter()
        .filter(|address| Some(address) != dedicated.as_ref())
        .collect();
    Hosting {
        dedicated,
        further,
        name: machine.hostname.clone(),
        user: Some(FIRST_USER.to_owned()),
    }
}

/// The addresses in Katapult's order, which the two lists in our words do not keep.
fn shown(machine: &Machine) -> Vec<String> {
    let listed = machine.raw.get("ip_addresses").and_then(Value::as_array);
    let address = |ip: &Value| ip.get("address")?.as_str().map(ToOwned::to_owned);
    let listed: Vec<String> = listed.into_iter().flatten().filter_map(address).collect();
    if listed.is_empty() {
        machine.ipv4.iter().chain(&machine.ipv6).cloned().collect()
    } else {
        listed
    }
}

/// The words for an operation that changed something, or gave access to something.
pub fn deed(operation: &Operation) -> Option<Deed> {
    let switched = |action: PowerAction| match action {
        PowerAction::Boot => ("VM started", "The VM could not be started"),
        PowerAction::PowerOff => ("VM stopped", "The VM could not be stopped"),
        PowerAction::Shutdown => ("VM shutdown", "The VM could not be shut down"),
        PowerAction::Restart => ("VM reset", "The VM could not be reset"),
    };
    let (done, failed) = match (operation.kind, &operation.input) {
        (OperationKind::Create, _) => ("Successfully provisioned", "The VM could not be provisioned"),
        (OperationKind::Suspend, _) => switched(PowerAction::Shutdown),
        (OperationKind::Unsuspend, _) if operation.step("restore_power").is_some() => {
            switched(PowerAction::Boot)
        }
        (OperationKind::Unsuspend, _) => (
            "VM unsuspended, and off as it was before",
            "The VM could not be unsuspended",
        ),
        (OperationKind::Power, OperationInput::Power { action }) => switched(*action),
        (OperationKind::ChangePackage, input) => {
            let package = input.order().and_then(order::package).unwrap_or_default();
            return Some(Deed {
                done: format!("VM package changed to {package}"),
                failed: "The VM package could not be changed",
            });
        }
        (OperationKind::SignOn, _) => (
            "Created console session for VM",
            "The console session could not be created",
        ),
        (OperationKind::Terminate, _) => (
            "VM deleted and local data store cleared",
            "The VM could not be deleted",
        ),
        _ => return None,
    };
    Some(Deed {
        done: done.to_owned(),
        failed,
    })
}

#[cfg(test)]
mod tests {
    use domain::http::{Outcome, Response};
    use serde_json::json;

    use super::*;
    use crate::machine::{Look, look};
    use crate::requests;

    #[test]
    fn kt_057_kt_059_kt_060_the_row_has_root_the_full_name_and_every_address_in_katapults_order() {
        let body = json!({ "virtual_machine": {
            "id": "vm_1", "state": "started", "fqdn": "web.abc.katapult.cloud",
            "ip_addresses": [
                { "address": "2001:db8::1" }, { "address": "192.0.2.10" }, { "address": "192.0.2.11" },
                { "address": "2001:db8::2" },
            ],
        } });
        let answered = Outcome::Answered(Response {
            status: 200,
            body: body.to_string(),
            retry_after: None,
        });
        let Ok(Look::Here(sight)) = look(&requests::read_machine("vm_1"), &answered) else {
            panic!("not read");
        };
        let row = hosting(&sight.machine);
        assert_eq!(row.dedicated.as_deref(), Some("192.0.2.10"));
        assert_eq!(row.further, ["2001:db8::1", "192.0.2.11", "2001:db8::2"]);
        assert_eq!(row.name.as_deref(), Some("web.abc.katapult.cloud"));
        assert_eq!(row.user.as_deref(), Some("root"));
    }
}
