//! The settings of a module on the tab of its products.

use sim::katapult::Config;
use testkit::offers::Offers;
use web::{PageAnswer, Pages, PagesConfig, Principal, Target, TargetKind};

use crate::support::{operator, text};

/// What an administrator without a listed role is shown.
async fn panel(offers: &Offers, module: &str) -> PageAnswer {
    let pages = Pages::new(offers.engine.clone(), &PagesConfig::default()).expect("the words are sound");
    let mut request = operator(Some(&offers.installation.id), "");
    request.principal = Principal::Admin {
        installation: Some(offers.installation.id.clone()),
        operator: false,
    };
    request.target = Target::new(TargetKind::Fragment, "module-settings");
    request.query.insert("module".to_owned(), module.to_owned());
    pages.serve(request).await
}

#[tokio::test]
async fn kt_007_kt_008_the_panel_says_whether_there_is_a_key_and_never_which() {
    let offers = Offers::start(Config::default()).await;
    let without = panel(&offers, "katapult").await;
    assert_eq!(without.status, 200);
    assert!(text(&without).contains("No key is set yet."), "{}", without.body);
    assert!(
        !without.body.contains("katapult_sync_config_options"),
        "nothing can be read without a key"
    );

    offers.take(Config::TOKEN, Some("acme")).await;
    let with = panel(&offers, "katapult").await;
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
    assert_eq!(offers.calls(), 0);
}

#[tokio::test]
async fn kt_006_kt_009_it_shows_the_organization_that_was_found_and_only_for_modules_with_settings() {
    let offers = Offers::start(Config::default()).await;
    let platform = offers.connect().await;
    offers.read_anew(platform.id).await;
    let found = offers.platform(platform.id).await.account;
    let calls = offers.calls();
    let shown = panel(&offers, "katapult").await;
    assert!(
        shown.body.contains(&format!(
            "name=\"katapult_parent_organization\" value=\"{found}\""
        )),
        "{}",
        shown.body
    );
    assert!(text(&shown).contains("options read"), "{}", text(&shown));
    assert_eq!(offers.calls(), calls, "showing it makes no call");
    for module in ["VirtFusionDirect", "otherpanel", ""] {
        assert_eq!(panel(&offers, module).await.status, 404, "{module}");
    }
}
