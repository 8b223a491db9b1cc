//! Look-ups of names, each resolver asked by itself: what one has cached says nothing of what the others know.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{RData, RecordType};

/// How long one question to one resolver may take, with its repetition.
const WITHIN: Duration = Duration::from_secs(5);

/// When a question is asked again that has no answer yet.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// One record of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The name is another name for this one (CNAME).
    Alias(String),
    /// An address.
    Address(IpAddr),
}

/// The resolvers that are asked. Cheap to clone.
#[derive(Clone)]
pub struct Resolvers {
    all: Arc<Vec<(String, Result<TokioResolver, String>)>>,
}

impl Resolvers {
    /// The resolvers at these addresses; where none is named, those of the system, together as one.
    ///
    /// One that cannot be used is kept, and every question to it fails with the reason: a name is then not known, which is
    /// not the same as not there.
    pub fn new(servers: &[SocketAddr]) -> Self {
        let all = if servers.is_empty() {
            vec![("the system's".to_owned(), system())]
        } else {
            servers
                .iter()
                .map(|server| (server.to_string(), at(*server)))
                .collect()
        };
        Self { all: Arc::new(all) }
    }

    /// What they are called, in the order in which they are asked.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|(name, _)| name.as_str())
    }

    /// Asks one resolver, by its place among the names, for a name's addresses of one family. Aliases come before what they
    /// lead to. Nothing where the name or its addresses do not exist; the resolver's words where it failed.
    pub async fn look_up(&self, resolver: usize, name: &str, family: Family) -> Result<Vec<Found>, String> {
        let (_, resolver) = self.all.get(resolver).ok_or("there is no such resolver")?;
        let resolver = resolver.as_ref().map_err(Clone::clone)?;
        ask(resolver, name, family.record(), found).await
    }
}

impl Resolvers {
    /// Who answers for a zone, by the first resolver that knows: each server's name with each of its addresses. Nobody where
    /// no resolver knows.
    pub async fn name_servers(&self, zone: &str) -> Vec<(String, IpAddr)> {
        for (number, (_, resolver)) in self.all.iter().enumerate() {
            let Ok(resolver) = resolver else { continue };
            let Ok(servers) = ask(resolver, zone, RecordType::NS, name_server).await else {
                continue;
            };
            let mut found = Vec::new();
            for server in servers {
                for family in [Family::V4, Family::V6] {
                    let records = self.look_up(number, &server, family).await.unwrap_or_default();
                    found.extend(records.into_iter().filter_map(|record| match record {
                        Found::Address(address) => Some((server.clone(), address)),
                        Found::Alias(_) => None,
                    }));
                }
            }
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }
}

/// The hosts that a name leads to (PTR records), by the server at this address itself. Nothing where there are none; the
/// server's words where it failed.
pub async fn pointers(server: SocketAddr, name: &str) -> Result<Vec<String>, String> {
    ask(&at(server)?, name, RecordType::PTR, pointer).await
}

/// Asks a resolver for records of a name and keeps some of what it answers.
async fn ask<T>(
    resolver: &TokioResolver,
    name: &str,
    record: RecordType,
    kept: fn(&RData) -> Option<T>,
) -> Result<Vec<T>, String> {
    let answer = tokio::time::timeout(WITHIN, resolver.lookup(name, record))
        .await
        .map_err(|_| format!("no answer within {} s", WITHIN.as_secs()))?;
    match answer {
        Ok(answer) => Ok(answer
            .answers()
            .iter()
            .filter_map(|record| kept(&record.data))
            .collect()),
        Err(NetError::Dns(DnsError::NoRecordsFound(nothing)))
            if matches!(
                nothing.response_code,
                ResponseCode::NXDomain | ResponseCode::NoError
            ) =>
        {
            Ok(Vec::new())
        }
        Err(error) => Err(error.to_string()),
    }
}

fn name_server(data: &RData) -> Option<String> {
    match data {
        RData::NS(server) => Some(server.0.to_ascii()),
        _ => None,
    }
}

fn pointer(data: &RData) -> Option<String> {
    match data {
        RData::PTR(host) => Some(host.0.to_ascii()),
        _ => None,
    }
}

impl std::fmt::Debug for Resolvers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// Which addresses are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4 (A).
    V4,
    /// IPv6 (AAAA).
    V6,
}

impl Family {
    const fn record(self) -> RecordType {
        match self {
            Self::V4 => RecordType::A,
            Self::V6 => RecordType::AAAA,
        }
    }
}

fn found(data: &RData) -> Option<Found> {
    Some(match data {
        RData::A(address) => Found::Address(address.0.into()),
        RData::AAAA(address) => Found::Address(address.0.into()),
        RData::CNAME(alias) => Found::Alias(alias.0.to_ascii()),
        _ => return None,
    })
}

fn system() -> Result<TokioResolver, String> {
    let mut builder =
        TokioResolver::builder_tokio().map_err(|error| format!("the system names no resolver: {error}"))?;
    set(builder.options_mut());
    builder.build().map_err(|error| error.to_string())
}

fn at(server: SocketAddr) -> Result<TokioResolver, String> {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = server.port();
        connection
    });
    let server = NameServerConfig::new(server.ip(), true, connections.into());
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    set(builder.options_mut());
    builder.build().map_err(|error| error.to_string())
}

/// What is asked is what the world sees now: nothing is kept, no file of this host answers, and no domain is added.
fn set(options: &mut ResolverOpts) {
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    options.preserve_intermediates = true;
    options.ndots = 0;
    options.timeout = AGAIN_AFTER;
    options.attempts = 1;
}
