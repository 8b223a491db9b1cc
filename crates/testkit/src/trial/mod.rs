//! Trials: one operation of one service under one disturbance, for every kind of operation, every request and every
//! fault.
//!
//! A trial puts a service into the state that an operation needs, on a platform that behaves. Then the operation runs
//! and is disturbed once: a request is struck by a fault, the engine dies between two of its moves, a step that was
//! done is looked at or sent again. Then the platform behaves, questions are answered by a person who takes half an
//! hour, and the trial runs until everything is settled. The engine's own decisions, a real driver and a simulated
//! platform play it on one thread under a virtual clock, so that the same trial ends the same way every time.
//!
//! * [`scene`]: what is tried: how the service comes into its state, how the operation begins, where it shall end.
//! * [`site`]: one kind of platform as a [`Subject`], with its scenes. Another driver adds a table like [`virtfusion`] or
//!   [`katapult`], nothing else: what scenes have in common is in `deeds`, the simulated platform is the kit's.
//! * [`trouble`]: what disturbs, and where it strikes.
//! * [`bench`](mod@bench): the engine in process: claims, moves, answers, deaths, a person, the billing system.
//! * [`rules`]: what must hold at every moment and at the end. No trial is judged by anything else.
//! * [`points`]: every step twice, every request struck, a death at every point.
//! * [`matrix`] runs every request under every fault, [`page`] writes `docs/fault-matrix.md`.
//!
//! **The invariant it guards**: whatever a platform answers and wherever the engine dies, an operation ends, or a
//! person is asked by its deadline, and nothing exists twice.
//!
//! Rejected: recorded ends to compare with (a recording accepts what was wrong when it was made), and random faults
//! (the simulation has them; here every point is visited).

pub mod bench;
mod deeds;
pub mod faults;
pub mod katapult;
pub mod matrix;
pub mod page;
pub mod points;
pub mod readings;
pub mod rules;
pub mod scene;
pub mod site;
pub mod trouble;
pub mod verdict;
pub mod virtfusion;

pub use bench::Bench;
pub use scene::{Scene, Variant};
pub use site::{Made, Site, Subject, Whose};
pub use trouble::{Death, Disturbance};
pub use verdict::{End, Settled};

/// Every kind of platform that a driver exists for.
pub fn subjects() -> [&'static dyn Subject; 2] {
    [&virtfusion::VirtFusionTrials, &katapult::KatapultTrials]
}

/// A rule that did not hold, in one sentence.
pub type Broken = String;

/// Runs one trial to its end and judges it. A trial that breaks a rule answers with the rule and the history.
pub fn run(
    subject: &'static dyn Subject,
    scene: &Scene,
    disturbance: &Disturbance,
) -> Result<End, Box<Failure>> {
    let mut bench = Bench::new(subject, scene);
    play(&mut bench, scene, disturbance).map_err(|rule| {
        // The same trial ends the same way, so that its history can be written the second time.
        let mut bench = Bench::new(subject, scene);
        bench.history = Some(Vec::new());
        let again = play(&mut bench, scene, disturbance).err();
        debug_assert_eq!(again.as_ref(), Some(&rule), "a trial replays exactly");
        Box::new(Failure {
            scene: scene.name,
            disturbance: disturbance.to_string(),
            rule,
            history: bench.history.unwrap_or_default(),
        })
    })
}

fn play(bench: &mut Bench, scene: &Scene, disturbance: &Disturbance) -> Result<End, Broken> {
    (scene.prepare)(bench)?;
    bench.arm(disturbance.clone());
    let operation = (scene.begin)(bench)?;
    bench.run_to_the_end(operation)?;
    let end = verdict::end(bench, operation);
    rules::at_the_end(bench, scene, disturbance, &end)?;
    Ok(end)
}

/// A trial that broke a rule.
#[derive(Debug)]
pub struct Failure {
    /// What was tried.
    pub scene: &'static str,
    /// What disturbed it.
    pub disturbance: String,
    /// What did not hold.
    pub rule: Broken,
    /// What happened, in order.
    pub history: Vec<String>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}, {}: {}", self.scene, self.disturbance, self.rule)?;
        for line in &self.history {
            writeln!(f, "  {line}")?;
        }
        Ok(())
    }
}
