//! `hostler recover`: what a restored store has to be asked before it is relied on again.

use std::str::FromStr;

use anyhow::{Result, bail};
use clap::Args;
use domain::id::{NotA, PlatformId};
use engine::{RecoveryReport, Ruling, Unsure};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Desk;
use super::answer::Answer;
use super::service::Named;

/// How many of a kind are listed for a person; a program gets all.
const LISTED: usize = 50;

/// What can be asked of a recovery. Without anything it is only shown how far it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
#[serde(default)]
pub struct RecoverCommand {
    /// Gives back what is certain: machines that the billing side's copy names and that nobody else claims.
    #[arg(long, conflicts_with_all = ["finish", "begin"])]
    apply: bool,
    /// This machine is that service's (INSTALLATION/ID; the id alone where there is one installation). May be repeated.
    #[arg(long, value_name = "SERVICE=MACHINE", conflicts_with_all = ["finish", "begin"])]
    link: Vec<Belonging>,
    /// None of the machines is that service's; an unfinished create of it goes on as unknown. May be repeated.
    #[arg(long, value_name = "SERVICE", conflicts_with_all = ["finish", "begin"])]
    none: Vec<Named>,
    /// The machine is none of our business, or is dealt with on the platform. PLATFORM/MACHINE where there are several
    /// platforms. May be repeated.
    #[arg(long, value_name = "MACHINE", conflicts_with_all = ["finish", "begin"])]
    ignore: Vec<Upstream>,
    /// Ends the recovery: the store is relied on again. Refused while something is not decided.
    #[arg(long, conflicts_with = "begin")]
    finish: bool,
    /// Ends it whatever is not decided.
    #[arg(long, requires = "finish")]
    force: bool,
    /// Begins a recovery by hand, for a database that was brought back in a way that leaves no trace.
    #[arg(long, value_name = "WHY")]
    begin: Option<String>,
}

/// Which machine is whose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Belonging {
    service: Named,
    machine: String,
}

impl FromStr for Belonging {
    type Err = NotA;

    fn from_str(text: &str) -> Result<Self, NotA> {
        match text.split_once('=') {
            Some((service, machine)) if !machine.is_empty() => Ok(Self {
                service: service.parse()?,
                machine: machine.to_owned(),
            }),
            _ => Err(NotA {
                what: "pair SERVICE=MACHINE",
                text: text.chars().take(80).collect(),
            }),
        }
    }
}

/// A machine, where its platform may go without saying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Upstream {
    platform: Option<PlatformId>,
    machine: String,
}

impl FromStr for Upstream {
    type Err = NotA;

    fn from_str(text: &str) -> Result<Self, NotA> {
        let (platform, machine) = match text.split_once('/') {
            Some((platform, machine)) => (Some(platform.parse()?), machine),
            None => (None, text),
        };
        Ok(Self {
            platform,
            machine: machine.to_owned(),
        })
    }
}

impl Upstream {
    async fn platform(&self, desk: &Desk) -> Result<PlatformId> {
        if let Some(platform) = self.platform {
            return Ok(platform);
        }
        let all = desk.engine.store().platforms().await?;
        let [only] = all.as_slice() else {
            bail!(
                "--ignore {}: there are {} platforms; write PLATFORM/{} (hostler platform list)",
                self.machine,
                all.len(),
                self.machine
            );
        };
        Ok(only.id)
    }
}

impl RecoverCommand {
    /// Carries it out.
    pub(super) async fn run(self, desk: &Desk) -> Result<Answer> {
        if let Some(why) = &self.begin {
            return begin(desk, why).await;
        }
        if self.finish {
            return finish(desk, self.force).await;
        }
        let rulings = self.rulings(desk).await?;
        for ruling in rulings {
            desk.engine.rule(ruling, &desk.actor).await?;
        }
        let report = desk.engine.recover(self.apply, &desk.actor).await?;
        Ok(Answer::new(text(&report, self.apply, desk), json!(report)))
    }

    /// What it decides; all of it is understood before any of it is done.
    async fn rulings(&self, desk: &Desk) -> Result<Vec<Ruling>> {
        let mut rulings = Vec::new();
        for Belonging { service, machine } in &self.link {
            let (installation, service) = service.service(desk, None).await?;
            rulings.push(Ruling::Link {
                installation,
                service,
                machine: machine.clone(),
            });
        }
        for service in &self.none {
            let (installation, service) = service.service(desk, None).await?;
            rulings.push(Ruling::NoMachine {
                installation,
                service,
            });
        }
        for upstream in &self.ignore {
            rulings.push(Ruling::Ignore {
                platform: upstream.platform(desk).await?,
                machine: upstream.machine.clone(),
            });
        }
        Ok(rulings)
    }
}

async fn begin(desk: &Desk, why: &str) -> Result<Answer> {
    if why.trim().is_empty() {
        bail!("--begin: say in a few words how the database was brought back");
    }
    let recovery = desk.engine.begin_recovery(why.trim()).await?;
    let text = format!(
        "Recovery {} has begun: nothing that makes or disturbs a machine leaves.\nSee what has to be decided: hostler \
         recover",
        recovery.epoch
    );
    Ok(Answer::new(text, json!({ "recovery": recovery })))
}

