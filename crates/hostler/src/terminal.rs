//! What goes to standard output and standard error, for the person or program that called.

use std::io::Write;

use serde_json::Value;

use crate::commands::Answer;

/// Prints a line. A reader that has gone away is no error: it has seen what it wanted.
pub fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints what is wrong.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "hostler: {text}");
}

/// Prints an answer in the form that was asked for.
pub fn show(answer: &Answer, json: bool) {
    if json {
        say(&pretty(&answer.value));
    } else {
        say(&answer.text);
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}
