//! What is promised of a platform's room and not built yet: from checkout on, until the platform itself shows the machine.

use std::time::Duration;

use domain::Moment;
use domain::capacity::Demand;
use domain::id::InstallationId;
use serde::{Deserialize, Serialize};

/// The version of the stored document.
const VERSION: u32 = 1;

/// How long an order may stay unpaid, and a cart without an order, before what is held for it is free again.
pub const HELD_FOR: Duration = Duration::from_mins(60);

/// How much may be held for one client, or from one address, without an order.
pub const MOST_HELD: usize = 10;

/// How much may be held of one platform without an order: a bound, and no limit of a business.
const MOST: usize = 5_000;

/// Room for one machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The billing system.
    pub installation: InstallationId,
    /// The product there.
    pub product: u64,
    /// What the machine takes.
    pub demand: Demand,
    /// The cart that holds it: a session, or its owner where there is none.
    pub holder: String,
    /// Whose cart it is: a client's, or that of somebody at an address.
    pub owner: String,
    /// The service, by its id in the billing system, once there is one.
    pub service: Option<u64>,
    /// Since when.
    pub made_at: Moment,
    /// Until when; without an end where it is paid.
    pub until: Option<Moment>,
}

/// All reservations of a platform. A versioned document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    version: u32,
    /// Oldest first.
    pub reservations: Vec<Reservation>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            version: VERSION,
            reservations: Vec::new(),
        }
    }
}

