//! A platform's complete list against what the store says: which machines are as linked, which are gone or different,
//! and which nobody claims. Reconciliation and recovery read the same comparison.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::Fact;
use domain::Moment;
use domain::id::{InstallationId, ServiceId};
use domain::machine::{Identity, Machine};
use domain::record::{ServiceStatus, Standing};

use super::look;

/// How far the panel's clock may be from ours.
const SKEW: Duration = Duration::from_mins(5);

/// What the store says of one service on the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The service.
    pub service: ServiceId,
    /// Its billing system.
    pub installation: InstallationId,
    /// Its id there.
    pub billing_id: u64,
    /// Where its life stands.
    pub standing: Standing,
    /// What the billing system calls it.
    pub status: ServiceStatus,
    /// The customer's hostname.
    pub hostname: Option<String>,
    /// The machine that the billing side's copy of the link names.
    pub copy: Option<String>,
    /// Its open link.
    pub link: Option<Identity>,
    /// Accounts upstream in which a machine of it may lie: of links that were closed, and of creates without a link.
    pub accounts: BTreeSet<String>,
    /// Whether a change is under way: what the list shows may be on its way to be different.
    pub busy: bool,
    /// Whether a create of it has not come to its link yet.
    pub creating: bool,
}

impl Claim {
    /// The service as a person names it.
    pub fn name(&self) -> String {
        service_name(&self.installation, self.billing_id)
    }
}

/// A service as a person names it: `main/12`. The billing systems' own numbers mean nothing without them.
pub fn service_name(installation: &InstallationId, billing_id: u64) -> String {
    format!("{installation}/{billing_id}")
}

/// What the list shows of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The linked machine is there, and is as its service says.
    AsLinked,
    /// The linked machine is not in the list.
    Vanished,
    /// The list shows another identity or owner under the linked id.
    Differs(String),
    /// The service is in use and the platform holds its machine suspended.
    HeldUpstream,
    /// No link here; the billing side's copy names a machine that is there and that nobody else claims.
    Copied(Box<Machine>),
    /// No link here, and the billing side's copy cannot be relied on.
    CopyUnsure(String),
    /// A create without a link, and machines that may have come of it.
    MayBe(Vec<Machine>),
    /// No link, no copy, nothing that fits.
    Nothing,
}

/// A machine that no service claims although it may be one of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclaimed {
    /// The machine.
    pub machine: Machine,
    /// The service that it resembles: the same hostname, or the same owner upstream. `None` for one of which is only
    /// known that it was made when the store could not know of it.
    pub near: Option<String>,
    /// Whether it bears that service's hostname, and not only its owner.
    pub same_name: bool,
}

/// The comparison of one platform.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Each claim, in the given order, with what the list shows of it.
    pub claims: Vec<(Claim, Seen)>,
    /// What nobody claims, by id.
    pub unclaimed: Vec<Unclaimed>,
}

/// Compares claims with a complete list. `since`, where it is given, is the moment up to which the store is known to
/// tell everything: machines made later may have come of creates that the store has forgotten.
pub fn compare(
    claims: Vec<Claim>,
    machines: &BTreeMap<String, Machine>,
    since: Option<Moment>,
) -> Comparison {
    let linked: BTreeSet<&str> = claims
        .iter()
        .filter_map(|claim| claim.link.as_ref())
        .map(|link| link.id.as_str())
        .collect();
    let mut copies: BTreeMap<&str, usize> = BTreeMap::new();
    let counts = |claim: &&Claim| match &claim.link {
        Some(link) => since.is_some() && claim.copy.as_ref() != Some(&link.id),
        None => true,
    };
    for copy in claims
        .iter()
        .filter(counts)
        .filter_map(|claim| claim.copy.as_deref())
    {
        *copies.entry(copy).or_default() += 1;
    }
    let free: BTreeMap<&str, &Machine> = machines
        .iter()
        .map(|(id, machine)| (id.as_str(), machine))
        .filter(|(id, _)| !linked.contains(id) && !copies.contains_key(id))
        .collect();
    let owners = owners(&claims);
    let seen: Vec<Seen> = claims
        .iter()
        .map(|claim| match (&claim.link, &claim.copy) {
            // Only in a recovery are copies fresh enough to be held against a link.
            (Some(link), Some(copy)) if since.is_some() && *copy != link.id => {
                seen_of_two(claim, link, copy, machines, &linked, copies[copy.as_str()])
            }
            (Some(link), _) => seen_of_link(claim, link, machines.get(&link.id)),
            (None, Some(copy)) => seen_of_copy(copy, machines, &linked, copies[copy.as_str()]),
            (None, None) if claim.creating => may_be(claim, &free, since),
            (None, None) => Seen::Nothing,
        })
        .collect();
    let unclaimed = free
        .values()
        .filter_map(|machine| resembling(machine, &claims, &owners, since))
        .collect();
    Comparison {
        claims: claims.into_iter().zip(seen).collect(),
        unclaimed,
    }
}

