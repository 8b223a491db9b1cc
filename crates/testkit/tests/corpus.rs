//! Every database of the corpus is finished by the present engine.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use domain::record::{LinkRole, OperationKind, OperationState, QuestionKind, Standing};
use store::{OperationFilter, PageRequest, ServiceFilter};
use testkit::corpus::explained::explained;
use testkit::corpus::finish::Replay;
use testkit::corpus::{BOOKS, DATABASE, KEY, NotMade, make};

fn corpora() -> Vec<PathBuf> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus");
    let entries = std::fs::read_dir(root).expect("there is a corpus");
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(!folders.is_empty(), "the corpus is empty");
    folders
}

/// A copy that may be written to, as the engine wants its files.
fn copied(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a temporary folder");
    for name in [DATABASE, BOOKS, KEY] {
        let to = copy.path().join(name);
        std::fs::copy(folder.join(name), &to).expect("a copy");
        std::fs::set_permissions(&to, std::fs::Permissions::from_mode(0o600)).expect("its mode");
    }
    copy
}

/// What a version's databases hold, together.
#[derive(Default)]
struct Held {
    /// The latest form of its documents.
    format: u32,
    states: BTreeSet<OperationState>,
    under_way: BTreeSet<OperationKind>,
    asked: BTreeSet<QuestionKind>,
}

#[tokio::test]
async fn mx_099_the_corpus_holds_every_state_kind_and_question() {
    let mut versions: BTreeMap<String, Held> = BTreeMap::new();
    for folder in corpora() {
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let version = name.split('-').next().expect("a version").to_owned();
        let held = versions.entry(version).or_default();
        let copy = copied(&folder);
        let replay = Replay::open(copy.path()).await;
        let page = PageRequest::first(500);
        let all = replay.store.operations(&OperationFilter::default(), &page).await;
        for operation in all.expect("operations can be read").items {
            held.format = held.format.max(operation.version);
            held.states.insert(operation.state);
            if !operation.state.is_final() {
                held.under_way.insert(operation.kind);
            }
        }
        let questions = replay.questions().await;
        held.asked.extend(questions.iter().map(|question| question.kind));
        let mut archived = 0;
        let services = replay.store.services(&ServiceFilter::default(), &page).await;
        for service in services.expect("services can be read").items {
            let of_it = replay.store.archived_operations(service.id, &page).await;
            archived += of_it.expect("the archive can be read").items.len();
        }
        assert!(archived > 0, "{name}: the archive is empty");
        replay.store.close().await.expect("the database closes");
    }
    for (version, held) in versions {
        let states: BTreeSet<OperationState> = OperationState::ALL.iter().copied().collect();
        // A version holds what it knew.
        let kinds = OperationKind::ALL.iter().copied();
        let kinds: BTreeSet<OperationKind> = kinds.filter(|kind| kind.format() <= held.format).collect();
        let questions: BTreeSet<QuestionKind> = QuestionKind::ALL.iter().copied().collect();
        assert_eq!(held.states, states, "{version}");
        assert_eq!(held.under_way, kinds, "{version}");
        assert_eq!(held.asked, questions, "{version}");
    }
}

#[tokio::test]
async fn gx_010_mx_099_gx_013_every_database_of_a_released_version_is_finished() {
    for folder in corpora() {
        let copy = copied(&folder);
        let mut replay = Replay::open(copy.path()).await;
        let (open, questions) = (replay.unfinished().await, replay.questions().await);
        assert!(
            open.len() >= 20,
            "{}: {} are under way",
            folder.display(),
            open.len()
        );
        let states: BTreeSet<OperationState> = open.iter().map(|operation| operation.state).collect();
        let all = [
            OperationState::Queued,
            OperationState::Running,
            OperationState::Asking,
        ];
        assert_eq!(states, all.into(), "{}", folder.display());
        assert!(
            questions.len() >= 6,
            "{}: {} questions",
            folder.display(),
            questions.len()
        );
        let sending = replay.store.calls_sending(100).await.expect("calls can be read");
        assert!(
            sending.len() >= 3,
            "{}: {} calls in sending",
            folder.display(),
            sending.len()
        );
        let why = explained(&replay).await;
        assert_eq!(why.lacking, Vec::<String>::new(), "{}", folder.display());
        assert!(why.whole >= open.len(), "{}: {why:?}", folder.display());
        if let Err(left) = replay.finish().await {
            let left: Vec<String> = left
                .iter()
                .map(|one| format!("{} {}: {}", one.kind, one.state, one.reason))
                .collect();
            panic!("{}: {left:#?}", folder.display());
        }
        everything_is_explained(&folder, &replay).await;
        one_machine_each(&folder, &replay).await;
        replay.store.close().await.expect("the database closes");
    }
}

