use std::collections::BTreeSet;

use super::*;

fn board() -> Board {
    Board::new(Round::new(None, BTreeSet::new()), &[])
}

fn tally(silent: usize, spared: usize) -> Tally {
    Tally {
        answered: 0,
        silent,
        spared,
    }
}

#[test]
fn a_round_is_good_that_learned_something_or_had_nothing_to_learn() {
    let nothing = Learned::default();
    assert_eq!(nothing.worth(tally(0, 0)), Worth::Good);
    let kept = Learned {
        kept: 1,
        unkept: Some("no number".to_owned()),
        rests: true,
        ..Learned::default()
    };
    assert_eq!(kept.worth(tally(1, 1)), Worth::Good);
    let listed = Learned {
        listing: Some(Duration::ZERO),
        rests: true,
        ..Learned::default()
    };
    assert_eq!(listed.worth(tally(1, 1)), Worth::Good);
}

#[test]
fn a_round_in_vain_says_why_and_one_that_asked_nobody_says_nothing() {
    let unkept = Learned {
        unkept: Some("no number".to_owned()),
        ..Learned::default()
    };
    let why = "no answer could be kept: no number".to_owned();
    assert_eq!(unkept.worth(tally(1, 1)), Worth::Vain(why));
    let nothing = Learned::default();
    assert!(matches!(nothing.worth(tally(1, 0)), Worth::Vain(why) if why.contains("hypervisor")));
    assert_eq!(nothing.worth(tally(0, 1)), Worth::Idle);
    let rests = Learned {
        rests: true,
        ..Learned::default()
    };
    assert_eq!(rests.worth(tally(0, 0)), Worth::Idle);
}

#[test]
fn the_pages_of_a_list_add_up_and_a_round_that_was_cut_short_lists_nothing() {
    let whole = board();
    assert_eq!(whole.end().map(|ended| ended.listing), Ok(None));
    whole.note_page(Duration::from_secs(2));
    whole.note_page(Duration::from_secs(3));
    let listing = whole.end().map(|ended| ended.listing);
    assert_eq!(listing, Ok(Some(Duration::from_secs(5))));

    let cut = board();
    cut.note_page(Duration::from_secs(2));
    cut.fail("503".to_owned());
    cut.fail("429".to_owned());
    assert_eq!(cut.end(), Err("503".to_owned()), "the first reason counts");
    let ended = board();
    ended.round().end();
    assert!(ended.end().is_err());
}
