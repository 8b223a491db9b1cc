use super::*;
use crate::context::Notice;

fn notice() -> Notice {
    Notice {
        status: 404,
        sentence: "not <b>here</b>".to_owned(),
        back: String::new(),
    }
}

fn words() -> Arc<Words> {
    Arc::new(Words::load().unwrap())
}

#[test]
fn an_operators_file_takes_effect_at_once_and_leaves_again() {
    let folder = tempfile::tempdir().unwrap();
    let templates = Templates::new(&words(), Some(folder.path()));
    let frame = Frame::sample();
    let built_in = templates.render(&frame, &notice()).unwrap();
    let own = folder.path().join("templates");
    std::fs::create_dir(&own).unwrap();
    std::fs::write(own.join("notice.html"), "Own: {{ page.sentence }}").unwrap();
    assert_eq!(
        templates.render(&frame, &notice()).unwrap(),
        "Own: not &lt;b&gt;here&lt;&#x2f;b&gt;"
    );
    std::fs::write(own.join("notice.html"), "Changed again").unwrap();
    assert_eq!(templates.render(&frame, &notice()).unwrap(), "Changed again");
    std::fs::remove_file(own.join("notice.html")).unwrap();
    assert_eq!(templates.render(&frame, &notice()).unwrap(), built_in);
}

#[test]
fn a_broken_own_template_is_reported_and_the_built_in_one_shown() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("templates");
    std::fs::create_dir(&own).unwrap();
    let templates = Templates::new(&words(), Some(folder.path()));
    let frame = Frame::sample();
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
    for broken in [
        "{{ page.no_such_thing }}",
        "{% if %}",
        "{{ t('no-such-message') }}",
        endless,
    ] {
        std::fs::write(own.join("notice.html"), broken).unwrap();
        assert!(
            templates
                .render(&frame, &notice())
                .unwrap()
                .contains("not &lt;b&gt;here")
        );
        let found = templates.check::<Notice>(&frame);
        assert_eq!(found.len(), 2, "{broken}");
        assert_eq!(found[0].template, "notice.html");
    }
    std::fs::write(own.join("notice.html"), "{{ page.sentence }}").unwrap();
    assert_eq!(templates.check::<Notice>(&frame), Vec::new());
}

#[test]
fn own_templates_reach_nothing_outside_their_folder() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("templates");
    std::fs::create_dir(&own).unwrap();
    std::fs::write(folder.path().join("secret.html"), "hunter2").unwrap();
    let templates = Templates::new(&words(), Some(folder.path()));
    for name in ["../secret.html", "/etc/passwd"] {
        std::fs::write(own.join("notice.html"), format!("{{% include \"{name}\" %}}")).unwrap();
        let html = templates.render(&Frame::sample(), &notice()).unwrap();
        assert!(html.contains("not &lt;b&gt;here"), "{html}");
    }
}