/// The accounts upstream that hold, held or may hold machines of services, each with one of the services: where it can
/// be said, with one whose machine is there now.
fn owners(claims: &[Claim]) -> BTreeMap<&str, String> {
    let former = claims.iter().flat_map(|claim| {
        let accounts = claim.accounts.iter();
        accounts.map(|account| (account.as_str(), claim.name()))
    });
    let present = claims
        .iter()
        .filter_map(|claim| Some((claim.link.as_ref()?.owner.as_str(), claim.name())));
    former
        .chain(present)
        .filter(|(owner, _)| !owner.is_empty())
        .collect()
}

fn seen_of_link(claim: &Claim, link: &Identity, machine: Option<&Machine>) -> Seen {
    let Some(machine) = machine else {
        return Seen::Vanished;
    };
    if let Err(difference) = difference(link, machine) {
        return Seen::Differs(difference.text);
    }
    if claim.standing == Standing::Live && !claim.busy && machine.suspended == Fact::Known(true) {
        return Seen::HeldUpstream;
    }
    Seen::AsLinked
}

/// A list that does not show the owner says nothing about it.
fn difference(link: &Identity, machine: &Machine) -> Result<(), look::Difference> {
    let mut shown = machine.identity.clone();
    if shown.owner.is_empty() {
        shown.owner.clone_from(&link.owner);
    }
    look::compare(link, &shown)
}

/// Whether a listed machine is the linked one.
pub fn is_linked(link: &Identity, machine: &Machine) -> bool {
    difference(link, machine).is_ok()
}

/// The store's link and the billing side's copy name two machines: the later one counts only when the former is gone.
fn seen_of_two(
    claim: &Claim,
    link: &Identity,
    copy: &str,
    machines: &BTreeMap<String, Machine>,
    linked: &BTreeSet<&str>,
    claimed: usize,
) -> Seen {
    match seen_of_link(claim, link, machines.get(&link.id)) {
        Seen::Vanished => seen_of_copy(copy, machines, linked, claimed),
        _ => Seen::CopyUnsure(format!(
            "machine {} is linked here, and the billing side names machine {copy}",
            link.id
        )),
    }
}

fn seen_of_copy(
    copy: &str,
    machines: &BTreeMap<String, Machine>,
    linked: &BTreeSet<&str>,
    claimed: usize,
) -> Seen {
    match machines.get(copy) {
        _ if claimed > 1 => Seen::CopyUnsure(format!("{claimed} services name machine {copy}")),
        _ if linked.contains(copy) => {
            Seen::CopyUnsure(format!("machine {copy} is linked to another service"))
        }
        Some(machine) => Seen::Copied(Box::new(machine.clone())),
        None => Seen::CopyUnsure(format!("the platform does not list machine {copy}")),
    }
}

/// Machines that a create may have made whose link was forgotten: they bear its hostname, or nobody's.
fn may_be(claim: &Claim, free: &BTreeMap<&str, &Machine>, since: Option<Moment>) -> Seen {
    let fits = |machine: &&&Machine| {
        is_named(machine, claim.hostname.as_deref()) || (is_later(machine, since) && nameless(machine))
    };
    let found: Vec<Machine> = free
        .values()
        .filter(fits)
        .map(|machine| (*machine).clone())
        .collect();
    if found.is_empty() {
        Seen::Nothing
    } else {
        Seen::MayBe(found)
    }
}

