//! What operators configure.

use domain::id::{PlatformId, SecretId};
use domain::record::{Attachment, InstallationSettings, PlatformState, Product, ProductPolicy, Relation};
use domain::{Actor, Secret};
use sea_orm::EntityTrait;

use super::{Bench, taken};
use crate::entity::secret;
use crate::{AuditFilter, PLATFORM_CREDENTIAL, PageRequest, Proposal, Replacement};

#[tokio::test]
async fn a_known_account_is_proposed_without_effect() {
    let bench = Bench::new().await;
    let mut again = bench.platform.clone();
    again.id = PlatformId::at(bench.now(), &*bench.random);
    again.credential = SecretId::at(bench.now(), &*bench.random);
    let proposal = bench
        .store()
        .propose_platform(&again, &Secret::new("evil"), None, &Actor::host("x"))
        .await
        .unwrap();
    assert_eq!(proposal, Proposal::Known(bench.platform.clone()));
    assert_eq!(
        bench.store().platforms().await.unwrap(),
        std::slice::from_ref(&bench.platform)
    );
    let credential = bench.store().platform_credential(&bench.platform).await.unwrap();
    assert_eq!(credential.unwrap().expose(), "token-of-a-test");
}

#[tokio::test]
async fn proposals_of_one_account_at_once_keep_one() {
    let bench = Bench::new().await;
    let proposals: Vec<_> = (0..6)
        .map(|_| {
            let mut platform = bench.platform.clone();
            platform.id = PlatformId::at(bench.now(), &*bench.random);
            platform.credential = SecretId::at(bench.now(), &*bench.random);
            platform.endpoint = "https://new.test".to_owned();
            let store = bench.store().clone();
            tokio::spawn(async move {
                store
                    .propose_platform(&platform, &Secret::new("t"), None, &Actor::host("x"))
                    .await
            })
        })
        .collect();
    let mut kept = 0;
    for proposal in proposals {
        kept += usize::from(matches!(proposal.await.unwrap().unwrap(), Proposal::Kept(_)));
    }
    assert_eq!(kept, 1);
    assert_eq!(bench.store().platforms().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_platform_is_approved_renamed_and_gets_another_credential() {
    let bench = Bench::new().await;
    let (store, root, id) = (bench.store(), Actor::host("root"), bench.platform.id);
    store
        .set_platform_state(id, PlatformState::Disabled, &root)
        .await
        .unwrap();
    store
        .set_platform_account(id, "org_1", "Panel", &root)
        .await
        .unwrap();
    let fresh = SecretId::at(bench.now(), &*bench.random);
    let platform = store
        .set_platform_credential(id, fresh, &Secret::new("second"), &root)
        .await
        .unwrap();
    assert_eq!(store.platform(id).await.unwrap(), Some(platform.clone()));
    assert_eq!(
        (platform.state, platform.account.as_str()),
        (PlatformState::Disabled, "org_1")
    );
    assert_eq!(
        store
            .platform_credential(&platform)
            .await
            .unwrap()
            .unwrap()
            .expose(),
        "second"
    );
    let former = store.platform_credential(&bench.platform).await.unwrap();
    assert!(former.is_none(), "the former credential is wiped");
    let filter = AuditFilter {
        subject: Some(id.to_string()),
    };
    let lines = store
        .audit_lines(&filter, &PageRequest::default())
        .await
        .unwrap()
        .items;
    let actions: Vec<&str> = lines.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "platform.credential",
            "platform.account",
            "platform.disabled",
            "platform.proposed"
        ]
    );
}

#[tokio::test]
async fn an_account_that_was_found_is_remembered_where_nobody_has_named_one() {
    let bench = Bench::new().await;
    let (store, engine, id) = (bench.store(), Actor::engine("catalogue"), bench.platform.id);
    assert!(store.note_platform_account(id, "org_1", &engine).await.unwrap());
    assert!(!store.note_platform_account(id, "org_2", &engine).await.unwrap());
    let platform = store.platform(id).await.unwrap().unwrap();
    assert_eq!(
        (platform.account.as_str(), &platform.name),
        ("org_1", &bench.platform.name)
    );
    let mut other = bench.platform.clone();
    other.id = PlatformId::at(bench.now(), &*bench.random);
    other.credential = SecretId::at(bench.now(), &*bench.random);
    let proposed = store
        .propose_platform(&other, &Secret::new("t"), None, &engine)
        .await;
    assert_eq!(proposed.unwrap(), Proposal::Kept(other.clone()));
    let conflict = store.note_platform_account(other.id, "org_1", &engine).await;
    assert!(taken(conflict).contains("same account"));
}

