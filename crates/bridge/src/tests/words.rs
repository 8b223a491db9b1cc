//! Messages as the billing side sends them.

use serde_json::{Value, json};

/// The session of every browser in these tests.
pub const SESSION: &str = "b3da91161179ed59cf905908368d63cff2927798cd8db5260fe6f9c414710ac9";

/// The context of a message of `actor`.
pub fn context(actor: &str) -> Value {
    json!({
        "protocol": 1, "module_version": "0.1.0", "whmcs_version": "9.0.3-release.1", "actor": actor,
        "client_id": null, "user_id": null, "permissions": [], "admin_id": null, "admin_role": null,
        "session": null, "ip": null, "language": "english", "system_url": "https://shop.example.test/",
        "correlation": "cafebabecafebabe",
    })
}

/// The row of service 501.
pub fn row() -> Value {
    json!({
        "service": 501, "client": 77, "product": 3, "server": 2, "order": 9, "order_status": "Pending",
        "module": "VirtFusionDirect", "domainstatus": "Active", "domain": "web1.example.test", "address": "",
        "mapped_id": null,
    })
}

/// A call of a function of service 501, or of one that is about no service.
pub fn message(function: &str, change: impl FnOnce(&mut Value)) -> Value {
    let params = match function {
        "TestConnection" => json!({ "serverid": 2, "serverhostname": "", "serverpassword": "" }),
        "UsageUpdate" => json!({ "serverid": 2, "after": 0 }),
        _ => json!({
            "serviceid": 501, "userid": 77, "pid": 3, "serverid": 2, "orderid": 9, "domain": "web1.example.test",
            "configoption1": "1", "configoption2": "1", "configoption3": "1", "configoption4": "0|Disabled",
            "configoption5": "0", "configoption6": "100", "configoption7": "10", "configoptions": {},
            "option_mapping": {}, "customfields": { "Initial Operating System": "49" },
            "clientsdetails": { "firstname": "Jane", "lastname": "Doe", "companyname": "",
                                "email": "jane@example.test", "country": "DE", "language": "" },
            "mapped_id": null,
        }),
    };
    let status = match function {
        "CreateAccount" | "validateServerConfig" => "Pending",
        "TestConnection" | "UsageUpdate" => "",
        "UnsuspendAccount" => "Suspended",
        _ => "Active",
    };
    let mut message = json!({
        "module": "VirtFusionDirect", "function": function, "params": params, "domainstatus": status,
        "applying": null, "budget_ms": 23_000, "context": context("admin"),
    });
    message["context"]["admin_id"] = json!(3);
    change(&mut message);
    message
}
