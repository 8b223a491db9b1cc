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

#[test]
fn billing_systems_name_languages_and_german_is_one_of_them() {
    let words = Words::load().unwrap();
    for wanted in [
        "german",
        "German",
        "deutsch",
        "de",
        "de-AT",
        "de_CH",
        "de,en;q=0.8",
    ] {
        assert_eq!(words.language(wanted), "de", "{wanted}");
    }
    assert_eq!(words.language("french"), "en", "until somebody adds it");
}

/// The arguments of every message of a file: names behind `$`, by the message's key.
fn messages(file: &str) -> BTreeMap<String, std::collections::BTreeSet<String>> {
    let text = Words::built_in(file).expect("a built-in file");
    let mut found = BTreeMap::<String, std::collections::BTreeSet<String>>::new();
    let mut key = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if !line.starts_with([' ', '}'])
            && let Some((name, _)) = line.split_once(" =")
        {
            name.clone_into(&mut key);
            found.entry(key.clone()).or_default();
        }
        for rest in line.split('$').skip(1) {
            let name: String = rest
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            found.entry(key.clone()).or_default().insert(name);
        }
    }
    found
}

#[test]
fn german_says_everything_that_english_says_with_the_same_arguments() {
    let (english, german) = (messages("en/client.ftl"), messages("de/client.ftl"));
    assert!(english.len() > 200, "{}", english.len());
    let missing: Vec<_> = english.keys().filter(|key| !german.contains_key(*key)).collect();
    let further: Vec<_> = german.keys().filter(|key| !english.contains_key(*key)).collect();
    assert_eq!((missing, further), (Vec::new(), Vec::new()));
    for (key, arguments) in &english {
        assert_eq!(arguments, &german[key], "{key}");
    }
}

#[test]
fn mx_116_an_operators_message_is_said_at_once_and_leaves_again() {
    let folder = tempfile::tempdir().unwrap();
    let words = Words::with(Some(folder.path())).unwrap();
    let none = FluentArgs::new();
    let say = |language: &str| {
        words.refresh();
        words.say(language, "power-boot", &none).unwrap()
    };
    assert_eq!(
        (say("en"), say("de")),
        ("Start".to_owned(), "Einschalten".to_owned())
    );
    let own = folder.path().join("locales/de");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("own.ftl"), "power-boot = An\n").unwrap();
    assert_eq!((say("en"), say("de")), ("Start".to_owned(), "An".to_owned()));
    std::fs::write(own.join("own.ftl"), "this is no message\n").unwrap();
    assert_eq!(say("de"), "Einschalten", "a broken file says nothing");
    assert_eq!(words.problems().len(), 1);
    std::fs::remove_file(own.join("own.ftl")).unwrap();
    assert_eq!(
        (say("de"), words.problems()),
        ("Einschalten".to_owned(), Vec::new())
    );
}

#[test]
fn an_operator_adds_a_whole_language() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("locales/fr");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("client.ftl"), "power-boot = Démarrer\n").unwrap();
    let words = Words::with(Some(folder.path())).unwrap();
    assert_eq!(words.language("french"), "fr");
    let say = |key: &str| words.say("fr", key, &FluentArgs::new()).unwrap();
    assert_eq!(say("power-boot"), "Démarrer");
    assert_eq!(
        say("power-restart"),
        "Restart",
        "what it lacks is said in English"
    );
}
