//! Why a request is refused, in Katapult's envelope.

use serde_json::{Value, json};

use crate::wire::Answer;

/// A refusal.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    status: u16,
    code: &'static str,
    description: Option<String>,
    detail: Value,
}

/// What is wrong with an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issue {
    /// Of another type.
    InvalidScalar,
    /// It cannot be read.
    ParseError,
    /// It is read, and out of bounds.
    ValidationErrors,
    /// Not among the values that there are.
    InvalidEnumValue,
    /// Not a list.
    ArrayExpected,
    /// Not an object.
    ObjectExpected,
    /// A lookup that names nothing.
    MissingLookupValue,
    /// A lookup that names two things.
    AmbiguousLookupValues,
}

impl Issue {
    const fn word(self) -> &'static str {
        match self {
            Self::InvalidScalar => "invalid_scalar",
            Self::ParseError => "parse_error",
            Self::ValidationErrors => "validation_errors",
            Self::InvalidEnumValue => "invalid_enum_value",
            Self::ArrayExpected => "array_expected",
            Self::ObjectExpected => "object_expected",
            Self::MissingLookupValue => "missing_lookup_value",
            Self::AmbiguousLookupValues => "ambiguous_lookup_values",
        }
    }
}

impl Problem {
    /// Any refusal.
    pub fn new(status: u16, code: &'static str, description: &str, detail: Value) -> Self {
        Self {
            status,
            code,
            description: Some(description.to_owned()),
            detail,
        }
    }

    /// 404: there is no such thing. `code` is `{thing}_not_found`.
    pub fn missing(code: &'static str) -> Self {
        let thing = code.trim_end_matches("_not_found").replace('_', " ");
        let text = format!("No {thing} was found matching any of the criteria provided in the arguments");
        Self::new(404, code, &text, json!({}))
    }

    /// 404 of the router.
    pub fn no_route() -> Self {
        Self::new(
            404,
            "route_not_found",
            "No route matches the requested path",
            json!({}),
        )
    }

    /// 400: an argument is missing at `path`.
    pub fn missing_argument(path: &[String]) -> Self {
        let name = path.last().cloned().unwrap_or_default();
        let detail = json!({ "path": path, "argument": { "name": name, "description": null } });
        Self::new(
            400,
            "missing_required_argument",
            "A required argument is missing",
            detail,
        )
    }

    /// 400: an argument at `path` cannot be used.
    pub fn invalid_argument(path: &[String], issue: Issue, errors: &[&str]) -> Self {
        let name = path.last().cloned().unwrap_or_default();
        let detail = json!({
            "path": path,
            "index": null,
            "issue": issue.word(),
            "issue_description": format!("The argument {name} cannot be used: {}", issue.word()),
            "errors": errors,
            "argument": { "id": name, "name": name, "description": null },
        });
        Self::new(
            400,
            "invalid_argument",
            "An argument has a value that cannot be used",
            detail,
        )
    }

    /// 400: the body is no JSON object.
    pub fn invalid_body(details: &str) -> Self {
        let detail = json!({ "details": details });
        Self::new(
            400,
            "invalid_json_body",
            "The body cannot be read as JSON",
            detail,
        )
    }

    /// 403: not by this caller, or not for this thing.
    pub fn denied(details: &str) -> Self {
        let text = "The caller is not permitted to do this";
        Self::new(403, "permission_denied", text, json!({ "details": details }))
    }

    /// 406: a task cannot be queued.
    pub fn not_queued(details: &str) -> Self {
        let text = "The background task that this needs could not be queued";
        Self::new(406, "task_queueing_error", text, json!({ "details": details }))
    }

    /// 406: it lies in the trash.
    pub fn in_trash(trash: &Value) -> Self {
        let text = "The object is in the trash and has to be restored first";
        Self::new(406, "object_in_trash", text, json!({ "trash_object": trash }))
    }

    /// 422: what is asked for cannot be, and why.
    pub fn invalid(errors: &[String]) -> Self {
        let text = "What was asked for is not valid";
        Self::new(422, "validation_error", text, json!({ "errors": errors }))
    }

    /// 429.
    pub fn too_many(permitted: u32) -> Self {
        let text = "The token has made as many requests as it may in a minute";
        Self::new(
            429,
            "rate_limit_reached",
            text,
            json!({ "total_permitted": permitted }),
        )
    }

    /// 5xx: the platform's own fault.
    pub fn broken(status: u16) -> Self {
        if status == 403 {
            return Self::denied("This is not permitted at present");
        }
        if status == 503 {
            let text = "The service is being worked on and will be back";
            return Self::new(503, "service_unavailable", text, json!({}));
        }
        Self {
            status,
            code: "unhandled_exception",
            description: None,
            detail: json!({}),
        }
    }

    /// The answer.
    pub fn answer(&self) -> Answer {
        let error = json!({
            "code": self.code,
            "description": self.description,
            "detail": self.detail,
        });
        Answer::json(self.status, &json!({ "error": error }))
            .with_header("cache-control", "no-cache")
            .with_header("x-api-schema", "json-error")
    }
}
