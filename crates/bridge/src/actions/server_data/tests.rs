//! The object that the original's page reads, field by field.

use domain::case::ServiceView;
use domain::id::{InstallationId, ServiceId};
use domain::machine::{Identity, MachineStatus, Power};
use domain::observed::{FileSystem, Memory, Place, TrafficMonth};
use domain::ports::CountingRandom;
use domain::record::{
    FactRecord, Installation, InstallationSettings, ProductPolicy, Service, ServiceStatus, Standing,
};
use domain::{Fact, Moment};

use super::*;

const NOW: Moment = Moment::from_seconds(1_800_000_000);

fn machine() -> Machine {
    Machine {
        identity: Identity {
            id: "4711".to_owned(),
            unchangeable: "uuid".to_owned(),
            owner: "9".to_owned(),
        },
        status: MachineStatus::Ready,
        name: "web".to_owned(),
        hostname: Some("web.example.test".to_owned()),
        suspended: Fact::Known(false),
        power: Fact::Known(Power::On),
        busy: false,
        ipv4: vec!["192.0.2.10".to_owned(), "192.0.2.11".to_owned()],
        ipv6: vec!["2001:db8::/64".to_owned()],
        package: None,
        location: Some("Group".to_owned()),
        memory_mb: Some(2_048),
        cores: Some(2),
        storage_gb: Some(40),
        traffic_gb: Some(1_000),
        os: Some("Debian 12".to_owned()),
        created: Some(Moment::from_seconds(1_700_000_000)),
        raw: json!({}),
    }
}

fn live() -> Live {
    Live {
        power: Fact::Known(Power::On),
        cpu_percent: Some(12.5),
        memory: Memory {
            total: Some(2 << 30),
            unused: Some(1 << 30),
            available: Some(3 << 20),
            resident: Some(4 << 20),
        },
        disk_read: Some(10),
        disk_written: Some(20),
        file_systems: Some(vec![FileSystem {
            name: String::new(),
            mount: "/".to_owned(),
            kind: "ext4".to_owned(),
            used: Some(1),
            total: Some(2),
        }]),
        system: Some("Debian GNU/Linux 12".to_owned()),
        kernel: Some("6.1.0".to_owned()),
        place: Some(Place {
            name: "London".to_owned(),
            icon: Some("gb".to_owned()),
        }),
        maintenance: Some(true),
    }
}

fn traffic(total: Option<u64>) -> Observed {
    Observed::Traffic(Traffic {
        months: vec![TrafficMonth {
            total,
            ..TrafficMonth::default()
        }],
    })
}

fn data(machine: Option<Machine>, facts: &[Observed]) -> Value {
    let random = CountingRandom::new(1);
    let installation: InstallationId = "main".parse().unwrap();
    let service = Service {
        id: ServiceId::at(NOW, &random),
        installation: installation.clone(),
        billing_id: 501,
        client_id: 77,
        product_id: 3,
        module: "VirtFusionDirect".to_owned(),
        platform: None,
        generation: 1,
        status: ServiceStatus::Active,
        standing: Standing::Live,
        hostname: None,
        mapped_id: None,
        power_before_suspend: None,
        watch_due: None,
        unsettled_until: None,
        holds: Vec::new(),
        welcomed_generation: 1,
        version: 1,
        created_at: NOW,
        updated_at: NOW,
    };
    let record = |kind: &str, value: Fact<Value>| FactRecord {
        service: service.id,
        kind: kind.to_owned(),
        value,
        observed_at: NOW,
    };
    let read = machine.map(|machine| record("machine", Fact::Known(serde_json::to_value(machine).unwrap())));
    let facts = facts
        .iter()
        .map(|observed| {
            (
                observed.kind(),
                record(observed.kind().as_str(), observed.to_fact()),
            )
        })
        .collect();
    let view = ServiceView {
        service: service.clone(),
        installation: Installation {
            id: installation,
            key: domain::id::SecretId::at(NOW, &random),
            previous_key: None,
            enrol_until: None,
            settings: InstallationSettings::default(),
            created_at: NOW,
        },
        platform: None,
        attachment: None,
        link: None,
        policy: ProductPolicy::default(),
        open: Vec::new(),
        recent: Vec::new(),
        questions: Vec::new(),
        machine: read.map(Into::into),
    };
    let shown = Shown {
        view,
        machine: None,
        facts,
        silent_until: None,
        greatest_age: std::time::Duration::from_mins(10),
        now: NOW,
    };
    of(&shown, super::super::english())
}

