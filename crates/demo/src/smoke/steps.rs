//! How the steps of a smoke run are taken.

use std::time::Duration;

use super::SmokeConfig;
use super::step::Step;
use crate::books::{Service, Status};
use crate::forward::token_in;
use crate::function::Function;
use crate::module::WELCOME;
use crate::orders::Wanted;
use crate::shop::{Principal, Shop};

/// How often the books are looked at while something is waited for.
pub(super) const LOOK: Duration = Duration::from_millis(50);
/// How often an attempt that was refused for now is repeated.
const AGAIN: Duration = Duration::from_millis(500);
/// How many such attempts there are.
const ATTEMPTS: u32 = 60;
/// The shop's one client.
const CLIENT: u64 = 1;

/// What a run knows so far.
pub struct Run {
    config: SmokeConfig,
    session: String,
    pub(super) service: u64,
    token: String,
    machines_before: u64,
}

impl Run {
    pub fn new(config: SmokeConfig, session: String) -> Self {
        Self {
            config,
            session,
            service: 0,
            token: String::new(),
            machines_before: 0,
        }
    }

    /// Takes a step: what came of it, or why it failed.
    pub async fn take(&mut self, step: Step) -> Result<String, String> {
        match step {
            Step::Connect => self.connect().await,
            Step::Panel => self.panel().await,
            Step::Order => self.order().await,
            Step::Ready => self.ready().await,
            Step::ChangePackage => self.change_package().await,
            Step::PowerCycle => self.power_cycle().await,
            Step::Suspend => self.function(Function::Suspend, Status::Suspended).await,
            Step::PowerRefused => self.power_refused().await,
            Step::Unsuspend => self.function(Function::Unsuspend, Status::Active).await,
            Step::Terminate => self.function(Function::Terminate, Status::Terminated).await,
        }
    }

    /// How many machines the panel made during the run: by the simulator's books where there are any, else by the
    /// links that the engine told.
    pub async fn machines(&self) -> Result<u64, String> {
        if let Some(sim) = &self.shop().sim {
            return sim
                .machines_created()
                .await
                .map(|count| count.saturating_sub(self.machines_before));
        }
        Ok(self
            .with_service(|service| service.machines.len() as u64)
            .unwrap_or(0))
    }

    /// Whether a machine may be left behind.
    pub fn has_something_to_end(&self) -> bool {
        self.with_service(|service| service.status != Status::Terminated)
            .unwrap_or(false)
    }

