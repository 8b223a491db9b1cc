//! A machine with more than what it was ordered with: another interface, and addresses in use of its subnet.

use std::time::Duration;

use domain::Moment;
use domain::machine::{Identity, Machine};
use domain::record::{OperationInput, OperationKind};
use driver::Driver;
use driver_kit::{Ended, PanelWire, Wire};
use driver_virtfusion::VirtFusion;
use sim::virtfusion::{Panel, Server};

use super::scenes::{PROFILES, built, on, order, play, start};

/// After the machine was built.
fn later() -> Moment {
    start() + Duration::from_mins(10)
}

/// Gives a machine a second interface, and two addresses inside the subnet of its first.
fn extend(panel: &Panel, identity: &Identity) -> Server {
    let id = identity.id.parse().expect("an id of this panel");
    let hand = panel.hand(later());
    hand.add_interface(id, 2, true).expect("another interface");
    hand.add_host_address(id).expect("an address");
    hand.add_host_address(id).expect("an address");
    panel.server(later(), id).expect("the server is there")
}

/// What a refresh finds.
fn read(panel: &Panel, identity: &Identity) -> Machine {
    let scene = on(identity, OperationKind::Refresh, OperationInput::Nothing);
    let (ended, player) = play(panel, scene);
    assert_eq!(ended, Ended::Done);
    player.found[0].machine.known().expect("a machine").clone()
}

#[test]
fn vf_242_a_second_interface_and_host_addresses_follow_what_was_there() {
    for profile in PROFILES {
        let (panel, identity) = built(profile);
        let before = read(&panel, &identity);
        assert_eq!((before.ipv4.len(), before.ipv6.len()), (1, 0), "{profile:?}");
        let server = extend(&panel, &identity);
        let after = read(&panel, &identity);
        assert_eq!(after.ipv4[..1], before.ipv4, "{profile:?}");
        let further = server.secondary[0].ipv4.iter().map(ToString::to_string);
        assert_eq!(after.ipv4[1..], further.collect::<Vec<_>>(), "{profile:?}");
        let ipv6 = [
            format!("{}/64", server.subnet(0)),
            server.hosts[0].to_string(),
            server.hosts[1].to_string(),
            format!("{}/64", server.subnet(1)),
        ];
        assert_eq!(after.ipv6, ipv6, "{profile:?}");
        let told = VirtFusion.hosting(&after);
        assert_eq!(told.dedicated.as_ref(), before.ipv4.first(), "{profile:?}");
    }
}

#[test]
fn vf_242_the_list_shows_the_same_addresses_as_a_reading() {
    for profile in PROFILES {
        let (panel, identity) = built(profile);
        extend(&panel, &identity);
        let request = VirtFusion.list("").expect("there is a list");
        let (outcome, _) = PanelWire::new(&panel).exchange(later(), &request);
        let listed = VirtFusion.read_list(&request, &outcome).expect("a page").machines;
        let read = read(&panel, &identity);
        assert_eq!(listed.len(), 1, "{profile:?}");
        assert_eq!(
            (&listed[0].ipv4, &listed[0].ipv6),
            (&read.ipv4, &read.ipv6),
            "{profile:?}"
        );
    }
}

#[test]
fn vf_242_addresses_beyond_the_first_interface_are_not_what_was_ordered() {
    for profile in PROFILES {
        let (panel, identity) = built(profile);
        extend(&panel, &identity);
        let mut order = order();
        order.settings.insert("package".to_owned(), "3".to_owned());
        order.options.insert("ipv4".to_owned(), "1".to_owned());
        let scene = on(
            &identity,
            OperationKind::ChangePackage,
            OperationInput::Order(order),
        );
        let (ended, player) = play(&panel, scene);
        assert_eq!(ended, Ended::Done, "{profile:?}");
        let mut remarks = player.found.iter().flat_map(|found| &found.remarks);
        assert!(
            !remarks.any(|remark| remark.contains("IPv4")),
            "{profile:?}: {:?}",
            player.found
        );
    }
}
