//! Calls: the journal of platform requests.

use serde::{Deserialize, Serialize};

use crate::http::{Outcome, Request};
use crate::id::{CallId, OperationId};
use crate::text::text_enum;
use crate::time::Moment;

text_enum! {
    /// Where a call stands.
    CallState {
        /// Committed before the first byte; found like this at start-up it is unknown.
        Sending = "sending",
        /// A whole answer is stored.
        Answered = "answered",
        /// Certainly not sent.
        NotSent = "not_sent",
        /// Sent without a whole answer.
        Unknown = "unknown",
    }
}

/// One journalled attempt of one platform request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Our id and the `x-request-id`.
    pub id: CallId,
    /// The operation it serves.
    pub operation: OperationId,
    /// The step it serves.
    pub step: String,
    /// The request.
    pub request: Request,
    /// Where it stands.
    pub state: CallState,
    /// What became of it, with known secrets masked.
    pub outcome: Option<Outcome>,
    /// When it was committed.
    pub sent_at: Moment,
    /// When its end was committed.
    pub ended_at: Option<Moment>,
}
