//! The numbers, from what is known: pure, so that every number can be computed again and explained.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use domain::Moment;
use domain::capacity::{Capacity, Demand, Need, Package, StockItem};
use domain::record::{StockPolicy, StockRule};
use serde::Serialize;
use stock::{Alone, Buffer, Claim, Count, Together, alone};

use super::Line;
use super::item::{ItemState, Seen};
use super::ledger::{Ledger, Reservation};
use super::product::SoldProduct;

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
    /// A product's stock, of which `in_use` machines are in use or ordered.
    pub fn stock(
        &self,
        product: &SoldProduct,
        demands: &[Demand],
        rule: StockRule,
        in_use: u64,
    ) -> ProductStock {
        let within_cap = within_cap(rule, in_use);
        let mut stock = ProductStock {
            product: product.product,
            name: product.name.clone(),
            stock_control: product.stock_control,
            sellable: Sellable::Known(0),
            policy: rule.policy,
            cap: rule.cap,
            in_use,
            need: None,
            groups: Vec::new(),
        };
        let Some(demand) = demands.first() else {
            stock.sellable = untold(within_cap);
            return stock;
        };
        match self.package(demand, true) {
            Err(why) => stock.sellable = Sellable::Unknown(why),
            Ok(package) => {
                let need = demand.need(&package);
                stock.need = Some(need);
                let named = demands.iter().filter_map(|demand| demand.group.as_deref());
                stock.groups = named
                    .map(|group| self.in_group(group, need, product.buffer(), rule.policy))
                    .collect();
                let groups = stock.groups.iter().map(|group| group.sellable.clone());
                stock.sellable = sum(groups, package.enabled, within_cap);
            }
        }
        stock
    }

    /// How many more can be sold of each product; as [`Warehouse::stock`] says, without the reasons.
    pub fn count_all(&self, lines: &[Line], memo: &mut Memo) -> Vec<Sellable> {
        let mut pass = Pass {
            warehouse: self,
            before: std::mem::take(memo),
            now: Memo::default(),
            prints: BTreeMap::new(),
            groups: BTreeMap::new(),
        };
        let counts = lines.iter().map(|line| pass.count(line)).collect();
        *memo = pass.now;
        counts
    }

    fn in_group(&self, group: &str, need: Need, buffer: Buffer, policy: StockPolicy) -> GroupStock {
        let item = StockItem::Group(group.to_owned());
        let state = self.items.get(&item);
        let mut told = GroupStock {
            group: group.to_owned(),
            sellable: Sellable::Known(0),
            promised: 0,
            alone: None,
            observed_at: state.and_then(|state| state.observed_at),
            trouble: state.and_then(|state| state.trouble.clone()),
        };
        let capacity = match self.room(&item, true) {
            Known::Unknown(why) => {
                told.sellable = Sellable::Unknown(why);
                return told;
            }
            Known::Absent => return told,
            Known::Capacity(capacity) => capacity,
        };
        told.alone = Some(alone(capacity, &need, buffer));
        match self.left(group, capacity, need, buffer, policy) {
            Ok((left, promised)) => {
                told.promised = promised;
                told.sellable = Sellable::Known(left.capped(MOST_TOLD));
            }
            Err(why) => told.sellable = Sellable::Unknown(why),
        }
        told
    }

    /// How many more fit, and how many are promised.
    fn left(
        &self,
        group: &str,
        capacity: &Capacity,
        need: Need,
        buffer: Buffer,
        policy: StockPolicy,
    ) -> Result<(Count, u64), String> {
        let claims = self.claims(group)?;
        let promised = claims.iter().map(|claim| claim.count).sum();
        let left = match policy {
            StockPolicy::Joint => Together::new(capacity, buffer, claims).left(&need),
            StockPolicy::Independent => alone(capacity, &need, buffer).count,
        };
        Ok((left, promised))
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

    /// Why one more machine with this demand cannot be promised; `None` where it can, or where nobody knows: what is not
    /// known stops nobody from ordering.
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
            Known::Capacity(capacity) => self
                .left(group, capacity, demand.need(&package), buffer, rule.policy)
                .is_ok_and(|(left, _)| left == Count::NONE),
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

fn within_cap(rule: StockRule, in_use: u64) -> Option<u64> {
    rule.cap.map(|cap| cap.saturating_sub(in_use).min(MOST_TOLD))
}

/// A product on a platform that does not tell how much room it has.
fn untold(within_cap: Option<u64>) -> Sellable {
    let unknown = || Sellable::Unknown("its platform does not tell how much room it has".to_owned());
    within_cap.map_or_else(unknown, Sellable::Known)
}

impl Pass<'_> {
    fn count(&mut self, line: &Line) -> Sellable {
        let within_cap = within_cap(line.rule, line.in_use);
        let Some(demand) = line.demands.first() else {
            return untold(within_cap);
        };
        let package = match self.warehouse.package(demand, true) {
            Ok(package) => package,
            Err(why) => return Sellable::Unknown(why),
        };
        let kind = (demand.need(&package), line.product.buffer(), line.rule.policy);
        let named = line.demands.iter().filter_map(|demand| demand.group.as_deref());
        let counts: Vec<Sellable> = named.map(|group| self.in_group(group, kind)).collect();
        sum(counts.into_iter(), package.enabled, within_cap)
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

    fn counted(&mut self, group: &str, (need, buffer, policy): Kind) -> Sellable {
        let warehouse = self.warehouse;
        let capacity = match warehouse.room(&StockItem::Group(group.to_owned()), true) {
            Known::Unknown(why) => return Sellable::Unknown(why),
            Known::Absent => return Sellable::Known(0),
            Known::Capacity(capacity) => capacity,
        };
        let together = self.groups.entry((group.to_owned(), buffer)).or_insert_with(|| {
            let claims = warehouse.claims(group)?;
            Ok(Together::new(capacity, buffer, claims))
        });
        match (together, policy) {
            (Err(why), _) => Sellable::Unknown(why.clone()),
            (Ok(together), StockPolicy::Joint) => Sellable::Known(together.left(&need).capped(MOST_TOLD)),
            (Ok(_), StockPolicy::Independent) => {
                Sellable::Known(alone(capacity, &need, buffer).count.capped(MOST_TOLD))
            }
        }
    }
}

#[cfg(test)]
mod tests;
