//! What every message needs: a plain HTTP client, and names that were never used before.

use std::time::Duration;

use domain::Random;

/// A client for plain HTTP to this machine: no proxy, no redirects, no trust store to load.
pub fn plain_http(connect: Duration) -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(connect)
        .tls_certs_only([])
        .build()
        .expect("a client without proxy and certificates has nothing that can fail to load")
}

/// Thirty-two hex digits that were never used before.
pub fn fresh(random: &dyn Random) -> String {
    let mut bytes = [0_u8; 16];
    random.fill(&mut bytes);
    hex::encode(bytes)
}
