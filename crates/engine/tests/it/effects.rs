//! Effects that the billing system need not be handed any more.

use domain::id::{EffectId, InstallationId};
use domain::record::{EffectBody, EffectState, RerunFunction};
use testkit::rig::Rig;

async fn state(rig: &Rig, id: EffectId) -> (EffectState, Option<String>) {
    let effect = rig.engine.store().effect(id).await.expect("the store works");
    let effect = effect.expect("it is there");
    (effect.state, effect.reason)
}

#[tokio::test]
async fn only_the_call_of_the_services_own_function_is_given_up() {
    let rig = Rig::start().await;
    let service = Some((rig.ready(501).await.service.id, 501));
    let own = &rig.installation.id;
    let tell = async |body: EffectBody| {
        let told = rig.engine.tell(own, service, body).await;
        told.expect("it is stored")
    };
    let rerun = tell(EffectBody::Rerun {
        function: RerunFunction::SuspendAccount,
        status: "Active".to_owned(),
    })
    .await;
    let line = tell(EffectBody::LogActivity {
        message: "a line".to_owned(),
    })
    .await;
    let other: InstallationId = "other".parse().expect("a name");
    for (installation, billing_id, id) in [(&other, 501, rerun), (own, 502, rerun), (own, 501, line)] {
        let withdrawn = rig.engine.withdraw_rerun(installation, billing_id, id).await;
        withdrawn.expect("there is nothing to be done");
        assert_eq!(state(&rig, id).await, (EffectState::Waiting, None));
    }
    let withdrawn = rig.engine.withdraw_rerun(own, 501, rerun).await;
    withdrawn.expect("it is given up");
    let (state, reason) = state(&rig, rerun).await;
    assert_eq!(state, EffectState::Refused);
    assert_eq!(reason.as_deref(), Some("overtaken by a later wish"));
}
