//! The settings of a module on the tab of its products.

use sim::katapult::{Config, Katapult};
use testkit::rig::Rig;
use web::{PageAnswer, Principal, Target, TargetKind};

use crate::support::{operator, pages, text};

/// What an administrator without a listed role is shown.
async fn panel(rig: &Rig<Katapult>, module: &str) -> PageAnswer {
    let mut request = operator(Some(&rig.installation.id), "");
    request.principal = Principal::Admin {
        installation: Some(rig.installation.id.clone()),
        operator: false,
    };
    request.target = Target::new(TargetKind::Fragment, "module-settings");
    request.query.insert("module".to_owned(), module.to_owned());
    pages(rig).serve(request).await
}

#[tokio::test]
async fn kt_007_kt_008_the_panel_says_whether_there_is_a_key_and_never_which() {
    let rig = Rig::unconnected(Config::default()).await;
    let without = panel(&rig, "katapult").await;
    assert_eq!(without.status, 200);
    assert!(text(&without).contains("No key is set yet."), "{}", without.body);
    assert!(
        !without.body.contains("katapult_sync_config_options"),
        "nothing can be read without a key"
    );

    rig.take(Config::TOKEN, Some("acme")).await;
    let with = panel(&rig, "katapult").await;
    let shown = text(&with);
    assert!(
        shown.contains("A key is set.") && shown.contains("hostler platform approve plt_"),
        "{shown}"
    );
    assert!(with.body.contains("katapult_sync_config_options"));
    assert!(!with.body.contains(Config::TOKEN));
    assert!(with.body.contains("name=\"katapult_api_v1_key\" value=\"\""));
    assert!(
        with.body
            .contains("name=\"katapult_parent_organization\" value=\"acme\"")
    );
    assert!(
        with.body
            .contains("name=\"katapult_parent_organization_shown\" value=\"acme\"")
    );
    assert_eq!(rig.calls(), 0);
}

#[tokio::test]
async fn kt_006_kt_009_it_shows_the_organization_that_was_found_and_only_for_modules_with_settings() {
    let rig = Rig::unconnected(Config::default()).await;
    let platform = rig.connect().await;
    rig.read_anew(platform.id).await;
    let found = rig.stored(platform.id).await.account;
    let calls = rig.calls();
    let shown = panel(&rig, "katapult").await;
    assert!(
        shown.body.contains(&format!(
            "name=\"katapult_parent_organization\" value=\"{found}\""
        )),
        "{}",
        shown.body
    );
    assert!(text(&shown).contains("options read"), "{}", text(&shown));
    assert_eq!(rig.calls(), calls, "showing it makes no call");
    for module in ["VirtFusionDirect", "otherpanel", ""] {
        assert_eq!(panel(&rig, module).await.status, 404, "{module}");
    }
}