async fn finish(desk: &Desk, force: bool) -> Result<Answer> {
    let report = desk.engine.end_recovery(force, &desk.actor).await?;
    let mut lines = vec!["The recovery has ended: what the store says is relied on again.".to_owned()];
    if !report.unknown_creates.is_empty() {
        lines.push(format!(
            "Creates that are looked for before anything is made: {}",
            some(&report.unknown_creates)
        ));
    }
    lines.extend(bullets("Left undecided:", &report.obstacles()));
    Ok(Answer::new(lines.join("\n"), json!(report)))
}

fn text(report: &RecoveryReport, applied: bool, desk: &Desk) -> String {
    let mut lines = heading(report);
    lines.push(format!(
        "Services whose linked machine is there and the same: {}.",
        report.sure
    ));
    let machines: Vec<String> = report
        .relinked
        .iter()
        .map(|(service, machine)| format!("service {service}: machine {machine}"))
        .collect();
    let title = match (&report.recovery, applied) {
        (None, _) => "Without a link, though the billing side names a machine that is there:",
        (Some(_), false) => "Can be given back, with hostler recover --apply:",
        (Some(_), true) => {
            "Being given back; once each has its machine, hostler recover counts it among the linked:"
        }
    };
    lines.extend(bullets(title, &machines));
    let followed: Vec<String> = report
        .followed
        .iter()
        .map(|(service, status)| format!("service {service}: {status}"))
        .collect();
    let title = if applied {
        "Taken over, as platform and billing system say:"
    } else {
        "Suspended or released since the backup; taken over with hostler recover --apply:"
    };
    lines.extend(bullets(title, &followed));
    let creates = &report.unknown_creates;
    lines.extend(bullets(
        "Creates of which nothing was found; each is looked for before anything is made:",
        creates,
    ));
    let unsure: Vec<String> = report
        .unsure
        .iter()
        .map(|one| undecided(one, report.recovery.is_some()))
        .collect();
    lines.extend(bullets("Not sure:", &unsure));
    lines.extend(bullets("Not compared yet:", &report.gaps()));
    lines.extend(next(report, desk));
    lines.join("\n")
}

fn heading(report: &RecoveryReport) -> Vec<String> {
    let Some(recovery) = &report.recovery else {
        return vec!["No recovery is under way: what the store says is relied on.".to_owned()];
    };
    let mut lines = vec![format!(
        "Recovery {}, since {}: {}.",
        recovery.epoch, recovery.began_at, recovery.why
    )];
    lines.extend(
        report
            .as_of
            .map(|as_of| format!("The store tells of nothing after {as_of}.")),
    );
    lines
}

fn undecided(unsure: &Unsure, decidable: bool) -> String {
    let mut lines = vec![unsure.what.clone()];
    if decidable {
        lines.extend(
            unsure
                .decide
                .iter()
                .map(|words| format!("    hostler recover {words}")),
        );
    }
    lines.join("\n")
}

fn next(report: &RecoveryReport, desk: &Desk) -> Option<String> {
    report.recovery.as_ref()?;
    let open = !report.obstacles().is_empty() || !report.relinked.is_empty() || !report.followed.is_empty();
    if !open {
        return Some("Nothing is left to decide: hostler recover --finish".to_owned());
    }
    (!desk.is_running).then(|| {
        "No engine runs: copies come and machines are given back once it does (systemctl start hostler)."
            .to_owned()
    })
}

/// A title and its entries; nothing where there are none.
fn bullets(title: &str, entries: &[String]) -> Vec<String> {
    if entries.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![title.to_owned()];
    lines.extend(entries.iter().take(LISTED).map(|entry| format!("- {entry}")));
    if entries.len() > LISTED {
        lines.push(format!("- and {} more: --json names all", entries.len() - LISTED));
    }
    lines
}

fn some(names: &[String]) -> String {
    let named = names.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => named,
        more => format!("{named}, and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::ServiceName;
    use super::*;

    #[test]
    fn a_service_is_named_with_its_installation_or_by_its_number_alone() {
        let billed = |name: &str, id| ServiceName::Billed(name.parse().unwrap(), id);
        assert_eq!("12".parse(), Ok(Named::Bare(12)));
        assert_eq!("main/12".parse(), Ok(Named::Whole(billed("main", 12))));
        assert_eq!(
            "main/12=a=b".parse(),
            Ok(Belonging {
                service: Named::Whole(billed("main", 12)),
                machine: "a=b".to_owned()
            })
        );
        for wrong in ["12=", "12", "=7", "main/x=7"] {
            assert!(wrong.parse::<Belonging>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_machine_is_named_with_its_platform_or_by_its_id_alone() {
        let bare: Upstream = "34".parse().unwrap();
        assert_eq!((bare.platform, bare.machine.as_str()), (None, "34"));
        let id = "plt_0199c0de00007000a000000000000001";
        let whole: Upstream = format!("{id}/34").parse().unwrap();
        assert_eq!(
            (whole.platform.map(|id| id.to_string()), whole.machine.as_str()),
            (Some(id.to_owned()), "34")
        );
        assert!("panel/34".parse::<Upstream>().is_err());
    }

    #[test]
    fn a_long_list_is_cut_short_and_says_so() {
        let many: Vec<String> = (0..60).map(|n| n.to_string()).collect();
        let lines = bullets("Many:", &many);
        assert_eq!(lines.len(), LISTED + 2);
        assert_eq!(lines.last().unwrap(), "- and 10 more: --json names all");
        assert!(bullets("None:", &[]).is_empty());
    }
}
