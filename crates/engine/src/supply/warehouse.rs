//! The numbers, from what is known: pure, so that every number can be computed again and explained.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use domain::Moment;
use domain::capacity::{Capacity, Demand, Need, Package, StockItem};
use domain::record::{StockPolicy, StockRule};
use serde::Serialize;
use stock::{Alone, Buffer, Claim, Count, Together, alone};

use super::Line;
use super::item::{ItemState, SETTLES, Seen};
use super::ledger::{Ledger, Reservation};

/// More is not told: billing systems know no number for "without a limit".
pub const MOST_TOLD: u64 = 9_999;

/// What is known of a platform's room.
#[derive(Debug, Clone, Default)]
pub struct Warehouse {
    /// What was read.
    pub items: BTreeMap<StockItem, ItemState>,
    /// What is promised.
    pub ledger: Ledger,
}

/// How many more of a product can be sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sellable {
    /// So many.
    Known(u64),
    /// Nobody knows, and why: the number that stands is left as it is.
    Unknown(String),
}

impl Sellable {
    /// The number, where it is known.
    pub const fn count(&self) -> Option<u64> {
        match self {
            Self::Known(count) => Some(*count),
            Self::Unknown(_) => None,
        }
    }
}

/// A product's stock, with what it follows from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProductStock {
    /// Its id in the billing system.
    pub product: u64,
    /// What it is called.
    pub name: String,
    /// Whether the billing system counts its stock.
    pub stock_control: bool,
    /// How many more can be sold.
    pub sellable: Sellable,
    /// How it is counted.
    pub policy: StockPolicy,
    /// How many machines of it the operator lets be in use; `None` without such a number.
    pub cap: Option<u64>,
    /// How many are in use, or ordered.
    pub in_use: u64,
    /// What is kept free of memory, cores and storage, in per cent.
    pub buffer: Buffer,
    /// What one machine needs; `None` while its package is not known.
    pub need: Option<Need>,
    /// Group by group.
    pub groups: Vec<GroupStock>,
}

/// What a group contributes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupStock {
    /// Its id upstream.
    pub group: String,
    /// How many more can be sold there.
    pub sellable: Sellable,
    /// How many machines of all products are promised there and not built.
    pub promised: u64,
    /// As if nothing were promised, with the reason per hypervisor; `None` while it is not known.
    pub alone: Option<Alone>,
    /// When the group was read; `None` while it was not.
    pub observed_at: Option<Moment>,
    /// Why what is known may not be what is.
    pub trouble: Option<String>,
}

/// What a count follows from beside its group: what one machine needs, what is kept free, and how it is counted.
type Kind = (Need, Buffer, StockPolicy);

/// What was counted last, so that what did not change is not counted again.
#[derive(Debug, Default)]
pub struct Memo(BTreeMap<(String, Kind), (u64, Sellable)>);

/// Counting many products at once: of each group it is found out once what is promised of it.
struct Pass<'w> {
    warehouse: &'w Warehouse,
    before: Memo,
    now: Memo,
    /// Of each group what its counts follow from.
    prints: BTreeMap<String, u64>,
    groups: BTreeMap<(String, Buffer), Result<Together<'w>, String>>,
}

/// A group's room, as far as it is known.
enum Known<'w> {
    Capacity(&'w Capacity),
    Absent,
    Unknown(String),
}

impl Warehouse {
    /// A product's stock.
    pub fn stock(&self, line: &Line) -> ProductStock {
        let mut pass = Pass::new(self, Memo::default());
        let sellable = pass.count(line);
        let kind = self.kind(line).map(|(kind, _)| kind).ok();
        let groups = kind
            .into_iter()
            .flat_map(|kind| line.groups().map(move |group| (group, kind)));
        ProductStock {
            product: line.product.product,
            name: line.product.name.clone(),
            stock_control: line.product.stock_control,
            sellable,
            policy: line.rule.policy,
            cap: line.rule.cap,
            in_use: line.in_use,
            buffer: line.product.buffer(),
            need: kind.map(|(need, ..)| need),
            groups: groups
                .map(|(group, kind)| self.explained(group, kind, pass.in_group(group, kind)))
                .collect(),
        }
    }

    /// How many more can be sold of each product; as [`Warehouse::stock`] says, without the reasons.
    pub fn count_all(&self, lines: &[Line], memo: &mut Memo) -> Vec<Sellable> {
        let mut pass = Pass::new(self, std::mem::take(memo));
        let counts = lines.iter().map(|line| pass.count(line)).collect();
        *memo = pass.now;
        counts
    }

