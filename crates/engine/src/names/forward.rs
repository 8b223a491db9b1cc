//! Whether a hostname leads to an address, by each resolver.

use std::net::IpAddr;

use futures_util::future::join_all;
use outbound::{Family, Found};
use rdns::{AddressRecord, Confirmation, Hostname, Lookup, Question, Step, Walk, together};

use crate::engine::Engine;

impl Engine {
    /// What each resolver says, in their order. All are asked at once.
    pub(super) async fn confirmations(
        &self,
        host: &Hostname,
        address: IpAddr,
    ) -> Vec<(String, Confirmation)> {
        let names = self.outbound().resolvers().names();
        let said = names.enumerate().map(async |(resolver, name)| {
            let said = self.confirmation(resolver, Walk::begin(host, address)).await;
            (name.to_owned(), said)
        });
        join_all(said).await
    }

    async fn confirmation(&self, resolver: usize, mut walk: Walk) -> Confirmation {
        // The walk ends by itself: it follows only so many aliases.
        loop {
            let lookup = self.look_up(resolver, &walk.question()).await;
            match walk.answer(lookup) {
                Step::Done(said) => return said,
                Step::Ask(further) => walk = further,
            }
        }
    }

    async fn look_up(&self, resolver: usize, question: &Question) -> Lookup {
        let family = match question.record {
            AddressRecord::A => Family::V4,
            AddressRecord::Aaaa => Family::V6,
        };
        let resolvers = self.outbound().resolvers();
        match resolvers.look_up(resolver, question.name.as_str(), family).await {
            Ok(found) if found.is_empty() => Lookup::Nothing,
            Ok(found) => read(&found),
            Err(why) => Lookup::Failed(why),
        }
    }
}

/// What all of them say together.
pub(super) fn verdict(said: &[(String, Confirmation)]) -> Confirmation {
    let said: Vec<Confirmation> = said.iter().map(|(_, said)| said.clone()).collect();
    together(&said)
}

fn read(found: &[Found]) -> Lookup {
    let (mut aliases, mut addresses) = (Vec::new(), Vec::new());
    for record in found {
        match record {
            Found::Address(address) => addresses.push(*address),
            Found::Alias(name) => match name.parse() {
                Ok(name) => aliases.push(name),
                Err(_) => return Lookup::Failed(format!("the alias {name} is no name")),
            },
        }
    }
    Lookup::Found { aliases, addresses }
}
