//! Whatever single byte of a signed request is changed on the way, the request is refused.

use domain::Secret;
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
struct Signed {
    installation: String,
    method: String,
    path: String,
    timestamp: String,
    nonce: String,
    body: Vec<u8>,
}

fn key() -> Secret {
    Secret::new("hbk_a-key-for-tests")
}

impl Signed {
    fn signature(&self) -> String {
        let head = Head {
            method: &self.method,
            path: &self.path,
        };
        let message = canonical::message(&self.installation, head, &self.timestamp, &self.nonce, &self.body);
        mac::sign_all(&[key()], &message)
    }

    /// The judgement of this request under the signature of another.
    fn judged_with(&self, signature: &str) -> Result<(), Problem> {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (HEADER_INSTALLATION, self.installation.as_str()),
            (HEADER_TIMESTAMP, &self.timestamp),
            (HEADER_NONCE, &self.nonce),
            (HEADER_SIGNATURE, signature),
        ] {
            // A byte that no header can hold never arrives.
            let value =
                HeaderValue::from_bytes(value.as_bytes()).map_err(|_| Problem::new(Code::Unsigned, ""))?;
            headers.insert(name, value);
        }
        let claims = Claims::read(&headers)?;
        let head = Head {
            method: &self.method,
            path: &self.path,
        };
        judge_signature(&claims, head, &self.body, &[key()])
    }
}

prop_compose! {
    fn signed()(
        installation in "[a-z][a-z0-9-]{0,31}",
        method in "GET|POST|PUT|DELETE",
        path in "/bridge/v1/[a-z]{1,12}(\\?[a-z]{1,8}=[a-zA-Z0-9%._-]{0,12})?",
        timestamp in 1_700_000_000_i64..1_900_000_000,
        nonce in "[A-Za-z0-9_-]{16,64}",
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) -> Signed {
        Signed { installation, method, path, timestamp: timestamp.to_string(), nonce, body }
    }
}

fn flipped(text: &str, at: usize, mask: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let at = at % bytes.len();
    bytes[at] ^= mask;
    String::from_utf8(bytes).ok()
}

proptest! {
    #[test]
    fn an_unchanged_request_is_accepted(request in signed()) {
        prop_assert!(request.judged_with(&request.signature()).is_ok());
    }

    #[test]
    fn gx_011_any_flipped_byte_is_refused(request in signed(), part in 0_usize..7, at in any::<usize>(), mask in 1_u8..) {
        let signature = request.signature();
        let mut other = request.clone();
        let mut given = signature.clone();
        let changed = match part {
            0 => flipped(&other.installation, at, mask).map(|text| other.installation = text),
            1 => flipped(&other.method, at, mask).map(|text| other.method = text),
            2 => flipped(&other.path, at, mask).map(|text| other.path = text),
            3 => flipped(&other.timestamp, at, mask).map(|text| other.timestamp = text),
            4 => flipped(&other.nonce, at, mask).map(|text| other.nonce = text),
            5 => flipped(&given, at, mask).map(|text| given = text),
            _ if other.body.is_empty() => { other.body.push(mask); Some(()) }
            _ => { let at = at % other.body.len(); other.body[at] ^= mask; Some(()) }
        };
        // A flip that is no UTF-8 cannot be written into the parts that are text.
        prop_assume!(changed.is_some());
        prop_assert!(other.judged_with(&given).is_err());
    }

    #[test]
    fn moving_a_byte_between_neighbouring_parts_is_refused(request in signed()) {
        let signature = request.signature();
        let mut other = request.clone();
        let moved = other.path.pop().unwrap();
        other.timestamp.insert(0, moved);
        prop_assert!(other.judged_with(&signature).is_err());
    }
}
