//! Services in each situation that pages tell apart.

use std::sync::Arc;

use domain::case::ServiceView;
use domain::id::LinkId;
use domain::machine::{Machine, MachineStatus, Power};
use domain::observed::FactKind;
use domain::ports::CountingRandom;
use domain::record::{Link, LinkRole, OperationKind, OperationState, ProductPolicy, Standing};
use domain::{Fact, Moment};
use engine::{Hosting, Offers};

use super::super::ClientLive;
use super::{
    TEXT, fact, identity, installation, machine_with, now_of_samples, operation, platform, question, service,
};

pub(crate) fn live(now: Moment) -> ServiceView {
    let service = service(Standing::Live, now);
    let link = Link {
        id: LinkId::at(now, &CountingRandom::new(9)),
        service: service.id,
        generation: 1,
        platform: platform(now).id,
        role: LinkRole::Primary,
        resource: "instance".to_owned(),
        identity: identity(),
        opened_at: now,
        closed_at: None,
        close_reason: None,
    };
    ServiceView {
        service,
        installation: installation(now),
        platform: Some(platform(now)),
        attachment: None,
        link: Some(link),
        policy: ProductPolicy::default(),
        open: Vec::new(),
        recent: Vec::new(),
        questions: Vec::new(),
        machine: Some(fact(Fact::Known(machine_with(Fact::Known(Power::On))), now).into()),
    }
}

/// One service in each situation that pages tell apart.
pub(crate) fn views(now: Moment) -> Vec<ServiceView> {
    let mut views = Vec::new();
    for standing in Standing::ALL.iter().copied() {
        let mut view = live(now);
        view.service.standing = standing;
        views.push(view);
    }
    for value in [
        Fact::Absent,
        Fact::Unknown,
        Fact::Known(machine_with(Fact::Known(Power::Off))),
        Fact::Known(machine_with(Fact::Unknown)),
        Fact::Known(Machine {
            suspended: Fact::Known(true),
            ..machine_with(Fact::Unknown)
        }),
        Fact::Known(Machine {
            status: MachineStatus::Failed,
            ipv4: Vec::new(),
            ipv6: Vec::new(),
            ..machine_with(Fact::Unknown)
        }),
    ] {
        let mut view = live(now);
        view.machine = Some(fact(value, now).into());
        views.push(view);
    }
    let mut silent = live(now);
    silent
        .machine
        .iter_mut()
        .for_each(|fact| Arc::make_mut(fact).observed_at = now_of_samples());
    silent.service.hostname = None;
    views.push(silent);
    for kind in OperationKind::ALL.iter().copied().filter(|kind| kind.changes()) {
        for state in OperationState::ALL.iter().copied() {
            let mut view = live(now);
            let list = if state.is_final() {
                &mut view.recent
            } else {
                &mut view.open
            };
            list.push(operation(kind, state, now));
            if state == OperationState::Asking {
                view.questions.push(question(now));
            }
            views.push(view);
        }
    }
    views
}

/// What a platform may offer of what clients can see and ask for.
pub(crate) fn everything() -> Offers {
    Offers {
        acts: &[
            OperationKind::Power,
            OperationKind::SignOn,
            OperationKind::Rename,
            OperationKind::ResetPassword,
            OperationKind::ResetAccountPassword,
            OperationKind::Reinstall,
        ],
        facts: FactKind::ALL,
        ..Offers::default()
    }
}

/// A machine with everything that a platform may offer, in each state that pages tell apart.
pub(crate) fn offering(now: Moment) -> Vec<ClientLive> {
    let offers = Offers {
        console: true,
        login: true,
        states: true,
        ..Offers::default()
    };
    let screens = Offers {
        acts: &[OperationKind::Console],
        ..Offers::default()
    };
    let shown = ClientLive::new(&live(now), true, now);
    let mut all = vec![shown.offering(&live(now), screens, None, (true, true))];
    for (state, power) in [
        ("started", Fact::Known(Power::On)),
        ("stopped", Fact::Known(Power::Off)),
        ("shutting_down", Fact::Unknown),
        (TEXT, Fact::Unknown),
    ] {
        let mut machine = machine_with(power);
        machine.raw = serde_json::json!({ "state": state });
        let hosting = Hosting {
            user: Some(TEXT.to_owned()),
            ..Hosting::of(&machine)
        };
        let mut view = live(now);
        view.machine = Some(fact(Fact::Known(machine), now).into());
        for may in [true, false] {
            let live = ClientLive::new(&view, may, now);
            all.push(live.offering(&view, offers, Some(hosting.clone()), (may, may)));
        }
    }
    all
}
