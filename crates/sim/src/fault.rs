//! Faults as data: rules that a test, a person or a simulation sets, aimed at an endpoint, bounded by a count and a
//! probability with a seed.

use std::time::Duration;

use domain::http::Method;
use domain::ports::CountingRandom;
use serde::{Deserialize, Serialize};

use crate::chance::unit;
use crate::wire::Incoming;

/// What goes wrong. "Before" means that the request has no effect, "after" that it has its whole effect first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The connection is refused.
    Refused,
    /// The connection is never established.
    ConnectTimeout,
    /// Nothing happens and no answer comes.
    TimeoutBefore,
    /// The effect happens and no answer comes.
    TimeoutAfter,
    /// No answer comes; the effect happens this much later.
    EffectLater {
        /// Seconds until the effect.
        seconds: u64,
    },
    /// The connection is reset and nothing happens.
    ResetBefore,
    /// The effect happens and the connection is reset.
    ResetAfter,
    /// The effect happens, the head and half of the body arrive, then the connection is reset.
    ResetMidBody,
    /// The effect happens and the body ends before its announced length.
    TruncatedBody,
    /// An error status with a JSON or HTML body, and nothing happens.
    ErrorBefore {
        /// The status.
        #[serde(default = "internal_error")]
        status: u16,
        /// Whether the body is HTML.
        #[serde(default)]
        html: bool,
    },
    /// An error status with a JSON or HTML body, although the effect happens.
    ErrorAfter {
        /// The status.
        #[serde(default = "internal_error")]
        status: u16,
        /// Whether the body is HTML.
        #[serde(default)]
        html: bool,
    },
    /// The effect happens at once, the whole answer comes late.
    Slow {
        /// Seconds until the first byte.
        seconds: u64,
    },
    /// The effect happens at once, the answer drips.
    SlowDrip {
        /// Seconds from the first to the last byte.
        seconds: u64,
    },
    /// The effect happens and the answer's JSON is cut off, with a matching length.
    TruncatedJson,
    /// The effect happens and the answer is no JSON, though it says so.
    InvalidJson,
    /// The effect happens and a success status carries an HTML page.
    HtmlAnswer,
    /// The effect happens (or not) and the answer has another success status and no body.
    WrongSuccess {
        /// The status.
        status: u16,
        /// Whether the effect happens.
        #[serde(default = "yes")]
        effect: bool,
    },
    /// What the request aims at is gone from the platform, as if removed by hand; the answer says so.
    TrueNotFound,
    /// The answer says that what the request aims at does not exist, which is false. Nothing happens.
    FalseNotFound,
    /// A 404 that names nothing. Nothing happens.
    BareNotFound,
    /// A conflict. Nothing happens.
    Conflict,
    /// What the request aims at is locked, for this and all changes, for a while. Nothing happens.
    Locked {
        /// Seconds that the lock lasts.
        seconds: u64,
    },
    /// Too many requests. Nothing happens.
    RateLimited {
        /// Whether and how the answer says when to come back.
        #[serde(default)]
        retry_after: RetryAfter,
    },
    /// The answer shows the state of this many seconds ago. A change of what was not there yet is refused, any other
    /// has its effect.
    StaleRead {
        /// Seconds.
        seconds: u64,
    },
    /// The answer is right, and is given once more to the next request of the same endpoint, whose own effect happens.
    DuplicatedAnswer,
    /// What the request creates gets the id of what was deleted last.
    IdReused,
    /// All dates in the answer are off by this much.
    ClockSkew {
        /// Seconds; negative for a clock that is slow.
        seconds: i64,
    },
}

const fn internal_error() -> u16 {
    500
}

const fn yes() -> bool {
    true
}

/// What a 429 says about coming back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// Nothing.
    #[default]
    Missing,
    /// A number of seconds.
    Seconds(u64),
    /// An HTTP date, this many seconds ahead.
    Date(u64),
}

