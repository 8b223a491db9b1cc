//! Effects against books without an engine: its port is closed.

mod kinds;
mod single;

use std::sync::Arc;

use domain::ports::CountingRandom;
use domain::{Clock, Moment, Secret};
use serde_json::{Value, json};

use super::*;
use crate::config::{PanelAccess, Product, ShopConfig};
use crate::orders::Wanted;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Moment {
        Moment::from_seconds(1_795_164_000)
    }
}

/// A shop with one service, 501, of product 3 and order 1.
fn shop() -> Shop {
    let product = Product {
        id: 3,
        name: "VPS 4".to_owned(),
        description: "4 GB".to_owned(),
        price: "4.00".to_owned(),
        group: 1,
        package: 3,
        ipv4: 1,
    };
    let config = ShopConfig {
        bridge: "http://127.0.0.1:1".to_owned(),
        installation: "main".to_owned(),
        key: Secret::new("key"),
        url: "http://127.0.0.1:8700/".to_owned(),
        panel: PanelAccess {
            server_id: 2,
            host: "panel.example.test".to_owned(),
            token: None,
        },
        sim_control: None,
        operator_url: None,
        products: vec![product],
        operating_systems: Vec::new(),
    };
    let shop = Shop::new(config, Arc::new(Noon), Arc::new(CountingRandom::new(1)));
    let wanted = Wanted {
        product: 3,
        hostname: "web1.example.test".to_owned(),
        ..Wanted::default()
    };
    assert_eq!(shop.enter(1, &wanted), Ok(501));
    shop
}

fn vectors() -> Vec<Value> {
    let file: Value =
        serde_json::from_str(include_str!("../../../../../tests/vectors/effects.json")).unwrap();
    file["effects"].as_array().unwrap().clone()
}

/// The golden effect of a kind.
fn golden(kind: &str) -> Effect {
    let vector = vectors()
        .into_iter()
        .find(|effect| effect["kind"] == json!(kind))
        .unwrap();
    serde_json::from_value(vector).unwrap()
}

fn changed(kind: &str, change: impl FnOnce(&mut Effect)) -> Effect {
    let mut effect = golden(kind);
    change(&mut effect);
    effect
}