#[tokio::test]
async fn only_one_installation_names_its_clients_by_bare_numbers_on_a_platform() {
    let bench = Bench::new().await;
    let (store, root) = (bench.store(), Actor::host("root"));
    let other = crate::testing::seed_installation(store, "other").await;
    let mut attachment = Attachment {
        installation: bench.installation.id.clone(),
        server_id: 1,
        platform: bench.platform.id,
        relation: Relation::Integer,
    };
    store.attach(&attachment, &root).await.unwrap();
    attachment.server_id = 2;
    store
        .attach(&attachment, &root)
        .await
        .expect("the same installation again");
    attachment.installation = other.id.clone();
    assert!(taken(store.attach(&attachment, &root).await).contains("main"));
    attachment.relation = Relation::Text;
    store.attach(&attachment, &root).await.unwrap();
    assert_eq!(store.attachments(Some(bench.platform.id)).await.unwrap().len(), 3);
    assert!(store.detach(&other.id, 2, &root).await.unwrap());
    assert!(!store.detach(&other.id, 2, &root).await.unwrap());
    assert_eq!(store.attachment(&other.id, 2).await.unwrap(), None);
}

#[tokio::test]
async fn a_bridge_key_is_rotated_without_a_gap() {
    let bench = Bench::new().await;
    let (store, root, id) = (bench.store(), Actor::host("root"), &bench.installation.id);
    let fresh = SecretId::at(bench.now(), &*bench.random);
    store
        .rotate_key(id, fresh, &Secret::new("second"), &root)
        .await
        .unwrap();
    let keys = |keys: Vec<Secret>| keys.iter().map(|key| key.expose().to_owned()).collect::<Vec<_>>();
    let during = store.installation(id).await.unwrap().unwrap();
    assert_eq!(
        keys(store.bridge_keys(&during).await.unwrap()),
        ["second", "bridge-key-of-a-test"]
    );
    store.finish_key_rotation(id, &root).await.unwrap();
    let after = store.installation(id).await.unwrap().unwrap();
    assert_eq!(keys(store.bridge_keys(&after).await.unwrap()), ["second"]);
    assert!(store.bridge_keys(&bench.installation).await.unwrap().is_empty());
}

#[tokio::test]
async fn settings_windows_and_policies_are_kept_with_their_lines() {
    let bench = Bench::new().await;
    let (store, root, id) = (bench.store(), Actor::host("root"), &bench.installation.id);
    let settings = InstallationSettings {
        destructive_budget: Some(4),
        ..InstallationSettings::default()
    };
    store
        .set_installation_settings(id, settings.clone(), &root)
        .await
        .unwrap();
    store
        .set_enrol_window(id, Some(bench.now()), &root)
        .await
        .unwrap();
    let stored = store.installation(id).await.unwrap().unwrap();
    assert_eq!(
        (stored.settings, stored.enrol_until),
        (settings, Some(bench.now()))
    );
    let product = Product {
        installation: id.clone(),
        product_id: 12,
        policy: ProductPolicy {
            dry_run: true,
            ..ProductPolicy::default()
        },
    };
    store.set_product_policy(&product, &root).await.unwrap();
    assert_eq!(store.product_policy(id, 12).await.unwrap(), product.policy);
    assert_eq!(
        store.product_policy(id, 13).await.unwrap(),
        ProductPolicy::default()
    );
    assert_eq!(store.products(id).await.unwrap(), [product]);
    let lines = store
        .audit_lines(&AuditFilter::default(), &PageRequest::default())
        .await
        .unwrap();
    assert_eq!(lines.items[0].subject, "product 12 of main");
    assert!(store.verify_audit().await.unwrap().is_whole());
    let twice = store
        .add_installation(&bench.installation, &Secret::new("x"), &root)
        .await;
    assert_eq!(taken(twice), "installation main exists already");
}