/// A fault and when it strikes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// The endpoint's name (`create_server`); `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Only this method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// Only paths that end with this text (`/servers/7`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only requests with a parameter of this name (`remoteState`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// How many matching requests pass first.
    #[serde(default)]
    pub skip: u32,
    /// How often it strikes; `None` without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// The share of matching requests that it strikes, 0 to 1.
    #[serde(default = "always")]
    pub probability: f64,
    /// The seed of that share.
    #[serde(default)]
    pub seed: u64,
    /// What goes wrong.
    pub fault: Fault,
}

const fn always() -> f64 {
    1.0
}

impl FaultRule {
    /// Strikes every request of one endpoint.
    pub fn at(endpoint: &str, fault: Fault) -> Self {
        Self {
            endpoint: Some(endpoint.to_owned()),
            ..Self::anywhere(fault)
        }
    }

    /// Strikes every request.
    pub const fn anywhere(fault: Fault) -> Self {
        Self {
            endpoint: None,
            method: None,
            path: None,
            query: None,
            skip: 0,
            times: None,
            probability: 1.0,
            seed: 0,
            fault,
        }
    }

    /// Strikes the next request of one endpoint, once.
    pub fn once(endpoint: &str, fault: Fault) -> Self {
        Self {
            times: Some(1),
            ..Self::at(endpoint, fault)
        }
    }

    /// With this many matching requests that pass first.
    #[must_use]
    pub const fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// With a limit.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// With a share of the matching requests, drawn from a seed.
    #[must_use]
    pub const fn with_probability(mut self, probability: f64, seed: u64) -> Self {
        self.probability = probability;
        self.seed = seed;
        self
    }

    fn matches(&self, endpoint: &str, incoming: &Incoming) -> bool {
        self.endpoint.as_deref().is_none_or(|wanted| wanted == endpoint)
            && self.method.is_none_or(|wanted| wanted == incoming.method)
            && self
                .path
                .as_deref()
                .is_none_or(|wanted| incoming.path.ends_with(wanted))
            && self
                .query
                .as_deref()
                .is_none_or(|wanted| incoming.query.iter().any(|(name, _)| name == wanted))
    }
}

/// A rule that is set, with what it has done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaultState {
    /// Its id on the board.
    pub id: u64,
    /// The rule.
    pub rule: FaultRule,
    /// How many requests it matched.
    pub matched: u64,
    /// How many it struck.
    pub struck: u64,
}

#[derive(Debug)]
struct Armed {
    state: FaultState,
    random: CountingRandom,
}

/// The rules that are set. The first one that strikes wins.
#[derive(Debug, Default)]
pub struct FaultBoard {
    rules: Vec<Armed>,
    next: u64,
}

impl FaultBoard {
    /// Sets a rule and returns its id.
    pub fn add(&mut self, rule: FaultRule) -> u64 {
        self.next += 1;
        let random = CountingRandom::new(rule.seed);
        let state = FaultState {
            id: self.next,
            rule,
            matched: 0,
            struck: 0,
        };
        self.rules.push(Armed { state, random });
        self.next
    }

    /// Removes a rule; whether it was there.
    pub fn remove(&mut self, id: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|armed| armed.state.id != id);
        self.rules.len() < before
    }

    /// Removes all rules.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// The rules with their counts.
    pub fn list(&self) -> Vec<FaultState> {
        self.rules.iter().map(|armed| armed.state.clone()).collect()
    }

    /// The longest look back that a stale read may ask for.
    pub fn longest_look_back(&self) -> Duration {
        let seconds = self.rules.iter().map(|armed| match armed.state.rule.fault {
            Fault::StaleRead { seconds } => seconds,
            _ => 0,
        });
        Duration::from_secs(seconds.max().unwrap_or(0))
    }

    /// The fault that strikes this request, if any.
    pub fn strike(&mut self, endpoint: &str, incoming: &Incoming) -> Option<Fault> {
        for armed in &mut self.rules {
            let (rule, random) = (&armed.state.rule, &armed.random);
            if !rule.matches(endpoint, incoming) {
                continue;
            }
            armed.state.matched += 1;
            let passed = armed.state.matched <= u64::from(rule.skip);
            let spent = rule
                .times
                .is_some_and(|times| armed.state.struck >= u64::from(times));
            if passed || spent || !chance(random, rule.probability) {
                continue;
            }
            armed.state.struck += 1;
            return Some(rule.fault.clone());
        }
        None
    }
}

