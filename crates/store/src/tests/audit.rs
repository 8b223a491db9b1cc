//! The audit shows what was done to it.

use domain::Change;
use sea_orm::ConnectionTrait;

use super::Bench;

async fn tampered(sql: &str) -> crate::AuditProof {
    let bench = Bench::new().await;
    for subject in ["a", "b", "c"] {
        bench
            .apply(vec![Change::Audit(bench.line(subject))])
            .await
            .unwrap();
    }
    let proof = bench.store().verify_audit().await.unwrap();
    // Two lines are those of the installation and the platform.
    assert_eq!((proof.lines, proof.broken), (5, None));
    bench.store().db().execute_unprepared(sql).await.unwrap();
    bench.store().verify_audit().await.unwrap()
}

#[tokio::test]
async fn a_changed_line_breaks_the_chain_where_it_stands() {
    let proof = tampered("UPDATE audit SET subject = 'x' WHERE sequence = 4").await;
    assert_eq!(proof.lines, 3);
    assert!(proof.broken.unwrap().contains("line 4"));
}

#[tokio::test]
async fn a_removed_line_breaks_the_chain() {
    let proof = tampered("DELETE FROM audit WHERE sequence = 3").await;
    assert_eq!(proof.lines, 2);
    assert!(proof.broken.unwrap().contains("line 4"));
}

#[tokio::test]
async fn a_cut_end_shows() {
    let proof = tampered("DELETE FROM audit WHERE sequence >= 4").await;
    assert_eq!(proof.lines, 3);
    assert!(proof.broken.unwrap().contains("head says 5"));
}

#[tokio::test]
async fn lines_written_at_once_form_one_chain() {
    let bench = Bench::new().await;
    let writers: Vec<_> = (0..20)
        .map(|n| {
            let (store, line) = (bench.store().clone(), bench.line(&n.to_string()));
            tokio::spawn(async move { store.audit(line).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    let proof = bench.store().verify_audit().await.unwrap();
    assert_eq!((proof.lines, proof.broken), (22, None));
}
