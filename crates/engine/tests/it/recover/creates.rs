//! Creates that were under way when the backup was made count as unknown.

use domain::Clock;
use domain::record::{CreateProtocol, QuestionKind, ServiceStatus, Standing};
use testkit::rig::{Rig, RigOptions};

use super::*;

/// A rig whose engine has taken an order and not begun with it.
async fn ordered(protocol: CreateProtocol, service: u64) -> (Rig, OperationId) {
    let mut rig = Rig::with(RigOptions {
        protocol,
        ..RigOptions::default()
    })
    .await;
    rig.stop().await;
    let operation = create(&rig, service).await;
    (rig, operation)
}

#[tokio::test]
async fn mx_101_a_create_that_has_made_its_machine_since_goes_on_with_it() {
    for protocol in [CreateProtocol::Staging, CreateProtocol::List] {
        let (mut rig, operation) = ordered(protocol, 701).await;
        let mut billing = Billing::default();
        billing.waits_for(701, client_of(701));
        let saved = rig.save().await;
        rig.restart().await;
        succeeds(&rig, operation).await;
        let machine = machine_of(&rig, 701).await;
        rig.clock.advance(HOUR);
        rig.panel.clear_calls();

        rig.put_back(&saved).await;
        in_recovery(&rig).await;
        billing.sends_all(&rig).await;
        rig.pass(A_WHILE).await;
        // No copy of the link had been told: that the machine bears the hostname is no proof.
        let report = put_right(&rig).await;
        assert_eq!(unsure(&report), ["main/701"], "{}", words(&report));
        assert!(
            words(&report).contains(&machine.to_string()),
            "{}",
            words(&report)
        );
        end_is_refused(&rig, &["may have made machine"]).await;
        link(&rig, 701, machine).await;
        end(&rig).await.expect("everything is decided");
        succeeds(&rig, operation).await;
        one_machine_each(&rig, &[701]).await;
        an_hour_passes(&rig).await;
        assert_eq!(rig.panel.totals(rig.clock.now()).servers_created, 1, "{protocol}");
        assert_eq!(rig.panel.totals(rig.clock.now()).builds, 1, "{protocol}");
    }
}

#[tokio::test]
async fn mx_101_a_create_is_given_the_machine_that_the_copy_names_without_a_question() {
    let (mut rig, operation) = ordered(CreateProtocol::Staging, 701).await;
    let mut billing = Billing::default();
    let saved = rig.save().await;
    rig.restart().await;
    succeeds(&rig, operation).await;
    billing.hears(&rig, 701, ServiceStatus::Active).await;
    rig.clock.advance(HOUR);
    rig.panel.clear_calls();

    rig.put_back(&saved).await;
    in_recovery(&rig).await;
    billing.sends_all(&rig).await;
    rig.until("its accounts to be read", MINUTES, async |rig: &Rig| {
        recover(rig, false).await.unsure.is_empty().then_some(())
    })
    .await;
    put_right(&rig).await;
    end(&rig).await.expect("nothing is unsure");
    succeeds(&rig, operation).await;
    one_machine_each(&rig, &[701]).await;
    assert_eq!(rig.changes(), Vec::<String>::new());
}

#[tokio::test]
async fn mx_101_a_create_of_which_nothing_is_found_is_sent_only_after_its_absence_is_proven() {
    let (mut rig, operation) = ordered(CreateProtocol::Staging, 701).await;
    let mut billing = Billing::default();
    billing.waits_for(701, client_of(701));
    let saved = rig.save().await;
    rig.clock.advance(HOUR);
    rig.put_back(&saved).await;
    in_recovery(&rig).await;
    let began = rig.engine.recovering().expect("it is under way");
    billing.sends_all(&rig).await;
    let report = put_right(&rig).await;
    assert_eq!(
        (report.unknown_creates.as_slice(), report.unsure.len()),
        (&["main/701".to_owned()][..], 0)
    );
    end(&rig).await.expect("nothing is unsure");
    rig.pass(Duration::from_secs(540)).await;
    assert!(rig.clock.now() < began + Duration::from_secs(600));
    assert_eq!(
        rig.panel.totals(rig.clock.now()).servers_created,
        0,
        "it is looked for"
    );
    succeeds(&rig, operation).await;
    one_machine_each(&rig, &[701]).await;
    assert_eq!(rig.panel.totals(rig.clock.now()).servers_created, 1);
}