/// Draws once. A certain rule draws nothing, so that adding a seed to it changes nothing.
fn chance(random: &CountingRandom, probability: f64) -> bool {
    probability >= 1.0 || unit(random) < probability
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn request(path: &str) -> Incoming {
        Incoming {
            method: Method::Post,
            path: path.to_owned(),
            query: Vec::new(),
            headers: BTreeMap::new(),
            body: Vec::new(),
        }
    }

    #[test]
    fn a_rule_skips_then_strikes_a_bounded_number_of_times() {
        let mut board = FaultBoard::default();
        board.add(FaultRule::at("create", Fault::ResetAfter).after(1).times(2));
        let hits: Vec<bool> = (0..5)
            .map(|_| board.strike("create", &request("/x")).is_some())
            .collect();
        assert_eq!(hits, [false, true, true, false, false]);
        assert_eq!(board.strike("other", &request("/x")), None);
        assert_eq!(board.list()[0].struck, 2);
        assert_eq!(board.list()[0].matched, 5);
    }

    #[test]
    fn a_share_is_reproducible_and_near_its_size() {
        let run = |seed| -> Vec<bool> {
            let mut board = FaultBoard::default();
            board.add(FaultRule::anywhere(Fault::Conflict).with_probability(0.25, seed));
            (0..2000)
                .map(|_| board.strike("any", &request("/x")).is_some())
                .collect()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let hits = run(7).iter().filter(|hit| **hit).count();
        assert!((400..600).contains(&hits), "{hits}");
    }

    #[test]
    fn a_rule_can_aim_at_a_path_and_a_method() {
        let mut board = FaultBoard::default();
        let rule = FaultRule {
            path: Some("/servers/7".to_owned()),
            ..FaultRule::anywhere(Fault::Conflict)
        };
        board.add(FaultRule {
            method: Some(Method::Post),
            ..rule
        });
        assert!(board.strike("any", &request("/api/v1/servers/17")).is_none());
        assert!(board.strike("any", &request("/api/v1/servers/7")).is_some());
        let get = Incoming {
            method: Method::Get,
            ..request("/api/v1/servers/7")
        };
        assert!(board.strike("any", &get).is_none());
    }

    #[test]
    fn a_rule_can_aim_at_a_parameter() {
        let mut board = FaultBoard::default();
        board.add(FaultRule {
            query: Some("remoteState".to_owned()),
            ..FaultRule::anywhere(Fault::Conflict)
        });
        let with = |name: &str| Incoming {
            query: vec![(name.to_owned(), "true".to_owned())],
            ..request("/api/v1/servers/7")
        };
        assert!(board.strike("any", &with("results")).is_none());
        assert!(board.strike("any", &with("remoteState")).is_some());
    }

    #[test]
    fn rules_are_written_as_json_and_unknown_words_are_refused() {
        let rule: FaultRule = serde_json::from_str(
            r#"{"endpoint":"create_server","times":1,"fault":{"kind":"effect_later","seconds":600}}"#,
        )
        .unwrap();
        assert_eq!(
            rule,
            FaultRule::once("create_server", Fault::EffectLater { seconds: 600 })
        );
        let limited: Fault =
            serde_json::from_str(r#"{"kind":"rate_limited","retry_after":{"date":5}}"#).unwrap();
        assert_eq!(
            limited,
            Fault::RateLimited {
                retry_after: RetryAfter::Date(5)
            }
        );
        assert!(serde_json::from_str::<FaultRule>(r#"{"fault":{"kind":"gremlin"}}"#).is_err());
        assert!(serde_json::from_str::<FaultRule>(r#"{"when":"now","fault":{"kind":"refused"}}"#).is_err());
    }

    #[test]
    fn rules_can_be_removed() {
        let mut board = FaultBoard::default();
        let id = board.add(FaultRule::anywhere(Fault::StaleRead { seconds: 9 }));
        assert_eq!(board.longest_look_back(), Duration::from_secs(9));
        assert!(board.remove(id));
        assert!(!board.remove(id));
        assert!(board.list().is_empty());
    }
}
