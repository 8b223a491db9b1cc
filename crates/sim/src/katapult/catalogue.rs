//! What is on offer: locations, packages, disk templates. The values are Katapult's own where they are public.

use std::collections::BTreeSet;

/// A place with its network.
#[derive(Debug, Clone)]
pub struct DataCenter {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its permalink.
    pub permalink: String,
    /// The country: id, name, two letters, three letters, time zone.
    pub country: (String, String, String, String, String),
    /// How many IPv4 addresses its network holds.
    pub ipv4: u32,
    /// GB of memory in all; `None` for more than anybody orders.
    pub memory_in_gb: Option<u64>,
}

impl DataCenter {
    /// A place whose ids follow from its permalink.
    pub fn at(permalink: &str, name: &str, country: (&str, &str, &str, &str)) -> Self {
        let (land, two, three, zone) = country;
        Self {
            id: id_of("dc", permalink),
            name: name.to_owned(),
            permalink: permalink.to_owned(),
            country: (
                id_of("ctry", two),
                land.to_owned(),
                two.to_owned(),
                three.to_owned(),
                zone.to_owned(),
            ),
            ipv4: 5000,
            memory_in_gb: None,
        }
    }

    /// The id of its only zone.
    pub fn zone_id(&self) -> String {
        id_of("zone", &self.permalink)
    }

    /// The permalink of its only zone.
    pub fn zone_permalink(&self) -> String {
        format!("{}-zone-1", self.permalink)
    }

    /// The id of its public network.
    pub fn network_id(&self) -> String {
        id_of("netw", &self.permalink)
    }

    /// The permalink of its public network.
    pub fn network_permalink(&self) -> String {
        format!("{}-public", self.permalink)
    }
}

/// A size of machine.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its permalink.
    pub permalink: String,
    /// Cores.
    pub cores: u64,
    /// GB of memory.
    pub memory_in_gb: u64,
    /// GB of disk.
    pub storage_in_gb: u64,
    /// IPv4 addresses.
    pub ipv4: u32,
    /// GB a month.
    pub bandwidth_in_gb: Option<u64>,
}

impl Package {
    /// A package with one address: cores, GB of memory, GB of disk.
    pub fn sized(permalink: &str, cores: u64, memory: u64, storage: u64) -> Self {
        Self {
            id: id_of("vmpkg", permalink),
            name: permalink.to_uppercase(),
            permalink: permalink.to_owned(),
            cores,
            memory_in_gb: memory,
            storage_in_gb: storage,
            ipv4: 1,
            bandwidth_in_gb: Some(2048),
        }
    }
}

/// What a template asks for at a build.
#[derive(Debug, Clone)]
pub struct TemplateField {
    /// The option's key.
    pub name: String,
    /// `Text`, `Boolean`, `Password` or `Keyboard`.
    pub kind: String,
    /// Whether a build without it is refused.
    pub required: bool,
}

/// A disk template.
#[derive(Debug, Clone)]
pub struct Template {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its permalink.
    pub permalink: String,
    /// The sub-domain of the organization that it belongs to; `None` for a universal one.
    pub owner: Option<String>,
    /// GB that it needs at least.
    pub size_in_gb: u64,
    /// The numbers of its versions, the latest last.
    pub versions: Vec<u64>,
    /// The operating system's name.
    pub system: String,
    /// What it asks for.
    pub fields: Vec<TemplateField>,
}

impl Template {
    /// A universal template of 10 GB in two versions.
    pub fn universal(permalink: &str, name: &str, system: &str) -> Self {
        Self {
            id: id_of("dtpl", permalink),
            name: name.to_owned(),
            permalink: permalink.to_owned(),
            owner: None,
            size_in_gb: 10,
            versions: vec![1, 2],
            system: system.to_owned(),
            fields: Vec::new(),
        }
    }

    /// The id of its operating system.
    pub fn system_id(&self) -> String {
        id_of("os", &self.system)
    }

    /// The id of one of its versions.
    pub fn version_id(&self, number: u64) -> String {
        id_of("dtv", &format!("{} {number}", self.permalink))
    }

    /// The latest version's number.
    pub fn latest(&self) -> Option<u64> {
        self.versions.last().copied()
    }
}

/// A limit on disks or on the network.
#[derive(Debug, Clone)]
pub struct SpeedProfile {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its permalink.
    pub permalink: String,
    /// Mbit/s, or MB/s of a disk; `None` without limit.
    pub speed: Option<u64>,
    /// Operations a second of a disk.
    pub iops: Option<u64>,
}

