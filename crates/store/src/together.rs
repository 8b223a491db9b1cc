//! Writing together: on `SQLite`, what waits to be written is written in one transaction.
//!
//! Making a transaction durable costs the disk one wait, whatever is in it. While one is under way the next pieces of
//! work gather; then whoever has the turn takes them all, up to a bound, and does each in a savepoint of its own, so
//! that a refused one leaves nothing behind and the others stand. Nobody is answered before the shared transaction is
//! durable, and where that fails, everybody hears so: also who was refused, since what refused it may be gone.
//!
//! A piece of work whose caller went away before it began is not done. One that has begun is finished by a task of its
//! own, so that no caller takes the others' work with it.
//!
//! PostgreSQL gathers the waits of its transactions by itself.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Statement, TransactionTrait};
use tokio::sync::{OwnedMutexGuard, oneshot};

use crate::error::StoreError;
use crate::{Store, connection};

/// The most pieces of work in one transaction.
const AT_ONCE: usize = 64;

/// Something under way, inside a transaction that lives for `'a`.
pub(crate) type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// What waits to be written.
#[derive(Default)]
pub(crate) struct Gathered(Mutex<VecDeque<Box<dyn Piece>>>);

impl Gathered {
    fn add(&self, piece: Box<dyn Piece>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(piece);
    }

    /// How many pieces wait.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The longest waiting pieces that somebody still waits for.
    fn take(&self) -> Vec<Box<dyn Piece>> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Vec::new();
        while taken.len() < AT_ONCE
            && let Some(piece) = waiting.pop_front()
        {
            if piece.is_wanted() {
                taken.push(piece);
            }
        }
        taken
    }
}

/// A piece of work of any kind, and who waits for it.
trait Piece: Send {
    /// Whether somebody still waits for it.
    fn is_wanted(&self) -> bool;

    /// Does it and keeps the outcome. Whether what it wrote may stay.
    fn run<'a>(&'a mut self, tx: &'a DatabaseTransaction) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

    /// Hands over the outcome, or what became of the transaction.
    fn answer(self: Box<Self>, failure: Option<StoreError>);
}

struct Waiting<F, T> {
    work: Option<F>,
    outcome: Option<Result<T, StoreError>>,
    caller: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Piece for Waiting<F, T>
where
    F: for<'a> FnOnce(&'a DatabaseTransaction) -> Doing<'a, T> + Send,
    T: Send,
{
    fn is_wanted(&self) -> bool {
        !self.caller.is_closed()
    }

    fn run<'a>(&'a mut self, tx: &'a DatabaseTransaction) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(async move {
            let Some(work) = self.work.take() else {
                return false;
            };
            let outcome = work(tx).await;
            let stays = outcome.is_ok();
            self.outcome = Some(outcome);
            stays
        })
    }

    fn answer(self: Box<Self>, failure: Option<StoreError>) {
        let answer = match (failure, self.outcome) {
            (Some(failure), _) => Err(failure),
            (None, outcome) => outcome.unwrap_or_else(|| Err(interrupted())),
        };
        // A caller that went away meanwhile finds what was written when it comes back.
        let _ = self.caller.send(answer);
    }
}

fn interrupted() -> StoreError {
    StoreError::Unavailable {
        why: "the write was interrupted".to_owned(),
    }
}

impl Store {
    /// Does a piece of work in a transaction that others may share, and answers once it is durable.
    pub(crate) async fn together<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a DatabaseTransaction) -> Doing<'a, T> + Send + 'static,
        T: Send + 'static,
    {
        let Some(turn) = &self.inner.turn else {
            let write = self.write().await?;
            let outcome = work(&write.tx).await;
            return write.finish(outcome).await;
        };
        let (caller, mut answer) = oneshot::channel();
        self.inner.gathered.add(Box::new(Waiting {
            work: Some(work),
            outcome: None,
            caller,
        }));
        loop {
            tokio::select! {
                biased;
                answered = &mut answer => return answered.unwrap_or_else(|_| Err(interrupted())),
                turn = Arc::clone(turn).lock_owned() => {
                    let pieces = self.inner.gathered.take();
                    if !pieces.is_empty() {
                        tokio::spawn(self.clone().write_all(pieces, turn));
                    }
                }
            }
        }
    }

    /// Does one statement that writes, together with what others write; how many rows it wrote.
    pub(crate) async fn write_one(&self, statement: Statement) -> Result<u64, StoreError> {
        if self.is_shared() {
            return Ok(self.db().execute_raw(statement).await?.rows_affected());
        }
        self.together(move |tx| Box::pin(async move { Ok(tx.execute_raw(statement).await?.rows_affected()) }))
            .await
    }

    /// The same, with the rows that it answers with.
    pub(crate) async fn write_returning(&self, statement: Statement) -> Result<Vec<QueryResult>, StoreError> {
        if self.is_shared() {
            return Ok(self.db().query_all_raw(statement).await?);
        }
        self.together(move |tx| Box::pin(async move { Ok(tx.query_all_raw(statement).await?) }))
            .await
    }

    async fn write_all(self, mut pieces: Vec<Box<dyn Piece>>, turn: OwnedMutexGuard<()>) {
        let failure = self.write_shared(&mut pieces).await.err();
        for piece in pieces {
            piece.answer(failure.as_ref().map(StoreError::again));
        }
        drop(turn);
    }

    async fn write_shared(&self, pieces: &mut [Box<dyn Piece>]) -> Result<(), StoreError> {
        let tx = self.db().begin_with_options(connection::write_options()).await?;
        if let [piece] = pieces {
            if piece.run(&tx).await {
                tx.commit().await?;
            } else if let Err(error) = tx.rollback().await {
                // A failing rollback ends with the connection, which rolls back as well.
                tracing::warn!(%error, "a transaction could not be rolled back");
            }
            return Ok(());
        }
        for piece in pieces {
            let savepoint = tx.begin().await?;
            let stays = piece.run(&savepoint).await;
            // Where neither works the whole transaction is gone, as when the disk is full.
            if stays {
                savepoint.commit().await?;
            } else {
                savepoint.rollback().await?;
            }
        }
        Ok(tx.commit().await?)
    }
}