    fn explained(&self, group: &str, (need, buffer, _): Kind, sellable: Sellable) -> GroupStock {
        let item = StockItem::Group(group.to_owned());
        let state = self.items.get(&item);
        GroupStock {
            group: group.to_owned(),
            sellable,
            promised: self.promised(group),
            alone: match self.room(&item, true) {
                Known::Capacity(capacity) => Some(alone(capacity, &need, buffer)),
                Known::Absent | Known::Unknown(_) => None,
            },
            observed_at: state.and_then(|state| state.observed_at),
            trouble: state.and_then(|state| state.trouble.clone()),
        }
    }

    /// What a product's counts follow from, and whether it can be ordered.
    fn kind(&self, line: &Line) -> Result<(Kind, bool), String> {
        let Some(demand) = line.demands.first() else {
            return Err("its platform does not tell how much room it has".to_owned());
        };
        let package = self.package(demand, true)?;
        let kind = (demand.need(&package), line.product.buffer(), line.rule.policy);
        Ok((kind, package.enabled))
    }

    /// Whether a group was read so long after a machine was made that the reading must show it.
    pub fn shows(&self, demand: &Demand, made_at: Moment, now: Moment) -> bool {
        let shown_from = made_at + SETTLES;
        match &demand.group {
            Some(group) => {
                let state = self.items.get(&StockItem::Group(group.clone()));
                let observed_at = state.and_then(|state| state.observed_at);
                observed_at.is_some_and(|at| at >= shown_from)
            }
            None => now >= shown_from,
        }
    }

    /// Everything that the counts of a group follow from, in one number.
    fn print(&self, group: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        let state = self.items.get(&StockItem::Group(group.to_owned()));
        state
            .map(|state| (state.observed_at, state.trouble.as_ref()))
            .hash(&mut hasher);
        for held in self.here(group) {
            held.demand.hash(&mut hasher);
            let package = held.demand.package.clone().map(StockItem::Package);
            let state = package.and_then(|item| self.items.get(&item));
            state.map(|state| state.observed_at).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// How many machines are promised in a group.
    pub fn promised(&self, group: &str) -> u64 {
        self.here(group).count() as u64
    }

    fn here<'w>(&'w self, group: &'w str) -> impl Iterator<Item = &'w Reservation> {
        let all = self.ledger.reservations.iter();
        all.filter(move |held| held.demand.group.as_deref().is_none_or(|own| own == group))
    }

    /// What is promised of a group. What has no place yet may be put into any.
    fn claims(&self, group: &str) -> Result<Vec<Claim>, String> {
        let mut counts: BTreeMap<Need, u64> = BTreeMap::new();
        for held in self.here(group) {
            let package = self.package(&held.demand, false)?;
            *counts.entry(held.demand.need(&package)).or_default() += 1;
        }
        Ok(counts
            .into_iter()
            .map(|(need, count)| Claim { need, count })
            .collect())
    }

    /// Whether not one more machine with this demand can be promised. What is not known stops nobody from ordering.
    pub fn is_sold_out(&self, demand: &Demand, buffer: Buffer, rule: StockRule) -> bool {
        let Some(group) = demand.group.as_deref() else {
            return false;
        };
        let Ok(package) = self.package(demand, false) else {
            return false;
        };
        if !package.enabled {
            return true;
        }
        match self.room(&StockItem::Group(group.to_owned()), false) {
            Known::Unknown(_) => false,
            Known::Absent => true,
            Known::Capacity(capacity) => self.claims(group).is_ok_and(|claims| {
                let together = Together::new(capacity, buffer, claims);
                let kind = (demand.need(&package), buffer, rule.policy);
                left(&together, capacity, kind) == Count::NONE
            }),
        }
    }

    /// A package; one that is absent is one that cannot be ordered. With `strict` what is known counts only while it can be
    /// read.
    fn package(&self, demand: &Demand, strict: bool) -> Result<Package, String> {
        let Some(id) = &demand.package else {
            return Err("the product names no package".to_owned());
        };
        let item = StockItem::Package(id.clone());
        match self.seen(&item, strict)? {
            Seen::Package(package) => Ok(*package),
            Seen::Absent => Ok(Package {
                enabled: false,
                need: Need::default(),
            }),
            Seen::Group(_) => Err(format!("what is kept of {item} is not one")),
        }
    }

    fn room(&self, item: &StockItem, strict: bool) -> Known<'_> {
        match self.seen(item, strict) {
            Ok(Seen::Group(capacity)) => Known::Capacity(capacity),
            Ok(Seen::Absent) => Known::Absent,
            Ok(Seen::Package(_)) => Known::Unknown(format!("what is kept of {item} is not one")),
            Err(why) => Known::Unknown(why),
        }
    }

    fn seen(&self, item: &StockItem, strict: bool) -> Result<&Seen, String> {
        let state = self
            .items
            .get(item)
            .ok_or_else(|| format!("{item} was not read yet"))?;
        match (&state.trouble, &state.seen) {
            (Some(trouble), _) if strict => Err(format!("{item} cannot be read: {trouble}")),
            (_, Some(seen)) => Ok(seen),
            (Some(trouble), None) => Err(format!("{item} cannot be read: {trouble}")),
            (None, None) => Err(format!("{item} was not read yet")),
        }
    }
}

/// What the groups come to together. One that is not known makes the whole unknown.
fn sum(groups: impl Iterator<Item = Sellable>, enabled: bool, within_cap: Option<u64>) -> Sellable {
    if !enabled {
        return Sellable::Known(0);
    }
    let mut total: Option<u64> = None;
    for group in groups {
        match group {
            Sellable::Known(count) => total = Some(total.unwrap_or_default().saturating_add(count)),
            unknown @ Sellable::Unknown(_) => return unknown,
        }
    }
    match total {
        Some(total) => Sellable::Known(total.min(within_cap.unwrap_or(MOST_TOLD))),
        None => Sellable::Unknown("the product names no group of hypervisors".to_owned()),
    }
}

/// How many more of a kind fit into a group.
fn left(together: &Together<'_>, capacity: &Capacity, (need, buffer, policy): Kind) -> Count {
    match policy {
        StockPolicy::Joint => together.left(&need),
        StockPolicy::Independent => alone(capacity, &need, buffer).count,
    }
}

impl<'w> Pass<'w> {
    const fn new(warehouse: &'w Warehouse, before: Memo) -> Self {
        Self {
            warehouse,
            before,
            now: Memo(BTreeMap::new()),
            prints: BTreeMap::new(),
            groups: BTreeMap::new(),
        }
    }

