//! The screen of a simulated machine, as a viewer sees it: a server of the Remote Framebuffer protocol, version 3.8.
//!
//! A [`Session`] is one viewer's: bytes go in, bytes come out, and nothing waits or reads a clock, so that the same
//! session serves a socket and a test. It is strict where a hypervisor is: the viewer proves that it knows the password
//! of the console, speaks in whole messages, and is shown raw pixels in the 32-bit format that it asked for.
//!
//! What is shown ([`picture`]) has no letters. It shows what a test and a person want to know: which machine it is,
//! whether it runs, what was typed, and that it was reset by Ctrl, Alt and Del.

mod challenge;
mod picture;
mod session;

pub use picture::{HEIGHT, Picture, WIDTH};
pub use session::{Session, Taken};

/// What a viewer of RFB 3.8 with VNC's password check answers to a challenge: for tests that are viewers themselves.
pub use challenge::response;

use domain::Secret;

/// A machine's screen, as far as the platform's books have it.
#[derive(Debug, Clone)]
pub struct Screen {
    /// What it is called.
    pub name: String,
    /// What a viewer has to know.
    pub password: Secret,
    /// Whether the machine runs.
    pub running: bool,
}