impl Ledger {
    /// Reads the stored document; one that cannot be read is an error, because what it holds would be sold twice.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if read.version == VERSION {
            Ok(read)
        } else {
            Err(format!("version {} is not known", read.version))
        }
    }

    /// Without what has ended by itself.
    pub fn expire(&mut self, now: Moment) {
        self.reservations
            .retain(|held| held.until.is_none_or(|until| now < until));
    }

    /// Lets go of what somebody holds without an order.
    pub fn let_go(&mut self, installation: &InstallationId, holder: &str) {
        self.reservations.retain(|held| {
            held.service.is_some() || held.holder != holder || held.installation != *installation
        });
    }

    /// Of what a cart or its owner holds without an order only the first so many stay.
    pub fn cap(&mut self, installation: &InstallationId, holder: &str, owner: &str) {
        let mut left = MOST_HELD;
        self.reservations.retain(|held| {
            let unordered = held.service.is_none() && held.installation == *installation;
            if !unordered || (held.holder != holder && held.owner != owner) {
                return true;
            }
            let stays = left > 0;
            left = left.saturating_sub(1);
            stays
        });
    }

    /// Holds room. What is held without an order has a bound: beyond it nothing more is held. Orders always are.
    pub fn hold(&mut self, reservation: Reservation) {
        let unordered = self.reservations.iter().filter(|held| held.service.is_none());
        if reservation.service.is_some() || unordered.count() < MOST {
            self.reservations.push(reservation);
        }
    }

    /// An order was placed for a service: what was held for its cart is now the service's, with the choices that the cart
    /// told; or room is taken anew. A service has one reservation, whatever is told of it how often. The cart is that of the
    /// `session`, or the client's.
    pub fn order(&mut self, ordered: Reservation, session: Option<&str>) {
        if let Some(held) = self.of_service(&ordered.installation, ordered.service).next() {
            // What is paid stays so.
            held.until = held.until.and(ordered.until);
            return;
        }
        let of_cart = |held: &&mut Reservation| {
            held.service.is_none()
                && held.installation == ordered.installation
                && held.product == ordered.product
                && (session == Some(held.holder.as_str()) || held.owner == ordered.owner)
        };
        match self.reservations.iter_mut().find(of_cart) {
            Some(held) => {
                held.service = ordered.service;
                held.until = ordered.until;
            }
            None => self.hold(ordered),
        }
    }

    /// A machine is to be built for a service: from now on it is what was ordered in the end.
    pub fn build(&mut self, building: Reservation) {
        let (demand, made_at) = (building.demand.clone(), building.made_at);
        let (installation, service) = (building.installation.clone(), building.service);
        self.order(building, None);
        for held in self.of_service(&installation, service) {
            held.demand = demand.clone();
            held.made_at = made_at;
        }
    }

    /// A service's order is paid: its room is held until it is built.
    pub fn pay(&mut self, installation: &InstallationId, service: u64) {
        for held in self.of_service(installation, Some(service)) {
            held.until = None;
        }
    }

    /// Nothing is to be built for a service, or it is built.
    pub fn release(&mut self, installation: &InstallationId, service: u64) {
        self.reservations
            .retain(|held| held.installation != *installation || held.service != Some(service));
    }

    fn of_service<'a>(
        &'a mut self,
        installation: &'a InstallationId,
        service: Option<u64>,
    ) -> impl Iterator<Item = &'a mut Reservation> {
        self.reservations
            .iter_mut()
            .filter(move |held| held.installation == *installation && held.service == service)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment::from_seconds(seconds)
    }

    fn shop() -> InstallationId {
        "shop".parse().expect("a name")
    }

    /// Held in the session of the same name.
    fn held(owner: &str, product: u64, service: Option<u64>) -> Reservation {
        Reservation {
            installation: shop(),
            product,
            demand: Demand::default(),
            holder: format!("session of {owner}"),
            owner: owner.to_owned(),
            service,
            made_at: at(0),
            until: Some(at(3_600)),
        }
    }

    fn services(ledger: &Ledger) -> Vec<Option<u64>> {
        ledger.reservations.iter().map(|held| held.service).collect()
    }

    #[test]
    fn mx_070_what_a_cart_holds_becomes_its_orders_and_ends_with_it() {
        let mut ledger = Ledger::default();
        ledger.hold(held("client 7", 3, None));
        ledger.hold(held("client 8", 3, None));
        ledger.order(held("client 7", 3, Some(501)), None);
        assert_eq!(services(&ledger), [Some(501), None]);
        // The same told again is no further one.
        ledger.order(held("client 7", 3, Some(501)), None);
        assert_eq!(services(&ledger), [Some(501), None]);
        // One that no cart was seen of takes room of its own.
        ledger.order(held("client 9", 3, Some(502)), Some("session of client 9"));
        assert_eq!(services(&ledger), [Some(501), None, Some(502)]);
        ledger.pay(&shop(), 501);
        ledger.expire(at(3_600));
        assert_eq!(services(&ledger), [Some(501)]);
        ledger.release(&shop(), 502);
        assert_eq!(services(&ledger), [Some(501)]);
        ledger.release(&shop(), 501);
        assert!(ledger.reservations.is_empty());
    }

    fn at_place(group: &str, service: Option<u64>) -> Reservation {
        let mut one = held("client 7", 3, service);
        one.demand.group = Some(group.to_owned());
        one
    }

    fn place(ledger: &Ledger) -> Option<&str> {
        assert_eq!(ledger.reservations.len(), 1);
        ledger.reservations[0].demand.group.as_deref()
    }

    #[test]
    fn mx_070_an_order_keeps_its_carts_choices_until_it_is_built_with_its_own() {
        let mut ledger = Ledger::default();
        ledger.hold(at_place("6", None));
        // What is told of the order and its payment knows of no choice, only of the product's own place.
        ledger.order(at_place("1", Some(501)), None);
        assert_eq!(place(&ledger), Some("6"));
        ledger.order(at_place("1", Some(501)), None);
        ledger.pay(&shop(), 501);
        assert_eq!(place(&ledger), Some("6"));
        let mut building = at_place("9", Some(501));
        building.made_at = at(100);
        ledger.build(building);
        assert_eq!(place(&ledger), Some("9"));
        let built = &ledger.reservations[0];
        assert_eq!(
            (built.until, built.made_at),
            (None, at(100)),
            "what is paid stays paid"
        );
        // One that nobody told of before takes room of its own.
        ledger.release(&shop(), 501);
        ledger.build(at_place("9", Some(501)));
        assert_eq!(place(&ledger), Some("9"));
    }

    #[test]
    fn orders_are_held_however_many_carts_there_are() {
        let mut ledger = Ledger::default();
        for number in 0..=(MOST as u64) {
            ledger.hold(held(&format!("address {number}"), 3, None));
        }
        assert_eq!(ledger.reservations.len(), MOST);
        ledger.order(held("client 7", 3, Some(501)), None);
        assert_eq!(ledger.reservations.len(), MOST + 1);
    }

    #[test]
    fn a_cart_that_is_filled_anew_lets_go_of_what_it_held_and_of_nothing_else() {
        let mut ledger = Ledger::default();
        for one in [
            held("client 7", 3, None),
            held("client 7", 3, Some(501)),
            held("client 8", 3, None),
        ] {
            ledger.hold(one);
        }
        ledger.let_go(&shop(), "session of client 7");
        assert_eq!(services(&ledger), [Some(501), None]);
        ledger.let_go(&"other".parse().expect("a name"), "session of client 8");
        assert_eq!(ledger.reservations.len(), 2);
    }

    #[test]
    fn a_cart_and_its_owner_hold_so_many_together_and_orders_do_not_count() {
        let mut ledger = Ledger::default();
        for number in 0..MOST_HELD as u64 + 3 {
            let mut one = held("client 7", number, (number == 0).then_some(501));
            if number % 2 == 1 {
                one.holder = "another session".to_owned();
            }
            ledger.hold(one);
        }
        ledger.hold(held("client 8", 1, None));
        ledger.cap(&shop(), "session of client 7", "client 7");
        let of = |owner: &str| {
            ledger
                .reservations
                .iter()
                .filter(|held| held.owner == owner)
                .count()
        };
        assert_eq!((of("client 7"), of("client 8")), (MOST_HELD + 1, 1));
    }

    #[test]
    fn a_ledger_that_cannot_be_read_is_not_an_empty_one() {
        let text = serde_json::to_string(&Ledger::default()).expect("a document");
        assert_eq!(Ledger::parse(&text), Ok(Ledger::default()));
        assert!(Ledger::parse("nonsense").is_err());
        assert!(Ledger::parse("{\"version\":9,\"reservations\":[]}").is_err());
    }
}
