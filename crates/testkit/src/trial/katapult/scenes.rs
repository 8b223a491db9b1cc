//! What is tried on Katapult, with annotations that reach machines and with annotations that do not.
//!
//! What needs a machine is tried where annotations reach it: once a machine is linked, nothing asks for them.

use domain::id::OperationId;
use domain::machine::PowerAction;
use domain::record::{OperationKind, Standing};
use serde_json::json;
use sim::fault::Fault;

use super::{FULL, REACHING, STAYING};
use crate::trial::Broken;
use crate::trial::bench::Bench;
use crate::trial::deeds::{
    adopt, change_package, create, creating, open_removal, power, refresh, removed_by_hand, rename, scene,
    sign_on, suspend, switched_off, terminate, terminate_later, unsuspend, vacant, validate,
};
use crate::trial::scene::Scene;

/// The request that makes and builds a machine.
const BUILD: &str = "build_machine";

/// Every scene.
pub(super) fn all() -> Vec<Scene> {
    let mut all = creates();
    all.extend(holds());
    all.extend(ends());
    all.extend(cut_short());
    all.extend(changes());
    all.extend(reads());
    all
}

#[rustfmt::skip]
fn creates() -> Vec<Scene> {
    use OperationKind::Create;
    use Standing::Live;
    vec![
        scene("create, annotations reach", Create, REACHING, vacant, create, Live),
        scene("create, annotations stay", Create, STAYING, vacant, create, Live),
        scene("create with a disk and no hostname", Create, FULL, vacant, create, Live),
        scene("create, annotations reach, answer lost", Create, REACHING, vacant, create_answer_lost, Live),
        scene("create, annotations stay, answer lost", Create, STAYING, vacant, create_answer_lost, Live),
        scene("create, annotations reach, first attempt lost", Create, REACHING, vacant, create_attempt_lost, Live),
        scene("create after an end, its name in the trash", Create, REACHING, Bench::ended, create, Live),
    ]
}

#[rustfmt::skip]
fn holds() -> Vec<Scene> {
    use OperationKind::{Suspend, Unsuspend};
    use Standing::{Live, Suspended};
    vec![
        scene("suspend", Suspend, REACHING, Bench::live, suspend, Suspended),
        scene("suspend a guest that ignores it", Suspend, REACHING, deaf, suspend, Suspended),
        scene("unsuspend", Unsuspend, REACHING, Bench::suspended, unsuspend, Live),
        scene("unsuspend what lies in the trash", Unsuspend, REACHING, suspended_and_trashed, unsuspend, Live),
        scene("create inside the undo window", Unsuspend, REACHING, Bench::in_undo_window, create, Live),
    ]
}

#[rustfmt::skip]
fn ends() -> Vec<Scene> {
    use OperationKind::Terminate;
    use Standing::Ended;
    vec![
        scene("terminate", Terminate, REACHING, Bench::live, terminate, Ended),
        scene("terminate with backup policies", Terminate, REACHING, with_policies, terminate, Ended),
        scene("terminate a suspended service", Terminate, REACHING, Bench::suspended, terminate, Ended),
        scene("terminate with an undo window", Terminate, REACHING, Bench::live, terminate_later, Ended),
        scene("terminate what was removed by hand", Terminate, REACHING, removed_by_hand, terminate, Ended),
        scene("terminate what lies in the trash", Terminate, REACHING, trashed, terminate, Ended),
    ]
}

#[rustfmt::skip]
fn cut_short() -> Vec<Scene> {
    use OperationKind::{RemoveStray, Terminate};
    use Standing::{Ended, Live};
    vec![
        scene("terminate during a create, annotations reach", Terminate, REACHING, creating, terminate, Ended),
        scene("terminate during a create, annotations stay", Terminate, STAYING, creating, terminate, Ended),
        scene("remove a late machine", RemoveStray, FULL, late_machine, open_removal, Live),
    ]
}

#[rustfmt::skip]
fn changes() -> Vec<Scene> {
    use OperationKind::{ChangePackage, Power, Rename};
    use Standing::Live;
    vec![
        scene("change package and disk", ChangePackage, REACHING, Bench::live, change_package, Live),
        scene("rename", Rename, REACHING, Bench::live, rename, Live),
        scene("boot", Power, REACHING, switched_off, |bench| power(bench, PowerAction::Boot), Live),
        scene("shut down", Power, REACHING, running, |bench| power(bench, PowerAction::Shutdown), Live),
        scene("power off", Power, REACHING, running, |bench| power(bench, PowerAction::PowerOff), Live),
        scene("restart", Power, REACHING, running, |bench| power(bench, PowerAction::Restart), Live),
    ]
}

#[rustfmt::skip]
fn reads() -> Vec<Scene> {
    use OperationKind::{Adopt, Refresh, SignOn, Validate};
    use Standing::Live;
    vec![
        scene("refresh", Refresh, REACHING, Bench::live, refresh, Live),
        scene("validate", Validate, REACHING, Bench::live, validate, Live),
        scene("sign on", SignOn, REACHING, running, sign_on, Live),
        scene("adopt", Adopt, REACHING, vacant, adopt, Live),
    ]
}

/// The build is taken and its answer is lost, so that its machine has to be searched for.
fn create_answer_lost(bench: &mut Bench) -> Result<OperationId, Broken> {
    bench.give(BUILD, Fault::ResetAfter);
    create(bench)
}

/// Nothing comes of the first attempt, and nobody is told; a second one is made.
fn create_attempt_lost(bench: &mut Bench) -> Result<OperationId, Broken> {
    bench.give(BUILD, Fault::TimeoutBefore);
    create(bench)
}

/// The first attempt's machine has yet to appear, the second one's is delivered.
fn late_machine(bench: &mut Bench) -> Result<(), Broken> {
    bench.give(BUILD, Fault::EffectLater { seconds: 3_600 });
    bench.live()
}

/// A machine that has come through its first run.
fn running(bench: &mut Bench) -> Result<(), Broken> {
    bench.live()?;
    pass(bench);
    Ok(())
}

/// What was done a moment ago is so long ago that no reading of the past is from before it.
fn pass(bench: &mut Bench) {
    bench.now = bench.now + std::time::Duration::from_secs(120);
}

fn deaf(bench: &mut Bench) -> Result<(), Broken> {
    running(bench)?;
    on_machine(
        bench,
        |machine| json!({ "do": "ignore_shutdown", "machine": machine, "ignore": true }),
    )
}

fn with_policies(bench: &mut Bench) -> Result<(), Broken> {
    running(bench)?;
    for _ in 0..2 {
        on_machine(bench, |machine| json!({ "do": "add_policy", "machine": machine }))?;
    }
    pass(bench);
    Ok(())
}

fn trashed(bench: &mut Bench) -> Result<(), Broken> {
    running(bench)?;
    on_machine(bench, |machine| json!({ "do": "trash", "machine": machine }))?;
    pass(bench);
    Ok(())
}

fn suspended_and_trashed(bench: &mut Bench) -> Result<(), Broken> {
    bench.suspended()?;
    on_machine(bench, |machine| json!({ "do": "trash", "machine": machine }))?;
    pass(bench);
    Ok(())
}

/// What a person does to the service's machine.
fn on_machine(bench: &mut Bench, what: impl Fn(&str) -> serde_json::Value) -> Result<(), Broken> {
    let linked = bench.linked().ok_or("the service has no machine")?;
    act(bench, what(&linked.id))
}

fn act(bench: &mut Bench, action: serde_json::Value) -> Result<(), Broken> {
    bench.site.act(bench.now, action).map(drop)
}
