//! A name server whose settings somebody keeps in a billing system, because an addon of another module asked for them there.
//!
//! They are a proposal, as everything that is typed there: inert until it is approved on the engine's host, or inside an
//! enrol window. Once the server is approved or disabled, what is kept in the billing system changes nothing about it.

use domain::id::InstallationId;
use domain::record::{Platform, PlatformKind, PlatformState};
use domain::{Actor, Secret};
use outbound::{Endpoint, PlainHttp};
use rdns::{Entered, NotAnEndpoint, Settings};

use super::driver::USUAL;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::platform::Proposal;

/// The settings of a name server as a billing system keeps them. They cannot be printed: an endpoint may hold a password.
pub struct EnteredNameServer {
    /// Whether reverse DNS is wanted.
    pub enabled: String,
    /// Where the API is.
    pub endpoint: String,
    /// The API key as it is stored: in clear or encrypted, which nothing beside it says.
    pub key: Secret,
    /// What decrypting made of the stored key; empty where it failed.
    pub key_decrypted: Secret,
    /// The server's id.
    pub server_id: String,
    /// The lifetime of pointers in seconds.
    pub ttl: String,
    /// How long the addon kept what it had read, in seconds.
    pub cache: String,
}

impl EnteredNameServer {
    /// The settings, where they ask for reverse DNS and have all that it takes.
    fn read(&self) -> Result<Option<Settings>, NotAnEndpoint> {
        // An address that nobody asks for may be written as it likes.
        let wanted = self.read_at("")?;
        if !wanted.enabled || wanted.key.is_empty() {
            return Ok(None);
        }
        let settings = self.read_at(&self.endpoint)?;
        Ok(Some(settings).filter(Settings::is_on))
    }

    fn read_at(&self, endpoint: &str) -> Result<Settings, NotAnEndpoint> {
        Settings::read(&Entered {
            enabled: &self.enabled,
            endpoint,
            key: self.plain_key(),
            server_id: &self.server_id,
            ttl: &self.ttl,
            cache: &self.cache,
        })
    }

    /// The key in clear. Decrypting what was never encrypted fails by giving other bytes and not by saying so: only what
    /// can be read and is another text was an encrypted key.
    fn plain_key(&self) -> &str {
        let (stored, decrypted) = (self.key.expose(), self.key_decrypted.expose());
        let is_readable = |letter: u8| letter.is_ascii_graphic() || letter == b' ';
        if !decrypted.is_empty() && decrypted != stored && decrypted.bytes().all(is_readable) {
            decrypted
        } else {
            stored
        }
    }
}

impl Engine {
    /// Takes over what a billing system keeps about a name server. A sentence for the person who entered it says what became
    /// of it; there is none where reverse DNS is off, or not set up yet.
    pub async fn take_over_name_server(
        &self,
        installation: &InstallationId,
        entered: EnteredNameServer,
        actor: Actor,
    ) -> Result<Option<String>, EngineError> {
        let settings = match entered.read() {
            Ok(Some(settings)) => settings,
            Ok(None) => return Ok(None),
            Err(why) => return Ok(Some(not_taken(&why))),
        };
        let endpoint = match Endpoint::canonical_base(&settings.endpoint, PlainHttp::OnLoopback) {
            Ok(endpoint) => endpoint,
            Err(why) => return Ok(Some(not_taken(&why))),
        };
        // A server of the usual name is an account without one.
        let account = if settings.server_id == USUAL {
            String::new()
        } else {
            settings.server_id
        };
        let known = self
            .store()
            .platform_by_account(PlatformKind::PowerDns, &endpoint, &account)
            .await?;
        // What was decided on the host stays decided, also inside an enrol window.
        if let Some(decided) = known.filter(|known| known.state != PlatformState::Proposed) {
            return Ok(Some(standing(&decided)));
        }
        let proposal = Proposal {
            server: None,
            kind: PlatformKind::PowerDns,
            endpoint,
            account,
            token: settings.key,
            name: String::new(),
            actor: actor.clone(),
        };
        let server = self.propose_for(Some(installation), proposal).await?;
        self.set_pointer_ttl(server.id, settings.ttl, &actor).await?;
        Ok(Some(standing(&server)))
    }
}

fn not_taken(why: &impl std::fmt::Display) -> String {
    format!("The name server was not taken over. {why}.")
}

/// How far a name server is.
fn standing(server: &Platform) -> String {
    let Platform { id, endpoint, .. } = server;
    match server.state {
        PlatformState::Proposed => format!(
            "The name server at {endpoint} is proposed as platform {id}. Nothing was sent to it. Run `hostler platform \
             approve {id}` on the engine's host."
        ),
        PlatformState::Approved => format!(
            "The name server at {endpoint} is in use as platform {id}. It is changed on the engine's host, not here: \
             another key, for one, by `hostler platform approve {id} --token-file FILE`."
        ),
        PlatformState::Disabled => format!(
            "The name server at {endpoint} was taken out of use on the engine's host, where it is platform {id}."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(key: &str, decrypted: &str) -> EnteredNameServer {
        EnteredNameServer {
            enabled: "on".to_owned(),
            endpoint: "https://ns1.example.com:8081".to_owned(),
            key: Secret::new(key),
            key_decrypted: Secret::new(decrypted),
            server_id: "localhost".to_owned(),
            ttl: "3600".to_owned(),
            cache: "60".to_owned(),
        }
    }

    #[test]
    fn vf_258_only_a_readable_other_text_was_an_encrypted_key() {
        for (stored, decrypted, key) in [
            ("a plain key", "", "a plain key"),
            ("a plain key", "a plain key", "a plain key"),
            ("a plain key", "\u{fffd}\u{1}x", "a plain key"),
            ("a plain key", "kéy", "a plain key"),
            ("a plain key", "key\n", "a plain key"),
            ("c2VhbGVk", "the key", "the key"),
            ("c2VhbGVk", "  the key ", "the key"),
            (" a plain key\n", "", "a plain key"),
            ("", "", ""),
        ] {
            let settings = entered(stored, decrypted).read_at("").expect("no address is one");
            assert_eq!(settings.key.expose(), key, "{stored:?} {decrypted:?}");
        }
    }

    #[test]
    fn vf_258_an_address_is_judged_only_where_reverse_dns_is_wanted() {
        let read = |enabled: &str, key: &str, endpoint: &str| {
            let entered = EnteredNameServer {
                enabled: enabled.to_owned(),
                endpoint: endpoint.to_owned(),
                ..entered(key, "")
            };
            entered
                .read()
                .map(|settings| settings.map(|settings| settings.endpoint))
        };
        let address = "https://ns1.example.com:8081";
        assert_eq!(read("on", "k", address), Ok(Some(address.to_owned())));
        assert_eq!(read("on", "k", "ns1"), Err(NotAnEndpoint));
        for (enabled, key, endpoint) in [
            ("", "k", address),
            ("off", "k", "ns1"),
            ("on", " ", "ns1"),
            ("on", "k", " / "),
        ] {
            assert_eq!(
                read(enabled, key, endpoint),
                Ok(None),
                "{enabled:?} {key:?} {endpoint:?}"
            );
        }
    }
}
