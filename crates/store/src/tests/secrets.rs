//! Secrets: unreadable at rest, bound to their row and purpose, handed out once.

use std::time::Duration;

use domain::id::SecretId;
use domain::record::{Operation, OperationInput, OperationKind, OperationState};
use domain::{Actor, Change, Secret};
use sea_orm::{ConnectionTrait, EntityTrait};

use super::{Bench, taken};
use crate::entity::secret;

const TEXT: &str = "tres-secret-token-0123456789";

impl Bench {
    async fn kept(&self, purpose: &str) -> SecretId {
        let id = SecretId::at(self.now(), &*self.random);
        let put = Change::PutSecret {
            id,
            purpose: purpose.to_owned(),
            secret: Secret::new(TEXT),
            expires: Some(self.now() + Duration::from_mins(5)),
        };
        self.apply(vec![put]).await.expect("a secret is taken");
        id
    }
}

#[tokio::test]
async fn vf_269_no_file_of_the_database_holds_a_secret_and_only_the_owner_reads_them() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new().await;
    let id = bench.kept("sign_on").await;
    let rows = secret::Entity::find().all(bench.store().db()).await.unwrap();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| !format!("{row:?}").contains(TEXT)));
    if bench.store().is_shared() {
        return;
    }
    let check = || {
        let mut files = 0;
        for entry in std::fs::read_dir(bench.fresh.directory.path()).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode() & 0o7777;
            assert_eq!(mode, 0o600, "{}", entry.path().display());
            let bytes = std::fs::read(entry.path()).unwrap();
            for hidden in [
                TEXT.to_owned(),
                hex::encode(TEXT),
                "bridge-key-of-a-test".to_owned(),
            ] {
                let found = bytes
                    .windows(hidden.len())
                    .any(|window| window == hidden.as_bytes());
                assert!(!found, "{} holds {hidden}", entry.path().display());
            }
            files += usize::from(bytes.windows(3).any(|window| window == b"sec"));
        }
        assert!(files > 0, "the files that were read are those of the database");
    };
    check();
    let read = bench.store().read_secret(id, "sign_on").await.unwrap();
    assert_eq!(read.unwrap().expose(), TEXT);
    check();
}

#[tokio::test]
async fn vf_269_a_ciphertext_opens_only_in_its_row_and_for_its_purpose() {
    let bench = Bench::new().await;
    let (a, b) = (bench.kept("sign_on").await, bench.kept("sign_on").await);
    let store = bench.store();
    assert!(store.read_secret(a, "other").await.unwrap().is_none());
    let moved = format!(
        "UPDATE secrets SET ciphertext = (SELECT ciphertext FROM secrets WHERE id = '{a}'),
            nonce = (SELECT nonce FROM secrets WHERE id = '{a}') WHERE id = '{b}'"
    );
    store.db().execute_unprepared(&moved).await.unwrap();
    let error = store.read_secret(b, "sign_on").await.unwrap_err().to_string();
    assert!(error.contains("does not open"), "{error}");
    let renamed = format!("UPDATE secrets SET purpose = 'other' WHERE id = '{a}'");
    store.db().execute_unprepared(&renamed).await.unwrap();
    let error = store.read_secret(a, "other").await.unwrap_err().to_string();
    assert!(error.contains("does not open"), "{error}");
}

