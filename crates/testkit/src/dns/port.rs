//! Ports that are one's own until they are given back, also while nothing listens on them.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr as UnixAddress, UnixListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// The first port. They end below 32768, where Linux begins to give ports to outgoing connections and to whoever asks
/// for any: one of those could be taken while a server is down for a moment.
const FIRST: u16 = 20_000;

/// How many ports there are.
const COUNT: u16 = 12_000;

/// A port of 127.0.0.1, for TCP and UDP.
#[derive(Debug)]
pub(super) struct Port {
    number: u16,
    /// Names in the abstract namespace belong to one process at a time, and to nobody when it has ended, however it did.
    _claim: UnixListener,
}

impl Port {
    /// One that is free, and nobody else's from now on.
    pub(super) fn claim() -> Self {
        /// Where this process looks next.
        static NEXT: AtomicU16 = AtomicU16::new(0);
        // Processes begin to look far from each other.
        let begin = std::process::id().wrapping_mul(197) % u32::from(COUNT);
        for _ in 0..COUNT {
            let next = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
            let number = FIRST + u16::try_from((begin + next) % u32::from(COUNT)).unwrap_or(0);
            if let Some(port) = Self::try_claim(number) {
                return port;
            }
        }
        panic!("no port from {FIRST} on is free for TCP and UDP");
    }

    fn try_claim(number: u16) -> Option<Self> {
        let name = UnixAddress::from_abstract_name(format!("hostler-test-port-{number}")).ok()?;
        let claim = UnixListener::bind_addr(&name).ok()?;
        TcpListener::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
        UdpSocket::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
        Some(Self {
            number,
            _claim: claim,
        })
    }

    /// With the address that it belongs to.
    pub(super) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.number).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_claimed_once_until_it_is_given_back() {
        let port = Port::claim();
        let number = port.number;
        assert!(Port::try_claim(number).is_none());
        assert_ne!(Port::claim().number, number);
        drop(port);
        assert!(Port::try_claim(number).is_some());
    }

    #[test]
    fn a_port_on_which_somebody_listens_is_not_claimed() {
        let number = Port::claim().number;
        let listener = UdpSocket::bind((Ipv4Addr::LOCALHOST, number)).expect("it is free again");
        assert!(Port::try_claim(number).is_none());
        drop(listener);
        let _listener = TcpListener::bind((Ipv4Addr::LOCALHOST, number)).expect("it is free again");
        assert!(Port::try_claim(number).is_none());
    }
}
