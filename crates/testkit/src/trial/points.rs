//! Every step twice, every request struck, a death at every point.

use super::scene::Scene;
use super::site::Subject;
use super::trouble::{Death, Disturbance};
use super::verdict::End;
use super::{Failure, run};

/// The undisturbed trial of a scene, and what can disturb it.
#[derive(Debug)]
pub struct Points {
    /// How it ends undisturbed.
    pub baseline: End,
}

impl Points {
    /// Runs the scene undisturbed.
    pub fn of(subject: &'static dyn Subject, scene: &Scene) -> Result<Self, Box<Failure>> {
        let baseline = run(subject, scene, &Disturbance::None)?;
        Ok(Self { baseline })
    }

    /// Every step is looked at twice, every step that may be repeated is sent twice, and where the operation changes a
    /// machine all of them are looked at once more when the last is done. (Where it waits for something to appear, a
    /// second wait would wait for another thing.)
    pub fn again(&self, scene: &Scene) -> Vec<Disturbance> {
        let mut all = Vec::new();
        for (step, at_will) in &self.baseline.steps {
            for act in [false, true] {
                if !act || *at_will {
                    let step = step.clone();
                    all.push(Disturbance::Again { step, act });
                }
            }
        }
        if scene.kind.changes() {
            all.push(Disturbance::AllAgain);
        }
        all
    }

    /// A death before and after each commit, and after each request has left.
    pub fn deaths(&self) -> Vec<Disturbance> {
        let commits =
            (0..self.baseline.commits).flat_map(|n| [Death::BeforeCommit(n), Death::AfterCommit(n)]);
        let sends = (0..self.baseline.requests.len()).map(Death::AfterSend);
        commits.chain(sends).map(Disturbance::Kill).collect()
    }

    /// Each request struck by each fault: the fault's number and what it does. Requests that the scene itself strikes
    /// are left out.
    pub fn strikes(&self, faults: &[(&'static str, sim::fault::Fault)]) -> Vec<(usize, Disturbance)> {
        let free = self.baseline.requests.iter().enumerate();
        let free: Vec<usize> = free
            .filter(|(at, _)| !self.baseline.given.contains(at))
            .map(|(at, _)| at)
            .collect();
        faults
            .iter()
            .enumerate()
            .flat_map(|(number, (_, fault))| {
                free.iter().map(move |at| {
                    let fault = fault.clone();
                    (number, Disturbance::Once { at: *at, fault })
                })
            })
            .collect()
    }
}
