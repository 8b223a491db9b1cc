//! An effect as the billing side reads it.

use domain::record::{BuildHook, Effect, EffectBody, Module, RerunFunction, Service};
use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Value, json};

use crate::vocabulary::Vocabulary;

/// Writes an effect. `generation` is that of the effect's operation, for links; `service` is the one that it is about.
pub fn write(effect: &Effect, generation: Option<u32>, service: Option<&Service>) -> Value {
    let module = module(&effect.body, service);
    let (body, guard) = match &effect.body {
        EffectBody::LogActivity { message } => (
            json!({ "message": message, "client": service.map(|service| service.client_id) }),
            None,
        ),
        EffectBody::RunHook { hook, arguments } => (fired(module, hook, arguments), None),
        _ => parts(effect, generation),
    };
    let mut written = json!({
        "id": effect.id,
        "kind": effect.body.kind(),
        "class": class(&effect.body),
        "module": module,
        "service": effect.service.map(|(_, billing_id)| billing_id),
        "body": body,
    });
    if let (Some(guard), Some(fields)) = (guard, written.as_object_mut()) {
        fields.insert("guard".to_owned(), guard);
    }
    written
}

/// The classes of the protocol. A line of the to-do list has a key, so writing it again changes nothing.
fn class(body: &EffectBody) -> &'static str {
    match body {
        EffectBody::Todo { .. } => "row",
        body => body.class().as_str(),
    }
}

/// The module of the effect's service. What is about no service is any module's; the first one stands for them.
fn module<'a>(body: &'a EffectBody, service: Option<&'a Service>) -> &'a str {
    match (body, service) {
        (EffectBody::SetLink { module, .. }, _) => module,
        (EffectBody::UpsertOption { option }, _) => option["module"].as_str().unwrap_or_default(),
        (_, Some(service)) => &service.module,
        (_, None) => Module::VirtFusionDirect.as_str(),
    }
}

/// A hook in the module's words. Hooks that are not about a build keep their names and arguments.
fn fired(module: &str, hook: &str, arguments: &Value) -> Value {
    let module: Option<Module> = module.parse().ok();
    let about = hook.parse::<BuildHook>().ok();
    let (Some(module), Some(hook)) = (module, about) else {
        return json!({ "hook": hook, "vars": arguments });
    };
    let name = format!("{}{hook}", Vocabulary::of(module).hooks);
    let of = |key: &str| arguments.get(key).cloned().unwrap_or_default();
    json!({ "hook": name, "vars": {
        "service": of("service"), "vm_build_id": of("build"), "vm_build_started_at": of("ordered_at"),
        "vm_id": of("machine"), "vm_state": of("state"), "hostname": of("hostname"), "ips": of("addresses"),
        "reason": of("reason"),
    } })
}

fn parts(effect: &Effect, generation: Option<u32>) -> (Value, Option<Value>) {
    match &effect.body {
        EffectBody::SetLink { .. } => (link(&effect.body, generation), None),
        EffectBody::AcceptOrder {
            order_id,
            autosetup,
            sendemail,
        } => (
            json!({ "order": order_id, "autosetup": autosetup, "sendemail": sendemail }),
            Some(json!({ "order_status": ["Pending"] })),
        ),
        EffectBody::Rerun { function, status } => {
            let mut guard = json!({ "domainstatus": [status] });
            if *function == RerunFunction::CreateAccount {
                guard["order_status_not"] = json!(["Cancelled", "Fraud"]);
            }
            (json!({ "function": word(*function) }), Some(guard))
        }
        EffectBody::Todo { title, description } => (
            json!({
                "key": effect.id,
                "title": title,
                "description": description,
                "due": effect.created_at.to_string().get(..10).unwrap_or_default(),
                "done": false,
            }),
            None,
        ),
        body => (plain(body), None),
    }
}

fn link(body: &EffectBody, generation: Option<u32>) -> Value {
    let EffectBody::SetLink {
        resource_id,
        identity,
        platform,
        server_id,
        object,
        ..
    } = body
    else {
        return Value::Null;
    };
    let object = object.as_ref().filter(|object| !object.is_null()).map(pretty);
    json!({
        "generation": generation.unwrap_or(1),
        "platform": platform,
        "server": server_id.unwrap_or(0),
        "upstream_id": resource_id.as_deref().unwrap_or_default(),
        "identity": identity.as_deref().unwrap_or_default(),
        "closed": resource_id.is_none(),
        "mapped_id": resource_id.as_deref().and_then(mapped),
        "object": object,
    })
}

/// The id as the module's own table has it: a number where it is one.
fn mapped(id: &str) -> Option<Value> {
    match id.parse::<u64>() {
        Ok(number) => Some(json!(number)),
        Err(_) => (!id.is_empty()).then(|| json!(id)),
    }
}

/// As the original module stores it: indented by four.
fn pretty(object: &Value) -> String {
    let mut text = Vec::new();
    let formatter = PrettyFormatter::with_indent(b"    ");
    let mut serializer = Serializer::with_formatter(&mut text, formatter);
    match object.serialize(&mut serializer) {
        Ok(()) => String::from_utf8(text).unwrap_or_default(),
        Err(_) => object.to_string(),
    }
}

/// The kinds whose body is said in one breath.
fn plain(body: &EffectBody) -> Value {
    match body {
        EffectBody::EnsureCustomField {
            product_id,
            name,
            field_type,
            admin_only,
            show_order,
        } => json!({
            "product": product_id, "name": name, "field_type": field_type, "description": "",
            "admin_only": admin_only, "required": false, "show_on_order": show_order, "sort_order": 0,
        }),
        EffectBody::SetStock {
            product_id,
            qty,
            after,
            counted,
        } => json!({ "product": product_id, "qty": qty, "after": after, "counted": counted }),
        EffectBody::UpsertOption { option } => option.clone(),
        EffectBody::SendMail { template, fields } => json!({ "template": template, "vars": fields }),
        EffectBody::LogModuleCall {
            action,
            request,
            response,
        } => json!({
            "action": action, "request": text(request), "response": text(response), "processed": "", "mask": [],
        }),
        EffectBody::OpenTicket { subject, message } => json!({
            "client": null, "department": null, "subject": subject, "message": message, "priority": "Medium",
        }),
        // The rest is stored in the protocol's own words; only the tag is not part of the body.
        body => {
            let mut value = serde_json::to_value(body).unwrap_or_default();
            if let Some(fields) = value.as_object_mut() {
                fields.remove("kind");
            }
            value
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

const fn word(function: RerunFunction) -> &'static str {
    match function {
        RerunFunction::CreateAccount => "create",
        RerunFunction::SuspendAccount => "suspend",
        RerunFunction::UnsuspendAccount => "unsuspend",
        RerunFunction::TerminateAccount => "terminate",
        RerunFunction::ChangePackage => "change_package",
    }
}

#[cfg(test)]
mod tests;
