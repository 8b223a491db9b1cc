//! What answers a driver's requests.

use std::time::Duration;

use domain::http::{Outcome, Request};
use domain::{Moment, Secret};
use sim::fault::Fault;
use sim::virtfusion::{Panel, PanelConfig};

use crate::site::Site;

/// Answers requests, each after some time.
pub trait Wire {
    /// What becomes of a request that leaves at `now`, and how long that takes.
    fn exchange(&mut self, now: Moment, request: &Request) -> (Outcome, Duration);
}

/// A simulated VirtFusion panel in process.
#[derive(Debug)]
pub struct PanelWire<'a> {
    panel: &'a Panel,
    token: Secret,
}

impl<'a> PanelWire<'a> {
    /// Speaks to a panel with the token of all scopes.
    pub fn new(panel: &'a Panel) -> Self {
        Self {
            panel,
            token: Secret::new(PanelConfig::TOKEN),
        }
    }
}

impl Wire for PanelWire<'_> {
    fn exchange(&mut self, now: Moment, request: &Request) -> (Outcome, Duration) {
        self.panel.exchange(now, request, &self.token)
    }
}

/// Any simulated platform in process.
pub struct SiteWire<'a>(pub &'a dyn Site);

impl Wire for SiteWire<'_> {
    fn exchange(&mut self, now: Moment, request: &Request) -> (Outcome, Duration) {
        self.0.exchange(now, request)
    }
}

/// A simulated platform on which a fault strikes one request.
pub struct Striking<'a> {
    site: &'a dyn Site,
    at: usize,
    fault: Fault,
    requests: usize,
}

impl<'a> Striking<'a> {
    /// The fault strikes the request number `at`, counted from 0.
    pub const fn new(site: &'a dyn Site, at: usize, fault: Fault) -> Self {
        Self {
            site,
            at,
            fault,
            requests: 0,
        }
    }
}

impl Wire for Striking<'_> {
    fn exchange(&mut self, now: Moment, request: &Request) -> (Outcome, Duration) {
        if self.requests == self.at {
            self.site.strike(self.fault.clone());
        }
        self.requests += 1;
        let answer = self.site.exchange(now, request);
        self.site.calm();
        answer
    }
}

/// Loses the answer to one changing request, the effect included or not.
#[derive(Debug)]
pub struct Losing<W> {
    inner: W,
    at: usize,
    effect: bool,
    changes: usize,
}

impl<W: Wire> Losing<W> {
    /// Loses the answer to the changing request number `at`, counted from 0; with `effect` the request is carried out.
    pub const fn new(inner: W, at: usize, effect: bool) -> Self {
        Self {
            inner,
            at,
            effect,
            changes: 0,
        }
    }

    /// Whether the run came as far as the request that was to be lost.
    pub const fn has_struck(&self) -> bool {
        self.changes > self.at
    }
}

impl<W: Wire> Wire for Losing<W> {
    fn exchange(&mut self, now: Moment, request: &Request) -> (Outcome, Duration) {
        if !request.changes() {
            return self.inner.exchange(now, request);
        }
        self.changes += 1;
        if self.changes != self.at + 1 {
            return self.inner.exchange(now, request);
        }
        let after = Duration::from_secs(30);
        if self.effect {
            self.inner.exchange(now, request);
        }
        (Outcome::lost("the kit lost the answer"), after)
    }
}

/// A wire by reference, so that it can be looked at after the run.
impl<W: Wire> Wire for &mut W {
    fn exchange(&mut self, now: Moment, request: &Request) -> (Outcome, Duration) {
        (**self).exchange(now, request)
    }
}
