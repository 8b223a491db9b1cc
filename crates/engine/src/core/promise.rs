//! The promise that the billing system's function is called again when an operation reaches its goal.

use domain::id::OperationId;
use domain::record::{Operation, RerunFunction};
use domain::{Case, Change, Commit, Fence};

/// Notes the promise on the operation. Fenced by the service's version, so that it stands only if the operation has
/// not come further since it was read.
pub fn promise_rerun(case: &Case, function: RerunFunction) -> Commit {
    let mut promised = case.operation.clone();
    promised.rerun = Some(function.to_string());
    Commit {
        fence: Fence::service(case.service.id, case.service.version),
        changes: vec![
            Change::PutService(case.service.clone()),
            Change::PutOperation(promised),
        ],
    }
}

/// The operation that a commit begins; `None` where it begins no such one.
pub fn begun(commit: &mut Commit, id: OperationId) -> Option<&mut Operation> {
    commit.changes.iter_mut().find_map(|change| match change {
        Change::InsertOperation(operation) if operation.id == id => Some(operation),
        _ => None,
    })
}