#[tokio::test]
async fn a_secret_is_redeemed_once_audited_and_wiped() {
    let bench = Bench::new().await;
    let id = bench.kept("sign_on").await;
    let store = bench.store();
    let billing = Actor {
        kind: domain::ActorKind::System,
        id: "billing".to_owned(),
        ip: None,
        correlation: None,
    };
    assert!(
        store
            .redeem(id, "password", &billing, bench.now())
            .await
            .unwrap()
            .is_none()
    );
    let redeemers: Vec<_> = (0..6)
        .map(|_| {
            let (store, billing, now) = (store.clone(), billing.clone(), bench.now());
            tokio::spawn(async move { store.redeem(id, "sign_on", &billing, now).await })
        })
        .collect();
    let mut texts = Vec::new();
    for redeemer in redeemers {
        texts.extend(
            redeemer
                .await
                .unwrap()
                .unwrap()
                .map(|secret| secret.expose().to_owned()),
        );
    }
    assert_eq!(texts, [TEXT]);
    let row = secret::Entity::find_by_id(id.to_string())
        .one(store.db())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((row.ciphertext.as_str(), row.nonce.as_str()), ("", ""));
    assert_eq!(row.revealed_to.as_deref(), Some("system billing"));
    let filter = crate::AuditFilter {
        subject: Some(id.to_string()),
    };
    let lines = store
        .audit_lines(&filter, &crate::PageRequest::default())
        .await
        .unwrap()
        .items;
    assert_eq!(lines.len(), 1);
    assert_eq!(
        (lines[0].action.as_str(), &lines[0].actor),
        ("secret.revealed", &billing)
    );
    assert!(store.read_secret(id, "sign_on").await.unwrap().is_none());
}

#[tokio::test]
async fn an_expired_secret_is_not_redeemed_and_is_wiped() {
    let bench = Bench::new().await;
    let id = bench.kept("sign_on").await;
    let forever = SecretId::at(bench.now(), &*bench.random);
    bench
        .store()
        .put_secret(forever, "credential", &Secret::new(TEXT), None)
        .await
        .unwrap();
    bench.pass(Duration::from_mins(5));
    let root = Actor::host("root");
    assert!(
        bench
            .store()
            .redeem(id, "sign_on", &root, bench.now())
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(bench.store().wipe_expired(bench.now()).await.unwrap(), 1);
    assert_eq!(bench.store().wipe_expired(bench.now()).await.unwrap(), 0);
    assert!(
        bench
            .store()
            .read_secret(forever, "credential")
            .await
            .unwrap()
            .is_some()
    );
    assert!(bench.store().wipe_secret(forever).await.unwrap());
    assert!(!bench.store().wipe_secret(forever).await.unwrap());
    let again = bench
        .store()
        .put_secret(forever, "credential", &Secret::new("x"), None)
        .await;
    assert!(taken(again).contains("exists already"));
}

#[tokio::test]
async fn mx_032_a_new_password_is_untold_until_it_is_shown_or_forgotten_however_old_its_operation_is() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let untold = async || -> Vec<_> {
        let untold = bench.store().untold(service.id, bench.now()).await.unwrap();
        untold.into_iter().map(|operation| operation.id).collect()
    };
    let operation = bench.stored_operation(&service, 1).await;
    let mut late = Operation {
        kind: OperationKind::ResetPassword,
        input: OperationInput::Nothing,
        ..operation
    };
    // It was asked for long before the secret came.
    bench.pass(Duration::from_hours(2));
    let secret = bench.kept("reset_password").await;
    late.secret = Some(secret);
    bench
        .apply(vec![Change::PutOperation(late.clone())])
        .await
        .unwrap();
    assert!(untold().await.is_empty(), "it has not succeeded yet");
    late.state = OperationState::Succeeded;
    late.finished_at = Some(bench.now());
    bench
        .apply(vec![Change::PutOperation(late.clone())])
        .await
        .unwrap();
    assert_eq!(untold().await, [late.id]);
    let other = bench.stored_service(2).await;
    let of_other = bench.store().untold(other.id, bench.now()).await.unwrap();
    assert!(of_other.is_empty(), "another service's");
    let expired = bench.now() + Duration::from_mins(5);
    let forgotten = bench.store().untold(service.id, expired).await.unwrap();
    assert!(forgotten.is_empty(), "its time is over");
    let root = Actor::host("root");
    let told = bench
        .store()
        .redeem(secret, "reset_password", &root, bench.now())
        .await;
    assert!(told.unwrap().is_some());
    assert!(untold().await.is_empty(), "it was shown");
}