#[tokio::test]
async fn mx_101_under_the_list_protocol_nothing_is_sent_again_without_a_person() {
    let (mut rig, operation) = ordered(CreateProtocol::List, 701).await;
    let mut billing = Billing::default();
    billing.waits_for(701, client_of(701));
    let saved = rig.save().await;
    rig.clock.advance(HOUR);
    rig.put_back(&saved).await;
    in_recovery(&rig).await;
    billing.sends_all(&rig).await;
    put_right(&rig).await;
    end(&rig).await.expect("nothing is unsure");
    let question = rig
        .until("the question", HOUR, async |rig: &Rig| {
            rig.view(701).await.questions.first().cloned()
        })
        .await;
    assert_eq!(question.kind, QuestionKind::UnsettledCreate);
    assert_eq!(rig.panel.totals(rig.clock.now()).servers_created, 0);
    rig.engine
        .answer(question.id, "send-again", &person())
        .await
        .expect("the answer is taken");
    succeeds(&rig, operation).await;
    assert_eq!(rig.panel.totals(rig.clock.now()).servers_created, 1);
}

#[tokio::test]
async fn mx_101_a_create_never_gets_a_machine_in_the_account_of_somebody_else() {
    for protocol in [CreateProtocol::Staging, CreateProtocol::List] {
        let mut rig = Rig::with(RigOptions {
            protocol,
            ..RigOptions::default()
        })
        .await;
        let mut billing = Billing::default();
        live(&rig, &mut billing, &[520]).await;
        let theirs = machine_of(&rig, 520).await;
        let books_before = books(&rig);
        rig.stop().await;
        let operation = create(&rig, 701).await;
        billing.waits_for(701, client_of(701));
        let saved = rig.save().await;
        rig.clock.advance(HOUR);
        rig.put_back(&saved).await;
        in_recovery(&rig).await;
        // The link to it is forgotten, and the copies have been mixed up.
        billing.names(701, theirs);
        let view = rig.view(520).await;
        let mut unlinked = view.link.expect("a link");
        unlinked.closed_at = Some(rig.clock.now());
        let commit = domain::Commit {
            changes: vec![domain::Change::PutLink(unlinked)],
            ..domain::Commit::default()
        };
        rig.engine
            .store()
            .commit(commit)
            .await
            .expect("the store takes it");
        billing.0.remove(&520);
        billing.sends_all(&rig).await;
        rig.pass(A_WHILE).await;
        let report = recover(&rig, true).await;
        assert!(
            unsure(&report).contains(&"main/701".to_owned()),
            "{protocol}: {}",
            words(&report)
        );
        assert_eq!(rig.view(701).await.link, None);
        let refused = try_link(&rig, 701, theirs).await.expect_err("it is not his");
        assert!(refused.to_string().contains("account"), "{refused}");
        assert_eq!(rig.view(701).await.link, None);
        none(&rig, 701).await;
        link(&rig, 520, theirs).await;
        put_right(&rig).await;
        end(&rig).await.expect("everything is decided");
        rig.until("the old service to be in use", MINUTES, async |rig: &Rig| {
            (rig.view(520).await.service.standing == Standing::Live).then_some(())
        })
        .await;
        an_hour_passes(&rig).await;
        assert_eq!(books(&rig)[..1], books_before[..], "{protocol}");
        match protocol {
            CreateProtocol::Staging => succeeds(&rig, operation).await,
            CreateProtocol::List => {
                let state = rig.engine.operation(operation).await.expect("it exists").state;
                assert_eq!(state, OperationState::Asking);
            }
        }
        assert_eq!(books(&rig)[..1], books_before[..], "{protocol}");
        let made = rig.panel.totals(rig.clock.now()).servers_created;
        assert_eq!(made, 1 + u64::from(protocol == CreateProtocol::Staging));
    }
}
