//! Rules about effects.

use domain::record::{Effect, EffectBody};

use super::super::world::World;
use super::Held;

/// Effects are carried out in their order per service, and each at most once.
pub fn carried_out(world: &mut World, effect: &Effect) -> Result<(), Held> {
    let (id, kind) = (effect.id, effect.body.kind());
    let times = world.billing.desk.carried_out.get(&id).copied().unwrap_or(0);
    if times > 1 {
        return Err(Held::of(
            "effects-single",
            format!("{kind} {id} was carried out {times} times"),
        ));
    }
    let Some((_, billing_id)) = effect.service else {
        return Ok(());
    };
    let last = world.checker.last_effect.entry(billing_id).or_default();
    if effect.sequence <= *last {
        return Err(Held::of(
            "effects-in-order",
            format!("{kind} {id} of service {billing_id} came after number {last}"),
        ));
    }
    *last = effect.sequence;
    one_machine_billed(world, effect, billing_id)
}

/// At most one machine is billed: the copy of the link names another machine only after the one before was let go.
fn one_machine_billed(world: &World, effect: &Effect, billing_id: u64) -> Result<(), Held> {
    let EffectBody::SetLink {
        resource_id: Some(new),
        ..
    } = &effect.body
    else {
        return Ok(());
    };
    let account = world.billing.accounts.get(&billing_id);
    match account.and_then(|account| account.link.as_ref()) {
        Some(old) if old != new => {
            let exists = old
                .parse()
                .ok()
                .and_then(|id| world.stage.made.get(&id))
                .is_some_and(|made| made.exists);
            if exists {
                return Err(Held::of(
                    "one-machine-billed",
                    format!("service {billing_id} is billed for {old} and then for {new}"),
                ));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// At most one welcome mail per service and generation.
pub fn mailed(world: &mut World, billing_id: u64, generation: u32) -> Result<(), Held> {
    let mails = world.billing.mails.entry((billing_id, generation)).or_default();
    *mails += 1;
    if *mails > 1 {
        return Err(Held::of(
            "one-welcome-mail",
            format!("service {billing_id} got {mails} welcome mails in generation {generation}"),
        ));
    }
    Ok(())
}
