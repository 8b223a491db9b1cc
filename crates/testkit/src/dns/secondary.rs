//! Name servers that follow others: they are told of changes, and fetch the zone.

use std::net::SocketAddr;

use domain::http::Method;
use serde_json::json;

use super::{Kind, NameServer, until};

/// Where nobody answers: what fetches from here stays as it is. Linux gives this port to nobody who does not name it.
const NOWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);

impl NameServer {
    /// Becomes a secondary server of a primary one's zone. It has fetched the zone when this returns, and is notified of
    /// changes from now on.
    pub async fn follow(&self, primary: &Self, zone: &str) {
        let metadata = format!("{}/metadata", Self::zone(zone));
        let request = Self::request("name a secondary server", Method::Post, &metadata);
        let body = json!({"kind": "ALSO-NOTIFY", "metadata": [self.dns().to_string()]});
        primary.succeed(&request.with_body(body)).await;
        let kind = Kind::Secondary {
            primary: primary.dns(),
        };
        self.create_zone(zone, kind, &[]).await;
        self.fetch(zone).await;
        let serial = primary.serial(zone).await;
        until("the secondary server has the zone", async || {
            (self.serial(zone).await == serial).then_some(())
        })
        .await;
    }

    /// Whether it lags behind: it answers with what it has of the zone, and does not fetch it again, notified or not. When
    /// that ends it fetches at once.
    pub async fn lag(&self, primary: &Self, zone: &str, lags: bool) {
        let from = if lags { NOWHERE } else { primary.dns() };
        let request = Self::request("change the primary server", Method::Put, &Self::zone(zone));
        let body = json!({"kind": "Slave", "masters": [from.to_string()]});
        self.succeed(&request.with_body(body)).await;
        if !lags {
            self.fetch(zone).await;
        }
    }

    /// From now on changes leave a zone's serial as it is, so that nobody fetches it for them.
    pub async fn hold_serial(&self, zone: &str) {
        let request = Self::request("hold the serial", Method::Put, &Self::zone(zone));
        self.succeed(&request.with_body(json!({"soa_edit_api": ""})))
            .await;
    }

    async fn fetch(&self, zone: &str) {
        let path = format!("{}/axfr-retrieve", Self::zone(zone));
        self.succeed(&Self::request("fetch a zone", Method::Put, &path))
            .await;
    }
}