#[test]
fn vf_106_vf_110_the_object_has_every_field_of_the_originals() {
    let data = data(
        Some(machine()),
        &[Observed::Live(live()), traffic(Some(1_848_380_758))],
    );
    for (field, value) in [
        ("name", json!("web")),
        ("hostname", json!("web.example.test")),
        ("memory", json!("2048 MB")),
        ("memoryRaw", json!(2_048)),
        ("cpu", json!("2 Core(s)")),
        ("cpuRaw", json!(2)),
        ("storage", json!("40 GB")),
        ("traffic", json!("1000 GB")),
        ("trafficUsed", json!("1.72 GB")),
        ("trafficUsedRaw", json!(1.72)),
        ("powerStatus", json!("on")),
        ("username", json!("")),
        ("password", json!("")),
        ("osName", json!("Debian 12")),
        ("osPretty", json!("Debian GNU/Linux 12")),
        ("osKernel", json!("6.1.0")),
        ("location", json!("London")),
        ("locationIcon", json!("gb")),
        ("hypervisorMaintenance", json!(true)),
        ("createdAt", json!("2023-11-14T22:13:20Z")),
    ] {
        assert_eq!(data[field], value, "{field}");
    }
    assert_eq!(
        data["primaryNetwork"],
        json!({ "ipv4": "192.0.2.10, 192.0.2.11", "ipv4Unformatted": ["192.0.2.10", "192.0.2.11"],
                "ipv6": "2001:db8::/64", "ipv6Unformatted": ["2001:db8::/64"] })
    );
    assert_eq!(
        data["live"],
        json!({ "state": "on", "cpu": 12.5, "memoryActualKB": 2_097_152, "memoryUnusedKB": 1_048_576,
                "memoryAvailableKB": 3_072, "memoryRssKB": 4_096, "diskRdBytes": 10, "diskWrBytes": 20,
                "filesystems": [{ "name": "-", "mountpoint": "/", "type": "ext4", "usedBytes": 1, "totalBytes": 2 }] })
    );
}

#[test]
fn vf_107_vf_111_what_is_not_known_is_a_dash_or_null() {
    let nameless = Machine {
        name: String::new(),
        hostname: Some(String::new()),
        ipv4: Vec::new(),
        ipv6: Vec::new(),
        ..machine()
    };
    for data in [
        data(Some(nameless), &[Observed::Live(Live::default())]),
        data(None, &[]),
    ] {
        assert_eq!((&data["name"], &data["hostname"]), (&json!("-"), &json!("-")));
        assert_eq!(data["primaryNetwork"]["ipv4"], "-");
        assert_eq!(data["primaryNetwork"]["ipv4Unformatted"], json!(["-"]));
        assert_eq!(data["primaryNetwork"]["ipv6Unformatted"], json!([]));
        for field in [
            "state",
            "cpu",
            "memoryActualKB",
            "memoryUnusedKB",
            "diskRdBytes",
            "diskWrBytes",
        ] {
            assert_eq!(data["live"][field], Value::Null, "{field}");
        }
        assert_eq!(data["live"]["filesystems"], json!([]));
        assert_eq!(data["hypervisorMaintenance"], false);
    }
}

#[test]
fn vf_108_vf_109_traffic_is_a_number_unmetered_or_a_dash() {
    let limit = |traffic_gb| {
        let machine = Machine {
            traffic_gb,
            ..machine()
        };
        data(Some(machine), &[])["traffic"].clone()
    };
    assert_eq!(limit(Some(5)), "5 GB");
    assert_eq!(limit(Some(0)), "Unmetered");
    assert_eq!(limit(None), "-");
    let used = |observed: &[Observed]| data(Some(machine()), observed)["trafficUsed"].clone();
    assert_eq!(used(&[traffic(Some(0))]), "0 GB");
    assert_eq!(used(&[traffic(Some(3 << 29))]), "1.5 GB");
    assert_eq!(used(&[traffic(Some((1_719 << 30) / 1_000))]), "1.72 GB");
    assert_eq!(used(&[traffic(None)]), "-");
    assert_eq!(used(&[]), "-");
}