    fn count(&mut self, line: &Line) -> Sellable {
        let cap = line.rule.cap;
        let within_cap = cap.map(|cap| cap.saturating_sub(line.in_use).min(MOST_TOLD));
        if let ([], Some(left)) = (line.demands.as_slice(), within_cap) {
            // The operator's bound is all that is known of such a platform.
            return Sellable::Known(left);
        }
        match self.warehouse.kind(line) {
            Err(why) => Sellable::Unknown(why),
            Ok((kind, enabled)) => {
                let counts = line.groups().map(|group| self.in_group(group, kind));
                sum(counts, enabled, within_cap)
            }
        }
    }

    fn in_group(&mut self, group: &str, kind: Kind) -> Sellable {
        let warehouse = self.warehouse;
        let print = *self
            .prints
            .entry(group.to_owned())
            .or_insert_with(|| warehouse.print(group));
        let key = (group.to_owned(), kind);
        let known = self.now.0.get(&key).or_else(|| self.before.0.get(&key));
        let count = match known.filter(|(at, _)| *at == print) {
            Some((_, count)) => count.clone(),
            None => self.counted(group, kind),
        };
        self.now.0.insert(key, (print, count.clone()));
        count
    }

    fn counted(&mut self, group: &str, kind: Kind) -> Sellable {
        let warehouse = self.warehouse;
        let capacity = match warehouse.room(&StockItem::Group(group.to_owned()), true) {
            Known::Unknown(why) => return Sellable::Unknown(why),
            Known::Absent => return Sellable::Known(0),
            Known::Capacity(capacity) => capacity,
        };
        let buffer = kind.1;
        let together = self.groups.entry((group.to_owned(), buffer)).or_insert_with(|| {
            let claims = warehouse.claims(group)?;
            Ok(Together::new(capacity, buffer, claims))
        });
        match together {
            Err(why) => Sellable::Unknown(why.clone()),
            Ok(together) => Sellable::Known(left(together, capacity, kind).capped(MOST_TOLD)),
        }
    }
}

#[cfg(test)]
mod tests;