/// All that is on offer.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// Places, the default one first.
    pub data_centers: Vec<DataCenter>,
    /// Packages, smallest first.
    pub packages: Vec<Package>,
    /// Disk templates.
    pub templates: Vec<Template>,
    /// Limits of network interfaces.
    pub network_speeds: Vec<SpeedProfile>,
    /// Limits of disks.
    pub disk_speeds: Vec<SpeedProfile>,
    /// Permalinks of places, packages and templates that are not on offer any more, though something made of them may
    /// go on.
    pub withdrawn: BTreeSet<String>,
}

impl Catalogue {
    fn offered(&self, permalink: &str) -> bool {
        !self.withdrawn.contains(permalink)
    }

    /// The places on offer.
    pub fn offered_data_centers(&self) -> impl Iterator<Item = &DataCenter> {
        self.data_centers
            .iter()
            .filter(|place| self.offered(&place.permalink))
    }

    /// The packages on offer.
    pub fn offered_packages(&self) -> impl Iterator<Item = &Package> {
        self.packages
            .iter()
            .filter(|package| self.offered(&package.permalink))
    }

    /// The templates on offer.
    pub fn offered_templates(&self) -> impl Iterator<Item = &Template> {
        self.templates
            .iter()
            .filter(|template| self.offered(&template.permalink))
    }
}

impl Default for Catalogue {
    fn default() -> Self {
        let british = ("United Kingdom", "GB", "GBR", "Europe/London");
        let dutch = ("Netherlands", "NL", "NLD", "Europe/Amsterdam");
        let american = ("United States", "US", "USA", "America/New_York");
        let speed = |prefix: &str, permalink: &str, speed, iops| SpeedProfile {
            id: id_of(prefix, permalink),
            name: permalink.to_owned(),
            permalink: permalink.to_owned(),
            speed,
            iops,
        };
        Self {
            data_centers: vec![
                DataCenter::at("uk-lon-01", "London", british),
                DataCenter::at("nl-ams-01", "Amsterdam", dutch),
                DataCenter::at("us-nyc-01", "New York", american),
            ],
            packages: packages(),
            templates: templates(),
            network_speeds: vec![
                speed("nsp", "500mbps", Some(500), None),
                speed("nsp", "1gbps", Some(1000), None),
                speed("nsp", "unrestricted", None, None),
            ],
            disk_speeds: vec![
                speed("diop", "100k", Some(2000), Some(100_000)),
                speed("diop", "unrestricted", None, None),
            ],
            withdrawn: BTreeSet::new(),
        }
    }
}

fn packages() -> Vec<Package> {
    [
        ("rock-1", 1, 1, 10),
        ("rock-3", 1, 3, 25),
        ("rock-6", 2, 6, 50),
        ("rock-12", 4, 12, 100),
        ("rock-18", 6, 18, 150),
        ("rock-24", 8, 24, 200),
        ("rock-36", 12, 36, 300),
        ("boulder-20", 2, 20, 25),
        ("boulder-40", 4, 40, 50),
    ]
    .into_iter()
    .map(|(permalink, cores, memory, storage)| Package::sized(permalink, cores, memory, storage))
    .collect()
}

fn templates() -> Vec<Template> {
    [
        ("almalinux8", "AlmaLinux 8", "AlmaLinux"),
        ("almalinux9", "AlmaLinux 9", "AlmaLinux"),
        ("centos-7-9", "CentOS 7.9", "CentOS"),
        ("debian-10", "Debian 10", "Debian"),
        ("debian-11", "Debian 11", "Debian"),
        ("fedora-32", "Fedora 32", "Fedora"),
        ("ubuntu-18-04", "Ubuntu 18.04", "Ubuntu"),
        ("ubuntu-20-04", "Ubuntu 20.04", "Ubuntu"),
        ("ubuntu-22-04", "Ubuntu 22.04", "Ubuntu"),
    ]
    .into_iter()
    .map(|(permalink, name, system)| Template::universal(&format!("templates/{permalink}"), name, system))
    .collect()
}

/// An id of Katapult's form that always follows from the same text: catalogues have no seed.
pub fn id_of(prefix: &str, text: &str) -> String {
    const FNV_OFFSET: u64 = 0xCBF2_9CE4_8422_2325;
    const FNV_PRIME: u64 = 0x0100_0000_01B3;
    let seed = prefix.bytes().chain(text.bytes()).fold(FNV_OFFSET, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME)
    });
    let random = domain::ports::CountingRandom::new(seed);
    format!("{prefix}_{}", crate::chance::text(&random, 16))
}
