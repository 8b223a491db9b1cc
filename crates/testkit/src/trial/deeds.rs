//! What scenes of every platform begin with, and how they begin.

use std::time::Duration;

use domain::given::Reinstall;
use domain::http::RetryClass;
use domain::id::OperationId;
use domain::machine::PowerAction;
use domain::record::{OperationKind, Standing};
use engine::core::Intent;

use super::Broken;
use super::bench::{Bench, suspension};
use super::scene::{Scene, Variant};

/// Brings a service into a state.
pub(super) type Prepare = fn(&mut Bench) -> Result<(), Broken>;
/// Begins an operation.
pub(super) type Begin = fn(&mut Bench) -> Result<OperationId, Broken>;

/// A scene from its parts.
pub(super) const fn scene(
    name: &'static str,
    kind: OperationKind,
    variant: Variant,
    prepare: Prepare,
    begin: Begin,
    goal: Standing,
) -> Scene {
    Scene {
        name,
        kind,
        variant,
        prepare,
        begin,
        goal,
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "one of the ways to prepare, which may fail"
)]
pub(super) fn vacant(_: &mut Bench) -> Result<(), Broken> {
    Ok(())
}

pub(super) fn create(bench: &mut Bench) -> Result<OperationId, Broken> {
    let order = bench.order();
    bench.submit(Intent::Create(order))
}

pub(super) fn suspend(bench: &mut Bench) -> Result<OperationId, Broken> {
    bench.submit(suspension())
}

pub(super) fn unsuspend(bench: &mut Bench) -> Result<OperationId, Broken> {
    bench.submit(Intent::Unsuspend)
}

pub(super) fn terminate(bench: &mut Bench) -> Result<OperationId, Broken> {
    bench.submit(Intent::Terminate { window: None })
}

pub(super) fn terminate_later(bench: &mut Bench) -> Result<OperationId, Broken> {
    let window = Some(Duration::from_secs(1_800));
    bench.submit(Intent::Terminate { window })
}

pub(super) fn removed_by_hand(bench: &mut Bench) -> Result<(), Broken> {
    bench.live()?;
    bench.site.remove_client(bench.now);
    Ok(())
}

/// The order has left, and its answer is on its way.
pub(super) fn creating(bench: &mut Bench) -> Result<(), Broken> {
    create(bench)?;
    bench.run_until("the order leaves", |bench| {
        bench.sent.iter().any(|sent| sent.class == RetryClass::Creating)
    })
}

pub(super) fn open_removal(bench: &mut Bench) -> Result<OperationId, Broken> {
    let open = bench.open(OperationKind::RemoveStray);
    open.ok_or_else(|| "nothing watches what the first attempt made".to_owned())
}

pub(super) fn change_package(bench: &mut Bench) -> Result<OperationId, Broken> {
    let order = bench.subject.larger_order(bench.variant);
    bench.submit(Intent::ChangePackage(order))
}

pub(super) fn switched_off(bench: &mut Bench) -> Result<(), Broken> {
    bench.live()?;
    let off = power(bench, PowerAction::PowerOff)?;
    bench.finish(off)
}

pub(super) fn power(bench: &mut Bench, action: PowerAction) -> Result<OperationId, Broken> {
    bench.submit(Intent::Power(action))
}

pub(super) fn rename(bench: &mut Bench) -> Result<OperationId, Broken> {
    let name = "A better name".parse().expect("a name");
    bench.submit(Intent::Rename(name))
}

pub(super) fn reset_password(bench: &mut Bench) -> Result<OperationId, Broken> {
    bench.submit(Intent::ResetPassword)
}

pub(super) fn reset_account_password(bench: &mut Bench) -> Result<OperationId, Broken> {
    bench.submit(Intent::ResetAccountPassword)
}

pub(super) fn reinstall(bench: &mut Bench, how: Reinstall) -> Result<OperationId, Broken> {
    bench.submit(Intent::Reinstall(how))
}

pub(super) fn console(bench: &mut Bench, open: bool) -> Result<OperationId, Broken> {
    bench.submit(Intent::Console { open })
}

pub(super) fn refresh(bench: &mut Bench) -> Result<OperationId, Broken> {
    bench.submit(Intent::Refresh { live: true })
}

pub(super) fn sign_on(bench: &mut Bench) -> Result<OperationId, Broken> {
    bench.submit(Intent::SignOn)
}

pub(super) fn validate(bench: &mut Bench) -> Result<OperationId, Broken> {
    let order = bench.order();
    bench.submit(Intent::Validate(order))
}

pub(super) fn adopt(bench: &mut Bench) -> Result<OperationId, Broken> {
    let identity = bench.site.make(bench.now);
    bench.submit(Intent::Adopt(identity))
}
