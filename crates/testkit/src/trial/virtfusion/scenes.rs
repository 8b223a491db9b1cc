//! What is tried on VirtFusion panels.
//!
//! A machine that an operation needs is made under the list protocol, which leaves nothing behind that would be removed
//! a day later. Version 6 is tried where its answers differ: the package and the resources beyond it.

use domain::id::OperationId;
use domain::machine::PowerAction;
use domain::record::{OperationKind, Standing};
use sim::fault::Fault;

use super::{LIST, STAGING};
use crate::trial::Broken;
use crate::trial::bench::Bench;
use crate::trial::deeds::{
    adopt, change_package, close_console, create, creating, open_console, open_removal, power, refresh,
    removed_by_hand, scene, sign_on, suspend, switched_off, terminate, terminate_later, unsuspend, vacant,
    validate,
};
use crate::trial::scene::{Scene, Variant};

/// The staging protocol with everything that an order may have.
const FULL: Variant = Variant {
    full: true,
    ..STAGING
};

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

fn reads() -> Vec<Scene> {
    use OperationKind::{Adopt, Console, Refresh, SignOn, Validate};
    use Standing::Live;
    vec![
        scene("refresh", Refresh, LIST, Bench::live, refresh, Live),
        scene("validate", Validate, LIST, Bench::live, validate, Live),
        scene("sign on", SignOn, LIST, Bench::live, sign_on, Live),
        scene("open the console", Console, LIST, Bench::live, open_console, Live),
        scene(
            "open the console, the switch fails",
            Console,
            LIST,
            Bench::live,
            open_console_as_it_is,
            Live,
        ),
        scene(
            "close the console",
            Console,
            LIST,
            Bench::live,
            close_console,
            Live,
        ),
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

/// The panel does not switch, and is asked where the console is.
fn open_console_as_it_is(bench: &mut Bench) -> Result<OperationId, Broken> {
    let broken = Fault::ErrorBefore {
        status: 500,
        html: false,
    };
    bench.give("open_console", broken);
    open_console(bench)
}

fn open_closing(bench: &mut Bench) -> Result<OperationId, Broken> {
    let open = bench.open(OperationKind::CloseAccounts);
    open.ok_or_else(|| "nothing will remove the staging account".to_owned())
}
