//! What a name server answers: whatever it is, it is read or refused, and what is not there is never made up.

#![no_main]

use domain::http::{Outcome, Response};
use libfuzzer_sys::fuzz_target;
use rdns::powerdns::answer;
use rdns::{DnsName, Pointers};

const ZONE: &str = "113.0.203.in-addr.arpa.";

fuzz_target!(|answered: (u16, &str)| {
    let (status, body) = answered;
    let outcome = Outcome::Answered(Response {
        status,
        body: body.to_owned(),
        retry_after: None,
    });
    let zone: DnsName = ZONE.parse().expect("a name");
    let content = answer::whole(&outcome, &zone);
    if status != 200 {
        assert!(content.is_err(), "{content:?}");
        assert!(answer::zones(&outcome).is_err());
    }
    let record = format!("5.{ZONE}").parse().expect("a name");
    if let Some(Pointers::Held(set)) = content.ok().map(|content| content.at(&record)) {
        assert!(!set.targets().is_empty());
    }
    for words in [
        answer::ping(&outcome).err(),
        answer::zones(&outcome).err(),
        answer::changed(&outcome).err(),
        answer::notified(&outcome).err(),
    ]
    .into_iter()
    .flatten()
    {
        assert!(words.to_string().chars().count() < 1_000, "a sentence and no page");
    }
});
