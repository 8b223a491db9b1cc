//! Whether a mail is held back. The welcome mail is the engine's: it goes out once, when the machine is ready.

use domain::record::{Activation, ProductPolicy, Standing};
use domain::{ServiceView, id::EffectId};
use serde_json::json;

use super::bodies::MailPreSend;
use super::{Heard, Told};
use crate::call::fault;
use crate::gate::unavailable;
use crate::problem::Problem;

/// Answers `mail_pre_send`.
pub async fn pre_send(told: &Told<'_>, mail: &MailPreSend) -> Result<Heard, Problem> {
    let installation = &told.admitted.installation.id;
    let engine = told.state.engine();
    let view = engine
        .view(installation, mail.service.service)
        .await
        .map_err(|error| fault(&error))?;
    let policy = match &view {
        Some(view) => view.policy.clone(),
        None => engine
            .store()
            .product_policy(installation, mail.service.product)
            .await
            .map_err(|error| unavailable(&error))?,
    };
    Ok(Heard::data(
        json!({ "hold": holds(mail, &policy, view.as_ref()) }),
    ))
}

fn holds(mail: &MailPreSend, policy: &ProductPolicy, view: Option<&ServiceView>) -> bool {
    let ours = mail.service.is_ours() && policy.activation_in(&mail.service.module) != Activation::Accepted;
    let welcome = policy
        .welcome_template
        .as_ref()
        .or(mail.welcome_template.as_ref());
    // WHMCS sends the product's own template by itself; the policy's is the one that we send.
    let is_welcome =
        welcome == Some(&mail.template) || mail.welcome_template.as_ref() == Some(&mail.template);
    let applying = mail
        .applying
        .as_ref()
        .is_some_and(|id| id.parse::<EffectId>().is_ok());
    if !ours || !is_welcome || applying {
        return false;
    }
    mail.create_ran_in_this_request || view.is_some_and(awaits_its_mail)
}

/// The generation's mail is still to come.
fn awaits_its_mail(view: &ServiceView) -> bool {
    let service = &view.service;
    let living = !matches!(
        service.standing,
        Standing::Vacant | Standing::Ending | Standing::Ended
    );
    living && service.welcomed_generation < service.generation
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(change: impl FnOnce(&mut MailPreSend)) -> MailPreSend {
        let mut mail: MailPreSend = serde_json::from_value(json!({
            "service": { "service": 501, "client": 77, "product": 3, "server": 2, "order": 9, "order_status": "Pending",
                         "module": "VirtFusionDirect", "domainstatus": "Active", "domain": "", "address": "" },
            "template": "Welcome", "welcome_template": "Welcome", "create_ran_in_this_request": true,
        }))
        .unwrap();
        change(&mut mail);
        mail
    }

    fn held(change: impl FnOnce(&mut MailPreSend)) -> bool {
        holds(&mail(change), &ProductPolicy::default(), None)
    }

    #[test]
    fn gx_003_the_welcome_mail_of_a_create_is_held_until_the_engine_sends_it() {
        assert!(held(|_| ()));
        assert!(!held(
            |mail| mail.applying = Some("eff_0199c0de00007000a000000000000011".to_owned())
        ));
        assert!(held(|mail| mail.applying = Some("no effect".to_owned())));
    }

    #[test]
    fn other_mails_and_later_sendings_pass() {
        assert!(!held(|mail| mail.template = "Invoice".to_owned()));
        assert!(!held(|mail| mail.create_ran_in_this_request = false));
        assert!(!held(|mail| mail.service.module = "cpanel".to_owned()));
        assert!(!held(|mail| mail.welcome_template = None));
    }

    #[test]
    fn under_the_policy_accepted_the_mail_is_the_billing_systems() {
        let policy = ProductPolicy {
            activation: Some(Activation::Accepted),
            ..ProductPolicy::default()
        };
        assert!(!holds(&mail(|_| ()), &policy, None));
    }
}
