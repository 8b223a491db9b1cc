//! Row effects: state that is set, whatever it was before.

use domain::Secret;

use super::Halt;
use super::body::{Body, FieldBody, LinkBody};
use super::options;
use crate::books::{Books, CustomField, Field, Link, Service, Todo};

/// Sets the state. The caller holds the books and writes the outcome before it lets go.
pub fn write(
    books: &mut Books,
    service: Option<u64>,
    body: Body,
    secret: Option<Secret>,
) -> Result<(), Halt> {
    match body {
        Body::Todo {
            key,
            title,
            description,
            due,
            done,
        } => {
            books.todos.insert(
                key,
                Todo {
                    title,
                    description,
                    due,
                    done,
                },
            );
        }
        Body::SetStock {
            product,
            qty,
            after,
            counted,
        } => {
            let ordered = books
                .services
                .iter()
                .filter(|(id, service)| **id > after && service.product == product);
            let since = (ordered.count() as u64).saturating_sub(counted);
            let stock = books
                .shelves
                .get_mut(&product)
                .and_then(|shelf| shelf.stock.as_mut());
            let stock =
                stock.ok_or_else(|| Halt::Refused("Stock control is off for this product.".to_owned()))?;
            *stock = qty.saturating_sub(since);
        }
        Body::EnsureCustomField(field) => ensure_field(books, field),
        Body::UpsertOption(group) => options::ensure(books, &group),
        body => {
            let found = service.and_then(|service| books.services.get_mut(&service));
            let found = found.ok_or_else(|| Halt::Refused("There is no such service here.".to_owned()))?;
            return of_service(found, body, secret);
        }
    }
    Ok(())
}

fn of_service(service: &mut Service, body: Body, secret: Option<Secret>) -> Result<(), Halt> {
    match body {
        Body::SetHosting {
            dedicatedip,
            assignedips,
            domain_if_empty,
            domain,
            username,
        } => {
            set(&mut service.domain, domain);
            set(&mut service.dedicatedip, dedicatedip);
            set(&mut service.assignedips, assignedips);
            set(&mut service.username, username);
            if service.domain.is_empty() {
                set(&mut service.domain, domain_if_empty);
            }
        }
        Body::SetLink(link) => set_link(service, link),
        Body::SetCustomField { name, value } => {
            let field = service.customfields.get_mut(&name);
            *field.ok_or_else(|| Halt::Failed(format!("There is no custom field \"{name}\".")))? = value;
        }
        Body::SetPassword { .. } => service.password = secret,
        Body::SetUsage {
            diskusage,
            disklimit,
            bwusage,
            bwlimit,
        } => {
            let usage = &mut service.usage;
            set(&mut usage.diskusage, diskusage);
            set(&mut usage.disklimit, disklimit);
            set(&mut usage.bwusage, bwusage);
            set(&mut usage.bwlimit, bwlimit);
        }
        _ => {
            return Err(Halt::Refused(
                "This effect sets no state of a service.".to_owned(),
            ));
        }
    }
    Ok(())
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

fn set_link(service: &mut Service, body: LinkBody) {
    let LinkBody {
        generation,
        platform,
        upstream_id,
        identity,
        closed,
        mapped_id,
    } = body;
    // A link that is closed may name no machine any more.
    if !upstream_id.is_empty() {
        service.machines.insert(upstream_id.clone());
    }
    service.link = Some(Link {
        generation,
        platform,
        upstream_id,
        identity,
        closed,
        mapped_id,
    });
}

/// Also gives the field to the product's services, empty, as a billing system's tables would.
fn ensure_field(books: &mut Books, body: FieldBody) {
    let Some(shelf) = books.shelves.get_mut(&body.product) else {
        return;
    };
    let FieldBody {
        product,
        name,
        field_type,
        description,
        admin_only,
        required,
        show_on_order,
        sort_order,
    } = body;
    for service in books
        .services
        .values_mut()
        .filter(|service| service.product == product)
    {
        service.customfields.entry(name.clone()).or_default();
    }
    let field = Field {
        kind: field_type,
        description,
        admin_only,
        required,
    };
    shelf.fields.entry(name).or_insert(CustomField {
        field,
        show_on_order,
        sort_order,
    });
}
