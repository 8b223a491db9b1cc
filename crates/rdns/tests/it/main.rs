//! What `rdns` says to PowerDNS and reads from it, with real servers: what they do is what counts, and not what is written
//! about them. Where a server of Debian 12 (4.7.3) does something else than one would think, a test says so.

mod changes;
mod faults;
mod lists;
mod notify;
mod ping;
mod reads;
mod secondary;
mod walk;
mod world;