/// How many platform credentials are kept.
async fn credentials(bench: &Bench) -> usize {
    let rows = secret::Entity::find().all(bench.store().db()).await.unwrap();
    let kept = rows
        .iter()
        .filter(|row| row.purpose == PLATFORM_CREDENTIAL && !row.ciphertext.is_empty());
    kept.count()
}

fn replacement(former: Option<&str>, text: &str) -> Replacement {
    Replacement {
        name: "typed".to_owned(),
        former: former.map(ToOwned::to_owned),
        text: text.to_owned(),
    }
}

#[tokio::test]
async fn what_was_typed_is_replaced_with_its_key_or_not_at_all() {
    let bench = Bench::new().await;
    let (store, key) = (bench.store(), Secret::new("typed"));
    let fresh = || SecretId::at(bench.now(), &*bench.random);
    let (first, second) = (fresh(), fresh());
    let replace = async |former: Option<&str>, text: &str, fresh: SecretId, outdated| {
        let document = replacement(former, text);
        store
            .replace_typed(&document, Some((fresh, &key)), outdated)
            .await
    };
    assert!(replace(None, "one", first, None).await.unwrap());
    assert_eq!(credentials(&bench).await, 2, "with the platform's own");
    // Whoever does not know what it has become changes nothing.
    assert!(!replace(None, "two", second, None).await.unwrap());
    assert!(!replace(Some("none"), "two", second, Some(first)).await.unwrap());
    assert_eq!(store.meta("typed").await.unwrap().as_deref(), Some("one"));
    // Nor does what fails half-way: the key's id is taken.
    assert!(replace(Some("one"), "two", first, Some(first)).await.is_err());
    assert_eq!(store.meta("typed").await.unwrap().as_deref(), Some("one"));
    assert_eq!(credentials(&bench).await, 2);
    assert!(replace(Some("one"), "two", second, Some(first)).await.unwrap());
    assert_eq!(store.meta("typed").await.unwrap().as_deref(), Some("two"));
    assert_eq!(credentials(&bench).await, 2);
    assert!(
        store
            .read_secret(first, PLATFORM_CREDENTIAL)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn what_was_typed_is_taken_over_whole_or_not_at_all() {
    let bench = Bench::new().await;
    let (store, root, id) = (bench.store(), Actor::host("root"), bench.platform.id);
    let mut other = bench.platform.clone();
    other.id = PlatformId::at(bench.now(), &*bench.random);
    other.credential = SecretId::at(bench.now(), &*bench.random);
    other.account = "globex".to_owned();
    let kept = store
        .propose_platform(&other, &Secret::new("t"), None, &root)
        .await;
    assert!(matches!(kept, Ok(Proposal::Kept(_))));
    let key = SecretId::at(bench.now(), &*bench.random);
    let typed = replacement(None, "typed");
    let fresh = Some((key, &Secret::new("typed")));
    assert!(store.replace_typed(&typed, fresh, None).await.unwrap());
    let take = async |former: &str, account: &str| {
        let document = replacement(Some(former), "nothing");
        let taken = (Some(account), Some(key));
        store.take_over_typed(id, &document, taken, &root).await
    };
    assert!(!take("another", "acme").await.unwrap());
    assert!(take("typed", "globex").await.is_err(), "another platform has it");
    assert_eq!(store.platform(id).await.unwrap(), Some(bench.platform.clone()));
    assert_eq!(store.meta("typed").await.unwrap().as_deref(), Some("typed"));
    assert_eq!(credentials(&bench).await, 3);
    assert!(take("typed", "acme").await.unwrap());
    let platform = store.platform(id).await.unwrap().unwrap();
    assert_eq!((platform.account.as_str(), platform.credential), ("acme", key));
    let credential = store.platform_credential(&platform).await.unwrap();
    assert_eq!(credential.unwrap().expose(), "typed");
    assert_eq!(store.meta("typed").await.unwrap().as_deref(), Some("nothing"));
    assert_eq!(credentials(&bench).await, 2, "the former one is wiped");
}