/// Whether a machine was made when the store could not know of it any more. One that does not say when it was made
/// may have been, and the panel that says so may have another clock.
fn is_later(machine: &Machine, since: Option<Moment>) -> bool {
    since.is_some_and(|since| machine.created.is_none_or(|created| created >= since - SKEW))
}

fn is_named(machine: &Machine, hostname: Option<&str>) -> bool {
    hostname.is_some_and(|hostname| {
        !hostname.is_empty()
            && (machine.name.eq_ignore_ascii_case(hostname)
                || machine
                    .hostname
                    .as_deref()
                    .is_some_and(|shown| shown.eq_ignore_ascii_case(hostname)))
    })
}

const fn nameless(machine: &Machine) -> bool {
    machine.name.is_empty() && machine.hostname.is_none()
}

fn resembling(
    machine: &Machine,
    claims: &[Claim],
    owners: &BTreeMap<&str, String>,
    since: Option<Moment>,
) -> Option<Unclaimed> {
    let owner = machine.identity.owner.as_str();
    let is_being_made = |claim: &Claim| claim.creating && claim.accounts.contains(owner);
    if since.is_none() && nameless(machine) && claims.iter().any(is_being_made) {
        // The create that is under way knows best whether it is its own.
        return None;
    }
    let named = claims
        .iter()
        .find(|claim| is_named(machine, claim.hostname.as_deref()))
        .map(Claim::name);
    let same_name = named.is_some();
    let near = named.or_else(|| owners.get(owner).cloned());
    (near.is_some() || is_later(machine, since)).then(|| Unclaimed {
        machine: machine.clone(),
        near,
        same_name,
    })
}

#[cfg(test)]
mod tests {
    use domain::machine::MachineStatus;
    use domain::ports::CountingRandom;

    use super::*;

    fn machine(id: &str, owner: &str) -> Machine {
        Machine {
            identity: Identity {
                id: id.to_owned(),
                unchangeable: format!("uuid-{id}"),
                owner: owner.to_owned(),
            },
            status: MachineStatus::Ready,
            name: String::new(),
            hostname: None,
            suspended: Fact::Known(false),
            power: Fact::Unknown,
            busy: false,
            ipv4: Vec::new(),
            ipv6: Vec::new(),
            package: None,
            location: None,
            memory_mb: None,
            cores: None,
            storage_gb: None,
            traffic_gb: None,
            os: None,
            created: None,
            raw: serde_json::Value::Null,
        }
    }

    fn claim(billing_id: u64, link: Option<&str>) -> Claim {
        Claim {
            service: ServiceId::at(Moment::from_seconds(1), &CountingRandom::new(billing_id)),
            installation: "main".parse().expect("a name"),
            billing_id,
            standing: Standing::Live,
            status: ServiceStatus::Active,
            hostname: Some(format!("vps{billing_id}.example.test")),
            copy: None,
            link: link.map(|id| machine(id, "9").identity),
            accounts: BTreeSet::new(),
            busy: false,
            creating: false,
        }
    }

    fn listed(machines: Vec<Machine>) -> BTreeMap<String, Machine> {
        machines
            .into_iter()
            .map(|machine| (machine.identity.id.clone(), machine))
            .collect()
    }

    fn seen(claims: Vec<Claim>, machines: Vec<Machine>) -> Vec<Seen> {
        compare(claims, &listed(machines), None)
            .claims
            .into_iter()
            .map(|(_, seen)| seen)
            .collect()
    }

    #[test]
    fn a_linked_machine_is_as_linked_gone_different_or_held_upstream() {
        let mut other = machine("2", "9");
        other.identity.unchangeable = "another".to_owned();
        let mut held = machine("3", "9");
        held.suspended = Fact::Known(true);
        let claims = (1..=4).map(|id| claim(id, Some(&id.to_string()))).collect();
        let seen = seen(claims, vec![machine("1", "9"), other, held]);
        assert_eq!(seen[0], Seen::AsLinked);
        assert!(matches!(&seen[1], Seen::Differs(text) if text.contains("another")));
        assert_eq!(seen[2], Seen::HeldUpstream);
        assert_eq!(seen[3], Seen::Vanished);
    }

