//! `hostler openapi`: the shape of the bridge protocol as an OpenAPI document.
//!
//! The document stands beside this file. It is written by hand because the protocol is: `docs/bridge-protocol.md`
//! comes first, both sides are checked against golden vectors, and so is this document, by the test below.

use anyhow::{Context, Result};
use serde_json::{Value, json};

const DOCUMENT: &str = include_str!("openapi.json");

/// The document, with this program's version.
pub fn document() -> Result<String> {
    let mut document: Value = serde_json::from_str(DOCUMENT).context("the document is not JSON")?;
    document["info"]["version"] = json!(env!("CARGO_PKG_VERSION"));
    serde_json::to_string_pretty(&document).context("the document cannot be written")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn vectors(name: &str) -> Value {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../tests/vectors")
            .join(name);
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }

    /// Every schema, resolved inside the document.
    fn validator(schema: &str) -> jsonschema::Validator {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let whole = json!({
            "$ref": format!("#/components/schemas/{schema}"),
            "components": document["components"],
        });
        jsonschema::validator_for(&whole).unwrap()
    }

    #[track_caller]
    fn fits(schema: &str, value: &Value) {
        let errors: Vec<String> = validator(schema)
            .iter_errors(value)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{schema}: {errors:?}\n{value}");
    }

    #[test]
    fn every_golden_message_has_the_shape_that_the_document_gives() {
        for (file, request, answer) in [
            ("calls.json", "CallRequest", "CallAnswer"),
            ("katapult.json", "CallRequest", "CallAnswer"),
            ("events.json", "EventRequest", "EventAnswer"),
            ("pages.json", "PageRequest", "PageAnswer"),
        ] {
            let found = vectors(file);
            let found = found["vectors"].as_array().unwrap();
            assert!(!found.is_empty());
            for vector in found {
                fits(request, &vector["request"]);
                fits(answer, &vector["answer"]);
            }
        }
        let effects = vectors("effects.json");
        for effect in effects["effects"].as_array().unwrap() {
            fits("Effect", effect);
        }
        let katapult = vectors("katapult.json");
        for effect in katapult["effects"].as_array().unwrap() {
            fits("Effect", effect);
        }
        fits("PageAnswer", &katapult["pages"][0]["answer"]);
        fits("AcknowledgeRequest", &effects["ack"]["request"]);
        fits("AcknowledgeAnswer", &effects["ack"]["answer"]);
        fits("SecretRequest", &effects["secret"]["request"]);
        fits("SecretAnswer", &effects["secret"]["answer"]);
        for error in vectors("errors.json")["errors"].as_array().unwrap() {
            fits("Error", &error["body"]);
        }
    }

    #[test]
    fn a_message_of_another_shape_is_told_apart() {
        let broken = json!({ "module": "VirtFusionDirect", "function": "DropTables" });
        assert!(!validator("CallRequest").is_valid(&broken));
    }

    #[test]
    fn the_document_carries_this_programs_version() {
        let document: Value = serde_json::from_str(&document().unwrap()).unwrap();
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(document["openapi"], "3.1.0");
    }
}
