//! `hostler audit`: verify.

use anyhow::{Result, bail};
use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{AuditProof, ChainProof};

use super::Desk;
use super::answer::Answer;

/// What can be asked about the audit.
#[derive(Debug, Clone, Copy, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditCommand {
    /// Follows each of its chains of hashes from the first line to the last, and names the first line that is wrong.
    Verify,
}

impl AuditCommand {
    /// Carries it out.
    pub(super) async fn run(self, desk: &Desk) -> Result<Answer> {
        match self {
            Self::Verify => answer(&desk.engine.store().verify_audit().await?),
        }
    }
}

fn answer(proof: &AuditProof) -> Result<Answer> {
    if let Some((chain, line)) = proof.first_broken() {
        let id = line.id.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
        bail!(
            "the audit is broken in {} at line {}{id}: {}. {} lines before it hold. Somebody wrote to the database \
             beside the engine; compare it with a backup",
            name(chain),
            line.number,
            line.why,
            chain.lines,
        );
    }
    if proof.unsealed > 0 {
        bail!(
            "{} lines of the audit have waited for their place for more than 10 seconds: nobody could tell whether \
             they were changed. Is the engine running?",
            proof.unsealed
        );
    }
    let chains = proof.chains.iter().map(|chain| {
        let late = match chain.late {
            0 => String::new(),
            late => format!(", {late} of them sealed late, as after a crash"),
        };
        format!("{}: {} lines{late}", name(chain), chain.lines)
    });
    let mut text = vec![format!(
        "The audit is whole: {} lines, each following from the one before.",
        proof.lines()
    )];
    text.extend(chains);
    Ok(Answer::new(
        text.join("\n"),
        json!({ "ok": true, "lines": proof.lines(), "chains": proof.chains.iter().map(document).collect::<Vec<_>>() }),
    ))
}

fn document(chain: &ChainProof) -> Value {
    let installation = Some(&chain.chain).filter(|name| !name.is_empty());
    json!({ "installation": installation, "lines": chain.lines, "late": chain.late })
}

fn name(chain: &ChainProof) -> String {
    if chain.chain.is_empty() {
        "the engine's own chain".to_owned()
    } else {
        format!("the chain of {}", chain.chain)
    }
}

#[cfg(test)]
mod tests {
    use store::BrokenLine;

    use super::*;

    fn chain(name: &str, broken: Option<BrokenLine>) -> ChainProof {
        ChainProof {
            chain: name.to_owned(),
            lines: 3,
            late: 1,
            broken,
        }
    }

    #[test]
    fn gx_013_the_first_broken_entry_is_named_by_chain_number_and_id() {
        let broken = BrokenLine {
            number: 4,
            id: Some("aud_1".to_owned()),
            why: "it is not the line that was sealed at this place".to_owned(),
        };
        let proof = AuditProof {
            chains: vec![chain("", None), chain("main", Some(broken)), chain("other", None)],
            unsealed: 0,
        };
        let said = answer(&proof).err().unwrap().to_string();
        assert!(
            said.contains("in the chain of main at line 4 (aud_1): it is not the line"),
            "{said}"
        );
        assert!(said.contains("3 lines before it hold"), "{said}");
    }

    #[test]
    fn lines_that_wait_for_their_place_are_no_whole_audit() {
        let proof = AuditProof {
            chains: vec![chain("", None)],
            unsealed: 2,
        };
        let said = answer(&proof).err().unwrap().to_string();
        assert!(said.starts_with("2 lines of the audit have waited"), "{said}");
    }

    #[test]
    fn every_chain_of_a_whole_audit_is_listed() {
        let proof = AuditProof {
            chains: vec![chain("", None), chain("main", None)],
            unsealed: 0,
        };
        let answer = answer(&proof).unwrap();
        assert_eq!(answer.value["lines"], 6);
        assert_eq!(answer.value["chains"][0]["installation"], Value::Null);
        assert_eq!(
            answer.value["chains"][1],
            json!({ "installation": "main", "lines": 3, "late": 1 })
        );
        assert!(
            answer
                .text
                .contains("the chain of main: 3 lines, 1 of them sealed late"),
            "{}",
            answer.text
        );
    }
}
