use super::*;

#[test]
fn billing_systems_and_browsers_find_their_language() {
    let words = Words::load().unwrap();
    for wanted in [
        "english",
        "English",
        "en-GB",
        "en_us",
        "en;q=0.9,de",
        "klingon",
        "",
    ] {
        assert_eq!(words.language(wanted), "en", "{wanted}");
    }
}

#[test]
fn plural_forms_follow_the_number_and_no_marks_are_put_around_it() {
    let words = Words::load().unwrap();
    let say = |n: i64| {
        let mut arguments = FluentArgs::new();
        arguments.set("n", n);
        words.say("en", "ago-minutes", &arguments).unwrap()
    };
    assert_eq!(say(1), "1 minute ago");
    assert_eq!(say(3), "3 minutes ago");
}

#[test]
fn a_message_that_nobody_has_is_not_made_up() {
    let words = Words::load().unwrap();
    assert_eq!(words.say("en", "no-such-message", &FluentArgs::new()), None);
    // An argument that the message needs and does not get is a fault as well.
    assert_eq!(words.say("en", "ago-minutes", &FluentArgs::new()), None);
}
