//! What is tried on VirtFusion panels.
//!
//! A machine that an operation needs is made under the list protocol, which leaves nothing behind that would be removed
//! a day later. Version 6 is tried where its answers differ: the package and the resources beyond it.

use domain::given::Reinstall;
use domain::id::OperationId;
use domain::machine::PowerAction;
use domain::record::{OperationKind, Standing};
use sim::fault::Fault;

use super::{ANOTHER_SSH_KEY, LIST, STAGING};
use crate::trial::Broken;
use crate::trial::bench::{Bench, another_system};
use crate::trial::deeds::{
    adopt, change_package, console, create, creating, open_removal, power, refresh, reinstall,
    removed_by_hand, rename, reset_account_password, reset_password, scene, sign_on, suspend, switched_off,
    terminate, terminate_later, unsuspend, vacant, validate,
};
use crate::trial::scene::{Scene, Variant};

/// The staging protocol with everything that an order may have.
const FULL: Variant = Variant {
    full: true,
    ..STAGING
};

/// The list protocol, whose client has a key on the panel.
const WITH_KEY: Variant = Variant { full: true, ..LIST };

/// A panel of version 6.
const OLD: Variant = Variant {
    version: "v6",
    ..LIST
};

/// Every scene.
pub(super) fn all() -> Vec<Scene> {
    let mut all = creates();
    all.extend(holds());
    all.extend(ends());
    all.extend(changes());
    all.extend(acts());
    all.extend(reads());
    all
}

fn creates() -> Vec<Scene> {
    use OperationKind::Create;
    use Standing::Live;
    vec![
        scene("create, staging protocol", Create, STAGING, vacant, create, Live),
        scene("create, list protocol", Create, LIST, vacant, create, Live),
        scene("create with key and dry run", Create, FULL, vacant, create, Live),
        scene(
            "create, list protocol, answer lost",
            Create,
            LIST,
            vacant,
            create_answer_lost,
            Live,
        ),
        scene(
            "create, staging protocol, first attempt lost",
            Create,
            STAGING,
            vacant,
            create_attempt_lost,
            Live,
        ),
        scene("create after an end", Create, LIST, Bench::ended, create, Live),
    ]
}

fn holds() -> Vec<Scene> {
    use OperationKind::{Suspend, Unsuspend};
    vec![
        scene(
            "suspend",
            Suspend,
            LIST,
            Bench::live,
            suspend,
            Standing::Suspended,
        ),
        scene(
            "unsuspend",
            Unsuspend,
            LIST,
            Bench::suspended,
            unsuspend,
            Standing::Live,
        ),
        scene(
            "create inside the undo window",
            Unsuspend,
            LIST,
            Bench::in_undo_window,
            create,
            Standing::Live,
        ),
    ]
}

fn ends() -> Vec<Scene> {
    use OperationKind::{CloseAccounts, RemoveStray, Terminate};
    use Standing::Ended;
    vec![
        scene("terminate", Terminate, LIST, Bench::live, terminate, Ended),
        scene(
            "terminate a suspended service",
            Terminate,
            LIST,
            Bench::suspended,
            terminate,
            Ended,
        ),
        scene(
            "terminate with an undo window",
            Terminate,
            LIST,
            Bench::live,
            terminate_later,
            Ended,
        ),
        scene(
            "terminate what was removed by hand",
            Terminate,
            LIST,
            removed_by_hand,
            terminate,
            Ended,
        ),
        scene(
            "terminate during a create, staging protocol",
            Terminate,
            STAGING,
            creating,
            terminate,
            Ended,
        ),
        scene(
            "terminate during a create, list protocol",
            Terminate,
            LIST,
            creating,
            terminate,
            Ended,
        ),
        scene(
            "remove a late machine",
            RemoveStray,
            STAGING,
            late_machine,
            open_removal,
            Standing::Live,
        ),
        scene(
            "remove staging accounts",
            CloseAccounts,
            STAGING,
            Bench::live,
            open_closing,
            Standing::Live,
        ),
    ]
}