    async fn connect(&mut self) -> Result<String, String> {
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            match self.shop().check_connection(&self.admin()).await {
                Ok(engine) => {
                    if let Some(sim) = &self.shop().sim {
                        self.machines_before = sim.machines_created().await?;
                    }
                    return Ok(format!(
                        "engine {}",
                        engine["engine_version"].as_str().unwrap_or("of unknown version")
                    ));
                }
                Err(error) => last = error.to_string(),
            }
            tokio::time::sleep(AGAIN).await;
        }
        Err(last)
    }

    /// Proposes the panel where there is a token to do it with, then tests it as an approved one.
    async fn panel(&mut self) -> Result<String, String> {
        let admin = self.admin();
        let proposed = match &self.shop().config.panel.token {
            Some(_) => Some(self.shop().test_connection(true, &admin).await),
            None => None,
        };
        if proposed.as_deref() == Some("success") {
            return Ok("proposed, approved and tested".to_owned());
        }
        let tested = self.shop().test_connection(false, &admin).await;
        match (tested.as_str(), proposed) {
            ("success", _) => Ok("tested".to_owned()),
            (_, Some(proposal)) => Err(format!("{proposal} Then: {tested}")),
            (_, None) => Err(tested),
        }
    }

    async fn order(&mut self) -> Result<String, String> {
        let wanted = Wanted {
            product: self.config.product,
            hostname: self.config.hostname.clone(),
            template: self.config.template,
            ssh_key: String::new(),
        };
        self.service = self.shop().enter(CLIENT, &wanted).map_err(str::to_owned)?;
        let answer = self.shop().activate(self.service).await.unwrap_or_default();
        self.settle_or(Function::Create, &answer)?;
        Ok(format!("service {}: {answer}", self.service))
    }

    /// Ready is when billing counts it as active, the address is there and the welcome mail went out.
    async fn ready(&mut self) -> Result<String, String> {
        loop {
            let (active, address) = self
                .with_service(|service| (service.status == Status::Active, service.dedicatedip.clone()))
                .ok_or("the service is gone")?;
            let welcomed = {
                let books = self.shop().books();
                books
                    .mails
                    .iter()
                    .any(|mail| mail.service == self.service && mail.template == WELCOME)
            };
            if active && welcomed && !address.is_empty() {
                return Ok(format!("address {address}"));
            }
            if !active {
                self.check(Function::Create)?;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn change_package(&mut self) -> Result<String, String> {
        let upgrade = self.config.upgrade;
        let admin = self.admin();
        let answer = self.shop().upgrade(self.service, upgrade, &admin).await;
        let answer = answer.ok_or("there is no such product")?;
        self.settle_or(Function::ChangePackage, &answer)?;
        self.succeeded(Function::ChangePackage).await?;
        Ok(format!(
            "product {} became product {upgrade}",
            self.config.product
        ))
    }

    /// The client restarts the machine, with the token that the engine put into the client page. A refusal may only
    /// mean "busy", so it is tried again; an answer that was lost is not.
    async fn power_cycle(&mut self) -> Result<String, String> {
        let client = self.client();
        let mut last = "the client page holds no form with a token".to_owned();
        for _ in 0..ATTEMPTS {
            match self
                .shop()
                .client_area(self.service, &client)
                .await
                .map(|html| token_in(&html))
            {
                Ok(Some(token)) => self.token = token,
                Ok(None) => {}
                Err(sentence) => last = sentence,
            }
            if !self.token.is_empty() {
                match self.power("restart").await? {
                    Ok(message) => return Ok(message),
                    Err(sentence) => last = sentence,
                }
            }
            tokio::time::sleep(AGAIN).await;
        }
        Err(last)
    }

    async fn power(&self, action: &str) -> Result<Result<String, String>, String> {
        let answer = self
            .shop()
            .power(self.service, action, &self.token, &self.client())
            .await;
        answer.map_err(|error| error.to_string())
    }

    /// A suspended server must not be booted by its client, and the refusal must say why.
    async fn power_refused(&mut self) -> Result<String, String> {
        match self.power("boot").await? {
            Ok(message) => Err(format!("a suspended server was booted by its client: {message}")),
            Err(sentence) if sentence.contains("suspended") => Ok(sentence),
            Err(sentence) => Err(format!(
                "power was refused, but not because of the suspension: {sentence}"
            )),
        }
    }

    async fn function(&mut self, function: Function, then: Status) -> Result<String, String> {
        let admin = self.admin();
        let answer = self.shop().perform(self.service, function, &admin, None).await;
        let answer = answer.ok_or("there is no such service")?;
        self.settle_or(function, &answer)?;
        self.succeeded(function).await?;
        let status = self
            .with_service(|service| service.status)
            .ok_or("the service is gone")?;
        if status == then {
            Ok(answer)
        } else {
            Err(format!("the service is {}", status.word()))
        }
    }

    pub(super) fn with_service<T>(&self, look: impl FnOnce(&Service) -> T) -> Option<T> {
        self.shop().books().services.get(&self.service).map(look)
    }

    pub(super) const fn shop(&self) -> &Shop {
        &self.config.shop
    }

    fn admin(&self) -> Principal {
        Principal::Admin {
            session: self.session.clone(),
        }
    }

    fn client(&self) -> Principal {
        Principal::Client {
            client: CLIENT,
            session: self.session.clone(),
        }
    }
}