/// What did not succeed says why, and no call is on its way.
async fn everything_is_explained(folder: &Path, replay: &Replay) {
    let page = PageRequest::first(500);
    let operations = replay.store.operations(&OperationFilter::default(), &page).await;
    for operation in operations.expect("operations can be read").items {
        let name = format!("{}: {} {}", folder.display(), operation.kind, operation.reason);
        assert!(operation.state.is_final(), "{name}");
        assert!(!operation.reason.is_empty(), "{name}");
    }
    let sending = replay.store.calls_sending(100).await.expect("calls can be read");
    assert_eq!(sending, [], "{}", folder.display());
    let engine = replay.engine();
    let sealed = replay.store.seal_audit(engine.clock().now()).await;
    assert!(
        sealed.expect("the audit can be sealed") > 0,
        "{}",
        folder.display()
    );
    let proof = replay.store.verify_audit().await.expect("the audit can be read");
    assert_eq!(proof.first_broken(), None, "{}", folder.display());
}

/// A service in use has its machine, one that is over has none, and no machine that the engine made is left alone.
async fn one_machine_each(folder: &Path, replay: &Replay) {
    let name = folder.display();
    let now = domain::Moment::from_micros(i64::MAX / 2);
    let servers: BTreeMap<String, _> = replay
        .panel
        .servers(now)
        .into_iter()
        .map(|server| (server.id.to_string(), server))
        .collect();
    let services = replay
        .store
        .services(&ServiceFilter::default(), &PageRequest::first(500))
        .await;
    let mut linked = BTreeSet::new();
    for service in services.expect("services can be read").items {
        let links = replay.store.links(service.id).await.expect("links can be read");
        let open: Vec<_> = links
            .iter()
            .filter(|link| link.closed_at.is_none() && link.role == LinkRole::Primary)
            .collect();
        let id = service.billing_id;
        assert!(open.len() <= 1, "{name}: service {id} has {} links", open.len());
        let machine = open.first().map(|link| link.identity.id.clone());
        match service.standing {
            Standing::Live | Standing::Suspended => {
                let machine = machine
                    .clone()
                    .unwrap_or_else(|| panic!("{name}: service {id} is {} without a link", service.standing));
                // One machine was removed by hand, which a person was told.
                if let Some(server) = servers.get(&machine) {
                    assert_eq!(
                        server.suspended,
                        service.standing == Standing::Suspended,
                        "{name}: service {id}"
                    );
                }
            }
            Standing::Vacant | Standing::Ended => assert_eq!(machine, None, "{name}: service {id}"),
            Standing::Ending => assert!(machine.is_some(), "{name}: service {id} ends without a machine"),
            Standing::Building => panic!("{name}: service {id} is still being built"),
        }
        if let Some(machine) = machine {
            assert!(linked.insert(machine), "{name}: a machine has two services");
        }
    }
    let alone: Vec<&String> = servers
        .iter()
        .filter(|(id, server)| server.by_api && !linked.contains(*id))
        .map(|(id, _)| id)
        .collect();
    assert_eq!(
        alone,
        Vec::<&String>::new(),
        "{name}: machines that belong to no service"
    );
}

/// Making one twice makes the same, and none is replaced.
#[tokio::test]
async fn mx_099_a_corpus_is_made_once_and_the_same_every_time() {
    let (first, second) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let made = make(first.path()).await.expect("a corpus is made");
    let again = make(second.path()).await.expect("a corpus is made");
    assert!(
        matches!(make(first.path()).await, Err(NotMade::Exists(_))),
        "one was replaced"
    );
    for (one, other) in made.iter().zip(&again) {
        for file in [DATABASE, BOOKS, KEY] {
            let read = |folder: &Path| std::fs::read(folder.join(file)).expect("the file");
            assert!(read(one) == read(other), "{file} differs in {}", one.display());
        }
    }
}