fn changes() -> Vec<Scene> {
    use OperationKind::{ChangePackage, Power};
    use Standing::Live;
    vec![
        scene(
            "change package, version 6",
            ChangePackage,
            OLD,
            Bench::live,
            change_package,
            Live,
        ),
        scene(
            "change package, version 7",
            ChangePackage,
            LIST,
            Bench::live,
            change_package,
            Live,
        ),
        scene(
            "boot",
            Power,
            LIST,
            switched_off,
            |bench| power(bench, PowerAction::Boot),
            Live,
        ),
        scene(
            "shut down",
            Power,
            LIST,
            Bench::live,
            |bench| power(bench, PowerAction::Shutdown),
            Live,
        ),
        scene(
            "power off",
            Power,
            LIST,
            Bench::live,
            |bench| power(bench, PowerAction::PowerOff),
            Live,
        ),
        scene(
            "restart",
            Power,
            LIST,
            Bench::live,
            |bench| power(bench, PowerAction::Restart),
            Live,
        ),
    ]
}

#[rustfmt::skip]
fn acts() -> Vec<Scene> {
    use OperationKind::{Console, Reinstall, Rename, ResetAccountPassword, ResetPassword};
    use Standing::Live;
    vec![
        scene("rename, version 6", Rename, OLD, Bench::live, rename, Live),
        scene("rename, version 7", Rename, LIST, Bench::live, rename, Live),
        scene("new password", ResetPassword, LIST, Bench::live, reset_password, Live),
        scene("new password of the account", ResetAccountPassword, LIST, Bench::live, reset_account_password, Live),
        scene("reinstall", Reinstall, LIST, Bench::live, |bench| reinstall(bench, another_system()), Live),
        scene("reinstall with keys", Reinstall, WITH_KEY, Bench::live, |bench| reinstall(bench, with_keys()), Live),
        scene("open the console", Console, LIST, Bench::live, |bench| console(bench, true), Live),
        scene("open the console, answer lost", Console, LIST, Bench::live, console_answer_lost, Live),
        scene("close the console", Console, LIST, Bench::live, |bench| console(bench, false), Live),
    ]
}

fn reads() -> Vec<Scene> {
    use OperationKind::{Adopt, Refresh, SignOn, Validate};
    use Standing::Live;
    vec![
        scene("refresh", Refresh, LIST, Bench::live, refresh, Live),
        scene("validate", Validate, LIST, Bench::live, validate, Live),
        scene("sign on", SignOn, LIST, Bench::live, sign_on, Live),
        scene("adopt", Adopt, LIST, vacant, adopt, Live),
    ]
}

/// The machine is made and its answer is lost, so that it has to be searched for.
fn create_answer_lost(bench: &mut Bench) -> Result<OperationId, Broken> {
    bench.give("create_server", Fault::ResetAfter);
    create(bench)
}

/// Nothing comes of the first attempt, and nobody is told; a second one is made.
fn create_attempt_lost(bench: &mut Bench) -> Result<OperationId, Broken> {
    bench.give("create_server", Fault::TimeoutBefore);
    create(bench)
}

/// The first attempt's machine has yet to appear, the second one's is delivered.
fn late_machine(bench: &mut Bench) -> Result<(), Broken> {
    bench.give("create_server", Fault::EffectLater { seconds: 3_600 });
    bench.live()
}

fn open_closing(bench: &mut Bench) -> Result<OperationId, Broken> {
    let open = bench.open(OperationKind::CloseAccounts);
    open.ok_or_else(|| "nothing will remove the staging account".to_owned())
}

/// The console is open and its answer is lost, so that it is read.
fn console_answer_lost(bench: &mut Bench) -> Result<OperationId, Broken> {
    bench.give("open_console", Fault::ResetAfter);
    console(bench, true)
}

/// Another system and hostname, the key that the client has and one that he does not have yet.
fn with_keys() -> Reinstall {
    Reinstall {
        hostname: "anew.example.test".to_owned().try_into().ok(),
        keys: vec!["1".to_owned()],
        new_key: Some(ANOTHER_SSH_KEY.to_owned()),
        ..another_system()
    }
}
