//! What every simulated platform offers by name, whatever its kind: requests in process, faults, calls, outages.

/// Gives a type with the fields `simulator` and `latency` that face, and makes it a
/// [`Platform`](crate::platform::Platform). `$base` is the path before a driver's own paths.
macro_rules! face {
    ($platform:ident, $base:expr) => {
        impl $platform {
            /// Answers one request as it came in.
            pub fn handle(
                &self,
                now: ::domain::Moment,
                incoming: &$crate::wire::Incoming,
            ) -> $crate::wire::Reply {
                $crate::platform::Platform::handle(&self.simulator, now, incoming)
            }

            /// Answers a driver's request in process: what a caller with the usual timeouts sees, and after how long.
            pub fn exchange(
                &self,
                now: ::domain::Moment,
                request: &::domain::http::Request,
                token: &::domain::Secret,
            ) -> (::domain::http::Outcome, ::std::time::Duration) {
                self.exchange_as(now, request, token, None)
            }

            /// The same, with an `x-request-id`.
            pub fn exchange_as(
                &self,
                now: ::domain::Moment,
                request: &::domain::http::Request,
                token: &::domain::Secret,
                request_id: Option<&str>,
            ) -> (::domain::http::Outcome, ::std::time::Duration) {
                let incoming = $crate::wire::Incoming::from_request($base, request, token, request_id);
                let timeouts = ::domain::http::Timeouts::default();
                self.handle(now, &incoming)
                    .outcome(now, timeouts, self.latency)
            }

            /// How many requests are still to take effect.
            pub fn effects_to_come(&self) -> usize {
                self.simulator.deferred()
            }

            /// The fault that struck the last request; an outage counts as the fault it shows itself by.
            pub fn last_fault(&self) -> Option<$crate::fault::Fault> {
                self.simulator.last_fault()
            }

            /// Sets a fault rule and returns its id.
            ///
            /// # Panics
            ///
            /// When the rule names an endpoint that does not exist: it would never strike, and a test that relies on
            /// it would prove nothing. The control endpoint refuses such a rule instead.
            pub fn add_fault(&self, rule: $crate::fault::FaultRule) -> u64 {
                use $crate::platform::Platform as _;
                let name = rule.endpoint.as_deref();
                let known = name.is_none_or(|name| self.simulator.endpoints().contains(&name));
                assert!(known, "no endpoint is called {name:?}");
                self.simulator.add_fault(rule)
            }

            /// Removes all fault rules.
            pub fn clear_faults(&self) {
                $crate::platform::Platform::clear_faults(&self.simulator);
            }

            /// The fault rules with their counts.
            pub fn faults(&self) -> Vec<$crate::fault::FaultState> {
                $crate::platform::Platform::faults(&self.simulator)
            }

            /// The received calls, oldest first.
            pub fn calls(&self) -> Vec<$crate::calls::Call> {
                $crate::platform::Platform::calls(&self.simulator)
            }

            /// Forgets the received calls.
            pub fn clear_calls(&self) {
                $crate::platform::Platform::clear_calls(&self.simulator);
            }

            /// Takes the whole platform out of reach until the moment, or brings it back with `None`.
            pub fn set_outage(&self, outage: Option<($crate::platform::Outage, ::domain::Moment)>) {
                $crate::platform::Platform::set_outage(&self.simulator, outage);
            }
        }

        impl $crate::platform::Platform for $platform {
            fn handle(
                &self,
                now: ::domain::Moment,
                incoming: &$crate::wire::Incoming,
            ) -> $crate::wire::Reply {
                self.simulator.handle(now, incoming)
            }

            fn outage(&self, now: ::domain::Moment) -> Option<$crate::platform::Outage> {
                self.simulator.outage(now)
            }

            fn set_outage(&self, outage: Option<($crate::platform::Outage, ::domain::Moment)>) {
                self.simulator.set_outage(outage);
            }

            fn add_fault(&self, rule: $crate::fault::FaultRule) -> u64 {
                self.simulator.add_fault(rule)
            }

            fn remove_fault(&self, id: u64) -> bool {
                self.simulator.remove_fault(id)
            }

            fn clear_faults(&self) {
                self.simulator.clear_faults();
            }

            fn faults(&self) -> Vec<$crate::fault::FaultState> {
                self.simulator.faults()
            }

            fn calls(&self) -> Vec<$crate::calls::Call> {
                self.simulator.calls()
            }

            fn clear_calls(&self) {
                self.simulator.clear_calls();
            }

            fn endpoints(&self) -> Vec<&'static str> {
                self.simulator.endpoints()
            }

            fn books(&self, now: ::domain::Moment) -> ::serde_json::Value {
                self.simulator.books(now)
            }

            fn act(
                &self,
                now: ::domain::Moment,
                action: ::serde_json::Value,
            ) -> Result<::serde_json::Value, String> {
                self.simulator.act(now, action)
            }

            fn screen(
                &self,
                now: ::domain::Moment,
                incoming: &$crate::wire::Incoming,
            ) -> Option<$crate::screen::Screen> {
                self.simulator.screen(now, incoming)
            }
        }
    };
}
