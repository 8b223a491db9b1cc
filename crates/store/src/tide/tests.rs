//! Whichever write a crash comes before, a database is not mistaken for a restored one; a restored one always is.

use std::path::PathBuf;

use super::*;
use crate::tests::Bench;

struct Beach {
    bench: Bench,
    file: PathBuf,
}

impl Beach {
    /// A database that was marked at its first start.
    async fn marked() -> Self {
        let bench = Bench::new().await;
        let file = bench.fresh.directory.path().join("tide");
        assert_eq!(bench.store().check_tide(&file).await.unwrap(), Tide::Fresh);
        bench.store().mark_tide(&file).await.unwrap();
        Self { bench, file }
    }

    fn store(&self) -> &Store {
        self.bench.store()
    }

    async fn tide(&self) -> Tide {
        self.store().check_tide(&self.file).await.unwrap()
    }

    async fn why(&self) -> String {
        match self.tide().await {
            Tide::Behind { why } => why,
            other => panic!("a restored database passed for {other:?}"),
        }
    }

    async fn marks(&self) -> TideFile {
        read(&self.file).await.unwrap().unwrap().unwrap()
    }

    /// The name and value of the database's mark, to be put back as a restored copy has it.
    async fn copy(&self) -> (String, String) {
        let name = self.store().mark_name(&self.marks().await);
        let mark = self.store().meta(&name).await.unwrap().unwrap();
        (name, mark)
    }
}

#[tokio::test]
async fn a_crash_before_any_of_the_writes_of_a_mark_is_no_restored_database() {
    let beach = Beach::marked().await;
    assert_eq!(beach.tide().await, Tide::Same);
    // The file knows both, the database the former one.
    let marks = beach.store().announce_tide(&beach.file).await.unwrap();
    assert_eq!(marks.marks.len(), 2);
    assert_eq!(beach.tide().await, Tide::Same);
    // A start right after that crash, which may crash at the same point.
    let marks = beach.store().announce_tide(&beach.file).await.unwrap();
    assert_eq!(beach.tide().await, Tide::Same);
    // The database has the new one, the file still knows both.
    beach.store().raise_tide(&marks).await.unwrap();
    assert_eq!(beach.tide().await, Tide::Same);
    // The file knows the new one alone.
    settle_tide(&beach.file, marks).await.unwrap();
    assert_eq!(beach.tide().await, Tide::Same);
    assert_eq!(beach.marks().await.marks.len(), 1);
    let reopened = beach.bench.reopen().await;
    assert_eq!(
        reopened.store().check_tide(&beach.file).await.unwrap(),
        Tide::Same
    );
}

#[tokio::test]
async fn the_first_mark_survives_a_crash_at_each_point_too() {
    let bench = Bench::new().await;
    let file = bench.fresh.directory.path().join("tide");
    let marks = bench.store().announce_tide(&file).await.unwrap();
    assert_eq!(bench.store().check_tide(&file).await.unwrap(), Tide::Fresh);
    bench.store().raise_tide(&marks).await.unwrap();
    assert_eq!(bench.store().check_tide(&file).await.unwrap(), Tide::Same);
}

#[tokio::test]
async fn mx_101_a_database_that_was_restored_behind_our_back_is_recognised() {
    let beach = Beach::marked().await;
    let (name, older) = beach.copy().await;
    beach.store().mark_tide(&beach.file).await.unwrap();
    beach.store().set_meta(&name, &older).await.unwrap();
    assert!(beach.why().await.contains("restored from a copy"));

    // Also where the copy was restored between the writes of the next mark.
    let beach = Beach::marked().await;
    let (name, older) = beach.copy().await;
    beach.store().mark_tide(&beach.file).await.unwrap();
    let marks = beach.store().announce_tide(&beach.file).await.unwrap();
    beach.store().set_meta(&name, &older).await.unwrap();
    assert!(beach.why().await.contains("restored from a copy"));
    beach.store().raise_tide(&marks).await.unwrap();
    assert_eq!(beach.tide().await, Tide::Same);
}

#[tokio::test]
async fn a_database_without_a_mark_where_a_marked_one_was_is_behind() {
    let beach = Beach::marked().await;
    let other = Bench::new().await;
    let tide = other.store().check_tide(&beach.file).await.unwrap();
    assert!(matches!(tide, Tide::Behind { .. }), "{tide:?}");
}

#[tokio::test]
async fn a_marked_database_without_its_file_came_from_elsewhere_unless_nodes_share_it() {
    let beach = Beach::marked().await;
    fs::remove_file(&beach.file).unwrap();
    if beach.store().is_shared() {
        assert_eq!(beach.tide().await, Tide::Fresh, "a node that is new");
    } else {
        assert!(beach.why().await.contains("came from elsewhere"));
    }
    fs::write(&beach.file, "{ cut off").unwrap();
    assert!(beach.why().await.contains("cannot be read"));
    beach.store().mark_tide(&beach.file).await.unwrap();
    assert_eq!(beach.tide().await, Tide::Same, "the next mark mends the file");
}

#[tokio::test]
async fn a_failed_write_of_the_file_leaves_the_database_unmarked() {
    let beach = Beach::marked().await;
    let before = beach.copy().await;
    let nowhere = beach.file.join("no/folder");
    assert!(beach.store().mark_tide(&nowhere).await.is_err());
    assert_eq!(beach.copy().await, before);
    assert_eq!(beach.tide().await, Tide::Same);
}

#[test]
fn another_server_or_timeline_is_behind_and_an_unknown_one_is_not() {
    let server = |system: &str, timeline| Server {
        system: system.to_owned(),
        timeline,
    };
    let marks = TideFile {
        server: Some(server("7", 1)),
        ..TideFile::default()
    };
    assert_eq!(marks.compare(Some(&server("7", 1))), Tide::Same);
    assert_eq!(marks.compare(None), Tide::Same);
    assert_eq!(TideFile::default().compare(Some(&server("7", 1))), Tide::Same);
    for (other, said) in [
        (server("8", 1), "another PostgreSQL server"),
        (server("7", 2), "from timeline 1 to 2"),
    ] {
        let Tide::Behind { why } = marks.compare(Some(&other)) else {
            panic!("{other:?} passed")
        };
        assert!(why.contains(said), "{why}");
    }
}

#[tokio::test]
async fn the_server_of_a_shared_database_is_written_down() {
    let beach = Beach::marked().await;
    let server = beach.marks().await.server;
    assert_eq!(server.is_some(), beach.store().is_shared());
    let Some(server) = server else { return };
    let mut marks = beach.marks().await;
    marks.server = Some(Server {
        timeline: server.timeline + 1,
        ..server
    });
    write(&beach.file, &marks).await.unwrap();
    assert!(beach.why().await.contains("timeline"));
}
