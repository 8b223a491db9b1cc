//! What the small platform answers to each request.

use std::time::Duration;

use domain::Moment;
use domain::http::{Method, Request};
use serde_json::{Map, Value, json};

use super::{Answer, Behaviour, Build, PARENT, Refusal, State, Vm, no, text};

impl State {
    fn id(&mut self, prefix: &str) -> String {
        self.count += 1;
        format!("{prefix}_{:016}", self.count)
    }

    /// What time does: builds become machines, tasks show.
    pub(super) fn advance(&mut self, now: Moment, behaviour: &Behaviour) {
        for at in 0..self.builds.len() {
            let build = self.builds[at].clone();
            if build.machine.is_some() || now < build.asked_at + Duration::from_secs(15) {
                continue;
            }
            let id = self.id("vm");
            self.builds[at].machine = Some(id.clone());
            let hostname = build.body["hostname"].as_str();
            let hostname = hostname.map_or_else(|| format!("host-{id}"), ToOwned::to_owned);
            let annotations = build.body["annotations"].clone();
            let size = build.body["disks"][0]["size_in_gb"].as_u64();
            let policies = vec![self.id("dbp"), self.id("dbp"), self.id("dbp")];
            self.machines.push(Vm {
                name: hostname.clone(),
                hostname,
                id,
                organization: build.organization,
                package: build.body["package"]["permalink"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
                disk: size.unwrap_or(25),
                made_at: build.asked_at + Duration::from_secs(15),
                annotations: if behaviour.annotations_reach {
                    annotations
                } else {
                    json!([])
                },
                running: false,
                turns: (!behaviour.builds_fail).then(|| (build.asked_at + Duration::from_secs(37), true)),
                trashed: None,
                policies,
                resets: 0,
            });
        }
        for vm in &mut self.machines {
            if let Some((at, running)) = vm.turns
                && now >= at
            {
                vm.running = running;
                vm.turns = None;
            }
        }
    }

    pub(super) fn route(
        &mut self,
        now: Moment,
        behaviour: &Behaviour,
        request: &Request,
        arguments: &Map<String, Value>,
    ) -> Answer {
        match (request.method, request.path.as_str()) {
            (Method::Get, "/organizations") => Ok((
                200,
                json!({ "organizations": [
                { "id": PARENT, "sub_domain": "acme", "managed": false } ] }),
            )),
            (Method::Get, "/organizations/organization") => self.organization(arguments),
            (Method::Get, "/organizations/organization/managed") => {
                parent(arguments)?;
                let rows: Vec<Value> = self.organizations.iter().map(row_of).collect();
                Ok((200, paged(arguments, behaviour, "organizations", &rows)))
            }
            (Method::Post, "/organizations/organization/managed") => {
                self.make_organization(behaviour, arguments)
            }
            (Method::Get, "/virtual_machine_packages/virtual_machine_package") => catalogue(
                arguments,
                "virtual_machine_package",
                &["rock-3", "rock-6"],
                "package_not_found",
            ),
            (Method::Get, "/data_centers/data_center") => catalogue(
                arguments,
                "data_center",
                &["uk-lon-01", "nl-ams-01"],
                "data_center_not_found",
            ),
            (Method::Get, "/disk_templates/disk_template") => catalogue(
                arguments,
                "disk_template",
                &["templates/ubuntu-22-04"],
                "disk_template_not_found",
            ),
            (Method::Post, "/organizations/organization/virtual_machines/build") => {
                self.build(now, arguments)
            }
            (Method::Get, "/virtual_machines/builds/virtual_machine_build") => {
                self.read_build(now, behaviour, arguments)
            }
            (Method::Get, "/organizations/organization/virtual_machines") => self.list(behaviour, arguments),
            (_, path) if path.starts_with("/virtual_machines/virtual_machine") => {
                self.machine(now, behaviour, request, arguments)
            }
            (Method::Get, "/tasks/task") => {
                let id = text(arguments, "task", "id").unwrap_or_default();
                Ok((200, json!({ "task": { "id": id, "status": "completed" } })))
            }
            (Method::Put, "/disks/disk/resize") => self.resize(arguments),
            (Method::Delete, "/disk_backup_policies/disk_backup_policy") => self.drop_policy(arguments),
            (Method::Get, "/trash_objects/trash_object") => self.trash(arguments, false),
            (Method::Post, "/trash_objects/trash_object/restore") => self.trash(arguments, true),
            _ => no(404, "route_not_found"),
        }
    }

    fn organization(&self, arguments: &Map<String, Value>) -> Answer {
        let wanted = arguments.get("organization").cloned().unwrap_or_default();
        if wanted["sub_domain"] == "acme" || wanted["id"] == PARENT {
            return Ok((
                200,
                json!({ "organization": { "id": PARENT, "sub_domain": "acme", "managed": false } }),
            ));
        }
        let found = self
            .organizations
            .iter()
            .find(|(id, sub_domain, _)| wanted["id"] == *id || wanted["sub_domain"] == *sub_domain);
        match found {
            Some(one) => Ok((200, json!({ "organization": row_of(one) }))),
            None => no(404, "organization_not_found"),
        }
    }

    fn make_organization(&mut self, behaviour: &Behaviour, arguments: &Map<String, Value>) -> Answer {
        parent(arguments)?;
        let (Some(name), Some(sub_domain)) = (
            arguments.get("name").and_then(Value::as_str),
            arguments.get("sub_domain").and_then(Value::as_str),
        ) else {
            return no(400, "missing_required_argument");
        };
        let is_strangers = self.refused_names < behaviour.strangers;
        if is_strangers || self.organizations.iter().any(|(_, taken, _)| taken == sub_domain) {
            self.refused_names += usize::from(is_strangers);
            let errors = json!({ "errors": ["Sub domain has already been taken"] });
            return Err((422, "validation_error", errors));
        }
        let one = (self.id("org"), sub_domain.to_owned(), name.to_owned());
        let row = row_of(&one);
        self.organizations.push(one);
        Ok((
            201,
            json!({ "organization": row, "annotations": arguments["annotations"] }),
        ))
    }

    fn build(&mut self, now: Moment, arguments: &Map<String, Value>) -> Answer {
        let organization = text(arguments, "organization", "id")
            .unwrap_or_default()
            .to_owned();
        if !self.organizations.iter().any(|(id, ..)| *id == organization) {
            return no(404, "organization_not_found");
        }
        let hostname = arguments.get("hostname").and_then(Value::as_str);
        let is_taken = self
            .machines
            .iter()
            .any(|vm| vm.organization == organization && Some(vm.hostname.as_str()) == hostname);
        if is_taken {
            let errors = json!({ "errors": ["Hostname has already been taken"] });
            return Err((422, "validation_error", errors));
        }
        let id = self.id("vmbuild");
        self.builds.push(Build {
            id: id.clone(),
            organization,
            body: Value::Object(arguments.clone()),
            asked_at: now,
            machine: None,
        });
        let build = json!({ "id": id, "state": "pending" });
        let task = json!({ "id": "task_b", "name": "Build virtual machine", "status": "pending" });
        Ok((
            201,
            json!({
                "task": task, "build": build, "virtual_machine_build": build,
                "hostname": hostname.unwrap_or("generated"), "annotations": arguments["annotations"],
            }),
        ))
    }

    fn read_build(&self, now: Moment, behaviour: &Behaviour, arguments: &Map<String, Value>) -> Answer {
        let wanted = text(arguments, "virtual_machine_build", "id").unwrap_or_default();
        let Some(build) = self.builds.iter().find(|build| build.id == wanted) else {
            return no(404, "build_not_found");
        };
        let state = match now.since(build.asked_at).as_secs() {
            0..5 => "pending",
            5..37 => "building",
            _ if behaviour.builds_fail => "failed",
            _ => "complete",
        };
        let machine = build.machine.as_ref().map(|id| json!({ "id": id }));
        let read = json!({ "id": build.id, "state": state, "virtual_machine": machine });
        Ok((
            200,
            json!({ "virtual_machine_build": read, "annotations": build.body["annotations"] }),
        ))
    }

    fn list(&self, behaviour: &Behaviour, arguments: &Map<String, Value>) -> Answer {
        let organization = text(arguments, "organization", "id").unwrap_or_default();
        if !self.organizations.iter().any(|(id, ..)| id == organization) {
            return no(404, "organization_not_found");
        }
        let filter = arguments.get("annotations").filter(|_| behaviour.filters);
        // `annotations[][key]` comes apart as one field named `][key`.
        let filter = filter.map(|filter| json!({ "key": filter["][key"], "value": filter["][value"] }));
        let bears = |vm: &&Vm| {
            let wanted = |wanted: &Value| vm.annotations.as_array().is_some_and(|all| all.contains(wanted));
            filter.as_ref().is_none_or(wanted)
        };
        let here = self
            .machines
            .iter()
            .filter(|vm| vm.organization == organization && vm.trashed.is_none());
        let rows: Vec<Value> = here
            .filter(bears)
            .map(|vm| {
                json!({ "id": vm.id, "hostname": vm.hostname, "created_at": vm.made_at.as_seconds(), "ip_addresses": [] })
            })
            .collect();
        Ok((200, paged(arguments, behaviour, "virtual_machines", &rows)))
    }

    fn machine(
        &mut self,
        now: Moment,
        behaviour: &Behaviour,
        request: &Request,
        arguments: &Map<String, Value>,
    ) -> Answer {
        let domains: Vec<(String, String)> = self
            .organizations
            .iter()
            .map(|(id, sub_domain, _)| (id.clone(), sub_domain.clone()))
            .collect();
        let fqdn = |vm: &Vm| {
            let of = domains.iter().find(|(id, _)| *id == vm.organization);
            format!(
                "{}.{}.katapult.cloud",
                vm.hostname,
                of.map_or("", |(_, sub_domain)| sub_domain)
            )
        };
        let task = self.id("task");
        let wanted = arguments.get("virtual_machine").cloned().unwrap_or_default();
        let found = self
            .machines
            .iter_mut()
            .find(|vm| wanted["id"] == vm.id || wanted["fqdn"] == fqdn(vm));
        let hidden =
            |vm: &&mut Vm| behaviour.hides_trash && vm.trashed.is_some() && !wanted["fqdn"].is_null();
        let Some(vm) = found.filter(|vm| !hidden(vm)) else {
            return no(404, "virtual_machine_not_found");
        };
        if vm.trashed.is_some() {
            let object = json!({ "trash_object": { "id": "trsh_1", "object_id": vm.id } });
            return Err((406, "object_in_trash", object));
        }
        let action = request.path.rsplit('/').next().unwrap_or_default();
        let long = json!({ "task": { "id": task, "name": action, "status": "pending" } });
        match (request.method, action) {
            (Method::Get, "virtual_machine") => {
                let fqdn = fqdn(vm);
                Ok((
                    200,
                    json!({ "virtual_machine": full(vm, &fqdn), "annotations": vm.annotations }),
                ))
            }
            (Method::Patch, "virtual_machine") => {
                let named = text(arguments, "properties", "name").unwrap_or_default();
                named.clone_into(&mut vm.name);
                let fqdn = fqdn(vm);
                Ok((
                    200,
                    json!({ "virtual_machine": full(vm, &fqdn), "annotations": [] }),
                ))
            }
            (Method::Delete, "virtual_machine") if vm.running => no(403, "permission_denied"),
            (Method::Delete, "virtual_machine") => {
                vm.trashed = Some(now);
                Ok((
                    200,
                    json!({ "trash_object": { "id": "trsh_1", "object_id": vm.id } }),
                ))
            }
            (Method::Get, "disk_backup_policies") => {
                let rows: Vec<Value> = vm.policies.iter().map(|id| json!({ "id": id })).collect();
                Ok((200, paged(arguments, behaviour, "disk_backup_policies", &rows)))
            }
            (Method::Get, "disks") => {
                let disk = json!({ "disk": { "id": format!("disk_{}", vm.id), "size_in_gb": vm.disk }, "boot": true });
                Ok((200, paged(arguments, behaviour, "disks", &[disk])))
            }
            (Method::Put, "package") => {
                vm.package = wanted_package(arguments);
                Ok((200, long))
            }
            (Method::Post, "console_sessions") if !vm.running => Err((
                406,
                "virtual_machine_must_be_started",
                json!({ "current_state": "stopped" }),
            )),
            (Method::Post, "console_sessions") => Ok((
                201,
                json!({ "console_session": {
                "id": "c", "url": behaviour.console, "expires_at": 1, "virtual_machine": { "id": vm.id } } }),
            )),
            (Method::Post, "start" | "stop" | "shutdown" | "reset") => {
                switch(vm, action, now, behaviour)?;
                Ok((200, long))
            }
            _ => no(404, "route_not_found"),
        }
    }

    fn resize(&mut self, arguments: &Map<String, Value>) -> Answer {
        let wanted = text(arguments, "disk", "id").unwrap_or_default();
        let task = self.id("task");
        let Some(vm) = self
            .machines
            .iter_mut()
            .find(|vm| format!("disk_{}", vm.id) == wanted)
        else {
            return no(404, "disk_not_found");
        };
        if vm.running != (arguments["resize_method"] == "online") {
            return no(406, "task_queueing_error");
        }
        vm.disk = arguments["size_in_gb"].as_u64().unwrap_or_default();
        Ok((200, json!({ "task": { "id": task, "status": "pending" } })))
    }

    fn drop_policy(&mut self, arguments: &Map<String, Value>) -> Answer {
        let wanted = text(arguments, "disk_backup_policy", "id").unwrap_or_default();
        for vm in &mut self.machines {
            if let Some(at) = vm.policies.iter().position(|policy| policy == wanted) {
                vm.policies.remove(at);
                return Ok((200, json!({ "disk_backup_policy": { "id": wanted } })));
            }
        }
        no(404, "disk_backup_policy_not_found")
    }

    fn trash(&mut self, arguments: &Map<String, Value>, restore: bool) -> Answer {
        let wanted = text(arguments, "trash_object", "object_id").unwrap_or_default();
        let found = self
            .machines
            .iter_mut()
            .find(|vm| vm.id == wanted && vm.trashed.is_some());
        let Some(vm) = found else {
            return no(404, "trash_object_not_found");
        };
        let until = vm.trashed.map(|at| (at + Duration::from_hours(48)).as_seconds());
        if restore {
            vm.trashed = None;
        }
        let object = json!({ "id": "trsh_1", "object_id": wanted, "object_type": "VirtualMachine", "keep_until": until });
        Ok((200, json!({ "trash_object": object })))
    }
}

/// A power action: refused while another is at work and where it changes nothing.
fn switch(vm: &mut Vm, action: &str, now: Moment, behaviour: &Behaviour) -> Result<(), Refusal> {
    let is_wrong = match action {
        "start" => vm.running,
        _ => !vm.running,
    };
    if behaviour.refuses_tasks || vm.turns.is_some() || is_wrong {
        let details = json!({ "details": "The machine cannot do that at present" });
        return Err((406, "task_queueing_error", details));
    }
    let (after, ends) = match action {
        "start" => (12, true),
        "stop" => (4, false),
        "shutdown" if behaviour.deaf => return Ok(()),
        "shutdown" => (16, false),
        _ => {
            vm.resets += 1;
            (2, true)
        }
    };
    vm.turns = Some((now + Duration::from_secs(after), ends));
    Ok(())
}

fn parent(arguments: &Map<String, Value>) -> Result<(), Refusal> {
    let is_it = text(arguments, "organization", "id") == Some(PARENT)
        || text(arguments, "organization", "sub_domain") == Some("acme");
    if is_it {
        Ok(())
    } else {
        no(404, "organization_not_found")
    }
}

fn row_of((id, sub_domain, name): &(String, String, String)) -> Value {
    json!({ "id": id, "name": name, "sub_domain": sub_domain, "managed": true,
            "infrastructure_domain": format!("{sub_domain}.katapult.cloud") })
}

fn wanted_package(arguments: &Map<String, Value>) -> String {
    text(arguments, "virtual_machine_package", "permalink")
        .unwrap_or_default()
        .to_owned()
}

fn catalogue(arguments: &Map<String, Value>, thing: &str, has: &[&str], missing: &'static str) -> Answer {
    let wanted = text(arguments, thing, "permalink").unwrap_or_default();
    if !has.contains(&wanted) {
        return no(404, missing);
    }
    Ok((
        200,
        json!({ thing: { "id": "x_1", "name": "Ubuntu 22.04", "permalink": wanted, "size_in_gb": 10 } }),
    ))
}

fn full(vm: &Vm, fqdn: &str) -> Value {
    let state = match (vm.turns, vm.running) {
        (Some((_, true)), _) => "starting",
        (Some((_, false)), _) => "stopping",
        (None, true) => "started",
        (None, false) => "stopped",
    };
    json!({
        "id": vm.id, "name": vm.name, "hostname": vm.hostname, "fqdn": fqdn, "created_at": vm.made_at.as_seconds(),
        "initial_root_password": "k3Jd8sQpWx", "state": state, "suspended": false,
        "zone": { "data_center": { "permalink": "uk-lon-01" } },
        "organization": { "id": vm.organization, "managed": true },
        "package": { "permalink": vm.package, "monthly_bandwidth_allowance_in_gb": 2048 },
        "memory_in_gb": 3, "cpu_cores": 1, "ip_addresses": [{ "address": "192.0.2.10" }],
    })
}

fn paged(arguments: &Map<String, Value>, behaviour: &Behaviour, key: &str, rows: &[Value]) -> Value {
    let number = |name: &str| arguments.get(name)?.as_str()?.parse::<usize>().ok();
    let (page, size) = (
        number("page").unwrap_or(1),
        number("per_page").unwrap_or(30).min(behaviour.page),
    );
    let pages = rows.len().div_ceil(size);
    let shown: Vec<Value> = rows.iter().skip((page - 1) * size).take(size).cloned().collect();
    json!({
        "pagination": { "current_page": page, "total_pages": pages, "total": rows.len(), "per_page": size, "large_set": false },
        key: shown,
    })
}