    #[test]
    fn a_list_without_owners_says_nothing_about_them() {
        assert_eq!(
            seen(vec![claim(1, Some("1"))], vec![machine("1", "")]),
            [Seen::AsLinked]
        );
    }

    #[test]
    fn a_copy_counts_when_its_machine_is_there_and_claimed_once() {
        let copy = |billing_id, machine: &str| Claim {
            copy: Some(machine.to_owned()),
            ..claim(billing_id, None)
        };
        let claims = vec![
            claim(1, Some("1")),
            copy(2, "2"),
            copy(3, "1"),
            copy(4, "4"),
            copy(5, "5"),
            copy(6, "5"),
        ];
        let seen = seen(
            claims,
            vec![machine("1", "9"), machine("2", "9"), machine("5", "9")],
        );
        assert!(matches!(&seen[1], Seen::Copied(machine) if machine.identity.id == "2"));
        assert!(
            seen[2..].iter().all(|seen| matches!(seen, Seen::CopyUnsure(_))),
            "{seen:?}"
        );
    }

    #[test]
    fn a_create_without_a_link_may_have_made_what_bears_its_name_or_is_new_and_nameless() {
        let creating = Claim {
            creating: true,
            standing: Standing::Building,
            ..claim(1, None)
        };
        let mut named = machine("1", "9");
        named.hostname = Some("VPS1.example.test".to_owned());
        let mut fresh = machine("2", "9");
        fresh.created = Some(Moment::from_seconds(5000));
        let mut slow = machine("3", "9");
        slow.created = Some(Moment::from_seconds(3700));
        let mut old = machine("4", "9");
        old.created = Some(Moment::from_seconds(3699));
        let all = listed(vec![named, fresh, slow, old]);
        // A panel whose clock is five minutes behind made the third one just then.
        let found = compare(vec![creating.clone()], &all, Some(Moment::from_seconds(4000)));
        let Seen::MayBe(machines) = &found.claims[0].1 else {
            panic!("{found:?}");
        };
        assert_eq!(
            machines
                .iter()
                .map(|m| m.identity.id.as_str())
                .collect::<Vec<_>>(),
            ["1", "2", "3"]
        );
        assert_eq!(
            compare(vec![creating], &BTreeMap::new(), None).claims[0].1,
            Seen::Nothing
        );
    }

    #[test]
    fn strangers_are_nobodys_business_and_a_second_machine_of_a_client_is() {
        let mut twin = machine("2", "9");
        twin.name = "vps1.example.test".to_owned();
        let found = compare(
            vec![claim(1, Some("1"))],
            &listed(vec![
                machine("1", "9"),
                twin,
                machine("3", "9"),
                machine("4", "77"),
            ]),
            None,
        );
        let unclaimed: Vec<(&str, Option<&str>, bool)> = found
            .unclaimed
            .iter()
            .map(|one| {
                let id = one.machine.identity.id.as_str();
                (id, one.near.as_deref(), one.same_name)
            })
            .collect();
        assert_eq!(
            unclaimed,
            [("2", Some("main/1"), true), ("3", Some("main/1"), false)]
        );
    }

    #[test]
    fn a_late_machine_is_known_by_an_account_of_before_unless_a_create_is_under_way_there() {
        let former = Claim {
            accounts: BTreeSet::from(["9".to_owned()]),
            standing: Standing::Vacant,
            ..claim(1, None)
        };
        let late = || listed(vec![machine("2", "9")]);
        let found = compare(vec![former.clone()], &late(), None);
        assert_eq!(found.unclaimed.len(), 1);
        assert_eq!(found.unclaimed[0].near.as_deref(), Some("main/1"));
        let creating = Claim {
            creating: true,
            ..former
        };
        assert!(compare(vec![creating], &late(), None).unclaimed.is_empty());
    }
}
