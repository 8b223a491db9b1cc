//! The audit shows what was done to it.

use std::time::Duration;

use domain::Change;
use sea_orm::{ConnectionTrait, DbErr};

use super::Bench;
use crate::{AuditFilter, AuditProof, PageRequest, Store};

/// Subjects of the lines in the chain of `main`, which begins with its installation's line.
const SUBJECTS: [&str; 3] = ["a", "b", "c"];

impl Bench {
    async fn written(&self) {
        for subject in SUBJECTS {
            self.apply(vec![Change::Audit(self.line(subject))]).await.unwrap();
        }
    }

    async fn sealed() -> Self {
        let bench = Self::new().await;
        bench.written().await;
        bench.store().seal_audit(bench.now()).await.unwrap();
        let proof = bench.store().verify_audit().await.unwrap();
        assert_eq!(
            shape(&proof),
            [(String::new(), 1, None), ("main".to_owned(), 4, None)]
        );
        assert!(proof.is_whole());
        bench
    }
}

type Shape = (String, u64, Option<(i64, String)>);

fn shape(proof: &AuditProof) -> Vec<Shape> {
    let broken = |chain: &crate::ChainProof| chain.broken.clone().map(|line| (line.number, line.why));
    let chains = proof.chains.iter();
    chains
        .map(|chain| (chain.chain.clone(), chain.lines, broken(chain)))
        .collect()
}

async fn run(store: &Store, sql: &str) -> Result<(), DbErr> {
    store.db().execute_unprepared(sql).await.map(|_| ())
}

/// Does that to a sealed audit of four lines, and tells what is said of the chain: how many lines hold, and number,
/// whether it is named by its id, and reason of the first that does not.
async fn tampered(sql: &[&str]) -> (u64, i64, bool, String) {
    let bench = Bench::sealed().await;
    for statement in sql {
        run(bench.store(), statement).await.unwrap();
    }
    let proof = bench.store().verify_audit().await.unwrap();
    assert!(!proof.is_whole());
    let (chain, line) = proof.first_broken().unwrap();
    assert_eq!(chain.chain, "main", "the engine's own chain is not touched by it");
    assert_eq!(shape(&proof)[0], (String::new(), 1, None));
    (chain.lines, line.number, line.id.is_some(), line.why.clone())
}

#[tokio::test]
async fn gx_013_verification_names_the_first_broken_entry() {
    let bench = Bench::sealed().await;
    let lines = bench
        .store()
        .audit_lines(&AuditFilter::default(), &PageRequest::default())
        .await
        .unwrap();
    let b = lines.items.iter().find(|line| line.subject == "b").unwrap().id;
    run(
        bench.store(),
        "UPDATE audit SET detail = '{}' WHERE chain = 'main' AND sequence >= 3",
    )
    .await
    .unwrap();
    let proof = bench.store().verify_audit().await.unwrap();
    let (chain, line) = proof.first_broken().unwrap();
    assert_eq!((chain.chain.as_str(), chain.lines, line.number), ("main", 2, 3));
    assert_eq!(line.id, Some(b.to_string()));
    assert!(line.why.contains("not the line that was sealed"), "{}", line.why);
}

#[tokio::test]
async fn a_changed_line_is_noticed_in_every_column() {
    for change in [
        "subject = 'x'",
        "actor = '{}'",
        "action = 'x'",
        "detail = 'x'",
        "at = at + 1",
        "entry = entry + 1",
        "sealed_at = sealed_at + 1",
        "id = 'aud_x'",
        "hash = 'x'",
        "hash = NULL",
    ] {
        let sql = format!("UPDATE audit SET {change} WHERE chain = 'main' AND sequence = 3");
        let (holds, number, named, _) = tampered(&[&sql]).await;
        assert_eq!((holds, number, named), (2, 3, true), "{change}");
    }
}

#[tokio::test]
async fn a_removed_line_is_noticed() {
    let (holds, number, named, why) =
        tampered(&["DELETE FROM audit WHERE chain = 'main' AND sequence = 2"]).await;
    assert_eq!((holds, number, named), (1, 2, false));
    assert!(why.contains("the next one there is 3"), "{why}");
}

#[tokio::test]
async fn a_removed_line_whose_place_was_closed_is_noticed() {
    let (holds, number, named, _) = tampered(&[
        "DELETE FROM audit WHERE chain = 'main' AND sequence = 2",
        "UPDATE audit SET sequence = sequence - 1 WHERE chain = 'main' AND sequence > 2",
        "UPDATE audit_heads SET sequence = 3 WHERE chain = 'main'",
    ])
    .await;
    assert_eq!((holds, number, named), (1, 2, true));
}

#[tokio::test]
async fn an_inserted_line_is_noticed_in_the_middle_and_at_the_end() {
    const COPY: &str = "INSERT INTO audit SELECT 'aud_x', chain, entry, at, actor, action, 'x', detail, ";
    let middle = [
        "UPDATE audit SET sequence = 5 WHERE chain = 'main' AND sequence = 4",
        "UPDATE audit SET sequence = 4 WHERE chain = 'main' AND sequence = 3",
        &format!("{COPY} 3, sealed_at, hash FROM audit WHERE chain = 'main' AND sequence = 2"),
        "UPDATE audit_heads SET sequence = 5 WHERE chain = 'main'",
    ];
    assert_eq!(tampered(&middle).await.1, 3);
    let end = [
        format!("{COPY} 5, sealed_at, hash FROM audit WHERE chain = 'main' AND sequence = 4"),
        "UPDATE audit_heads SET sequence = 5 WHERE chain = 'main'".to_owned(),
    ];
    assert_eq!(tampered(&[&end[0], &end[1]]).await.1, 5);
    assert_eq!(tampered(&[&end[0]]).await.1, 5, "with the end as it was, too");
}

