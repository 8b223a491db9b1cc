//! Following the chains from their first line to their end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::Moment;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::Seals;
use crate::Store;
use crate::entity::{audit, audit_head, installation};
use crate::error::StoreError;

const PAGE: u64 = 500;
/// A line without a place for longer than this says that nobody seals.
const LATE: Duration = Duration::from_secs(10);

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditProof {
    /// Every chain: the engine's own first, then the installations by name.
    pub chains: Vec<ChainProof>,
    /// Lines that wait for their place for more than 10 s, and could be changed without showing.
    pub unsealed: u64,
}

/// What a verification found of one chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainProof {
    /// Whose chain; the engine's own when empty.
    pub chain: String,
    /// How many lines hang together from the first one on.
    pub lines: u64,
    /// How many of them got their place more than 10 s after they were written, as after a crash.
    pub late: u64,
    /// The first that is wrong after them; `None` when nothing is.
    pub broken: Option<BrokenLine>,
}

/// The first line of a chain that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenLine {
    /// Its number in the chain, or the first that is missing.
    pub number: i64,
    /// Its id; `None` where no line has that number.
    pub id: Option<String>,
    /// What is wrong, in a few words.
    pub why: String,
}

impl AuditProof {
    /// How many lines hang together in all chains.
    pub fn lines(&self) -> u64 {
        self.chains.iter().map(|chain| chain.lines).sum()
    }

    /// The first chain that is broken, and where.
    pub fn first_broken(&self) -> Option<(&ChainProof, &BrokenLine)> {
        let mut broken = self
            .chains
            .iter()
            .filter_map(|chain| Some((chain, chain.broken.as_ref()?)));
        broken.next()
    }

    /// Whether every chain holds and no line waits too long for its place.
    pub fn is_whole(&self) -> bool {
        self.unsealed == 0 && self.first_broken().is_none()
    }
}

impl Store {
    /// Follows every chain from its first line to its end.
    pub async fn verify_audit(&self) -> Result<AuditProof, StoreError> {
        let tx = self.read().await?;
        verify(&tx, &self.inner.seals, self.now()).await
    }
}

/// Follows every chain that a snapshot shows. `now` is when a line that has no place yet is called late.
pub(crate) async fn verify(
    tx: &DatabaseTransaction,
    seals: &Seals,
    now: Moment,
) -> Result<AuditProof, StoreError> {
    let heads: BTreeMap<String, audit_head::Model> = audit_head::Entity::find()
        .all(tx)
        .await?
        .into_iter()
        .map(|head| (head.chain.clone(), head))
        .collect();
    let mut chains = Vec::new();
    for name in names(tx, &heads).await? {
        let head = heads.get(&name);
        chains.push(Walk::new(seals, name).follow(tx, head).await?);
    }
    let unsealed = audit::Entity::find()
        .filter(audit::Column::Sequence.is_null())
        .filter(audit::Column::At.lt((now - LATE).as_micros()))
        .count(tx)
        .await?;
    Ok(AuditProof { chains, unsealed })
}

/// The chains that there are, and those that there have to be: each installation's begins with its being added.
async fn names(
    tx: &DatabaseTransaction,
    heads: &BTreeMap<String, audit_head::Model>,
) -> Result<BTreeSet<String>, StoreError> {
    let with_lines: Vec<String> = audit::Entity::find()
        .select_only()
        .column(audit::Column::Chain)
        .distinct()
        .into_tuple()
        .all(tx)
        .await?;
    let installed: Vec<String> = installation::Entity::find()
        .select_only()
        .column(installation::Column::Id)
        .into_tuple()
        .all(tx)
        .await?;
    Ok(heads.keys().cloned().chain(with_lines).chain(installed).collect())
}

/// On the way along one chain.
struct Walk<'a> {
    seals: &'a Seals,
    chain: String,
    sequence: i64,
    hash: String,
    late: u64,
}

impl<'a> Walk<'a> {
    const fn new(seals: &'a Seals, chain: String) -> Self {
        Self {
            seals,
            chain,
            sequence: 0,
            hash: String::new(),
            late: 0,
        }
    }

    async fn follow(
        mut self,
        tx: &DatabaseTransaction,
        head: Option<&audit_head::Model>,
    ) -> Result<ChainProof, StoreError> {
        loop {
            let rows = audit::Entity::find()
                .filter(audit::Column::Chain.eq(self.chain.as_str()))
                .filter(audit::Column::Sequence.gt(self.sequence))
                .order_by_asc(audit::Column::Sequence)
                .limit(PAGE)
                .all(tx)
                .await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                if let Some(wrong) = self.step(row) {
                    return Ok(self.proof(Some(wrong)));
                }
            }
        }
        let missing = match head {
            Some(head) if head.sequence > self.sequence => {
                Some(format!("the chain ends here, and its end says {}", head.sequence))
            }
            Some(head) if (head.sequence, &head.hash) == (self.sequence, &self.hash) => None,
            Some(head) => Some(format!(
                "the chain's end says {}, and another line stands there",
                head.sequence
            )),
            None if self.sequence > 0 => Some("nothing says where the chain ends".to_owned()),
            None if self.waits(tx).await? => None,
            None => Some("no line of this installation is left".to_owned()),
        };
        Ok(self.proof(missing.map(|why| (None, why))))
    }

    /// Goes on to the next line, or says what is wrong with it.
    fn step(&mut self, row: audit::Model) -> Option<(Option<String>, String)> {
        let sequence = row.sequence.unwrap_or(0);
        if sequence != self.sequence + 1 {
            return Some((None, format!("it is missing; the next one there is {sequence}")));
        }
        let sealed_at = row.sealed_at.unwrap_or(0);
        let hash = self.seals.hash(&self.hash, sequence, sealed_at, &row);
        if row.hash.as_ref() != Some(&hash) {
            let why = "it is not the line that was sealed at this place".to_owned();
            return Some((Some(row.id), why));
        }
        let waited = Moment::from_micros(sealed_at).since(Moment::from_micros(row.at));
        self.late += u64::from(waited > LATE);
        (self.sequence, self.hash) = (sequence, hash);
        None
    }

    /// Whether lines wait for a first place.
    async fn waits(&self, tx: &DatabaseTransaction) -> Result<bool, StoreError> {
        let waiting = audit::Entity::find()
            .filter(audit::Column::Chain.eq(self.chain.as_str()))
            .filter(audit::Column::Sequence.is_null())
            .count(tx)
            .await?;
        Ok(waiting > 0)
    }

    fn proof(self, broken: Option<(Option<String>, String)>) -> ChainProof {
        ChainProof {
            broken: broken.map(|(id, why)| BrokenLine {
                number: self.sequence + 1,
                id,
                why,
            }),
            chain: self.chain,
            lines: self.sequence.unsigned_abs(),
            late: self.late,
        }
    }
}