#[tokio::test]
async fn reordered_lines_are_noticed() {
    let (holds, number, ..) = tampered(&[
        "UPDATE audit SET sequence = 9 WHERE chain = 'main' AND sequence = 2",
        "UPDATE audit SET sequence = 2 WHERE chain = 'main' AND sequence = 3",
        "UPDATE audit SET sequence = 3 WHERE chain = 'main' AND sequence = 9",
    ])
    .await;
    assert_eq!((holds, number), (1, 2));
}

#[tokio::test]
async fn a_cut_end_is_noticed_also_where_the_whole_chain_went() {
    let (holds, number, named, why) =
        tampered(&["DELETE FROM audit WHERE chain = 'main' AND sequence >= 3"]).await;
    assert_eq!((holds, number, named), (2, 3, false));
    assert!(why.contains("its end says 4"), "{why}");
    let headless = tampered(&["DELETE FROM audit_heads WHERE chain = 'main'"]).await;
    assert_eq!((headless.0, headless.1), (4, 5));
    let nothing = tampered(&[
        "DELETE FROM audit WHERE chain = 'main'",
        "DELETE FROM audit_heads WHERE chain = 'main'",
    ])
    .await;
    assert_eq!((nothing.0, nothing.1), (0, 1));
    let shortened = tampered(&[
        "DELETE FROM audit WHERE chain = 'main' AND sequence = 4",
        "UPDATE audit_heads SET sequence = 3 WHERE chain = 'main'",
    ])
    .await;
    assert_eq!((shortened.0, shortened.1), (3, 4), "the end keeps the hash too");
}

#[tokio::test]
async fn a_line_moved_to_another_chain_is_noticed() {
    let bench = Bench::sealed().await;
    run(
        bench.store(),
        "UPDATE audit SET chain = '', sequence = 2 WHERE chain = 'main' AND sequence = 4",
    )
    .await
    .unwrap();
    let proof = bench.store().verify_audit().await.unwrap();
    let numbers: Vec<_> = shape(&proof)
        .into_iter()
        .map(|(_, lines, broken)| (lines, broken.unwrap().0))
        .collect();
    assert_eq!(numbers, [(1, 2), (3, 4)]);
}

#[tokio::test]
async fn lines_wait_unsealed_and_in_the_order_of_writing() {
    let bench = Bench::new().await;
    bench.written().await;
    let in_one = ["d", "e", "f"].map(|subject| Change::Audit(bench.line(subject)));
    bench.apply(in_one.to_vec()).await.unwrap();
    let store = bench.store();
    let fresh = store.verify_audit().await.unwrap();
    assert_eq!(
        (fresh.lines(), fresh.is_whole()),
        (0, true),
        "what was just written may wait"
    );
    bench.pass(Duration::from_secs(11));
    let waiting = store.verify_audit().await.unwrap();
    assert_eq!((waiting.unsealed, waiting.is_whole()), (8, false));
    assert_eq!(store.seal_audit(bench.now()).await.unwrap(), 8);
    assert_eq!(store.seal_audit(bench.now()).await.unwrap(), 0);
    let sealed = store.verify_audit().await.unwrap();
    assert!(sealed.is_whole());
    assert_eq!(sealed.chains[1].late, 7, "that they waited stays known");

    // Page by page, newest first, with the clock standing still.
    let (mut page, mut subjects) = (PageRequest::first(2), Vec::new());
    loop {
        let lines = store.audit_lines(&AuditFilter::default(), &page).await.unwrap();
        subjects.extend(lines.items.into_iter().map(|line| line.subject));
        let Some(next) = lines.next else { break };
        page = PageRequest::after(next, 2);
    }
    assert_eq!(subjects[..6], ["f", "e", "d", "c", "b", "a"]);
    assert_eq!(subjects.len(), 8);
}

#[tokio::test]
async fn two_that_write_and_seal_at_once_make_one_chain_per_installation() {
    let bench = Bench::new().await;
    let other = crate::testing::seed_installation(bench.store(), "other").await;
    let writers: Vec<_> = (0..40)
        .map(|n| {
            let (store, mut line, now) = (bench.store().clone(), bench.line(&n.to_string()), bench.now());
            if n % 2 == 0 {
                line.installation = Some(other.id.clone());
            }
            tokio::spawn(async move {
                store.audit(line).await?;
                store.seal_audit(now).await
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    bench.store().seal_audit(bench.now()).await.unwrap();
    let proof = bench.store().verify_audit().await.unwrap();
    let whole = [("", 1), ("main", 21), ("other", 21)].map(|(chain, lines)| (chain.to_owned(), lines, None));
    assert_eq!(shape(&proof), whole);
}

#[tokio::test]
async fn more_lines_than_one_portion_holds_are_sealed_whole_and_closing_seals_the_rest() {
    let bench = Bench::new().await;
    let many: Vec<_> = (0..450)
        .map(|n| Change::Audit(bench.line(&n.to_string())))
        .collect();
    bench.apply(many).await.unwrap();
    assert_eq!(bench.store().seal_audit(bench.now()).await.unwrap(), 452);
    bench.written().await;
    let bench = bench.reopen().await;
    let proof = bench.store().verify_audit().await.unwrap();
    assert_eq!((proof.lines(), proof.is_whole()), (455, true));
    bench.pass(Duration::from_secs(60));
    assert!(
        bench.store().verify_audit().await.unwrap().is_whole(),
        "nothing was left unsealed"
    );
}
