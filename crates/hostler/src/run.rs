//! From the command line to what it asks for.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use domain::Actor;
use serde_json::json;

use crate::cli::{BackupTask, CommandLine, ConfigTask, SimTask, Task};
use crate::clock::ProcessClock;
use crate::commands::{Answer, Command, Desk};
use crate::config::{self, Settings};
use crate::control::{self, Request, Unreached};
use crate::{backup, demo, doctor, lifecycle, logging, openapi, simulator, templates, terminal, wiring};

/// The whole program.
pub fn main() -> ExitCode {
    // Before anything may want TLS; a second provider in the process would be a mistake of ours.
    if rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .is_err()
    {
        terminal::complain("the TLS provider was installed twice");
        return ExitCode::FAILURE;
    }
    match start(CommandLine::parse()) {
        Ok(code) => code,
        Err(error) => {
            terminal::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn start(line: CommandLine) -> Result<ExitCode> {
    match line.task {
        Task::Config(ConfigTask::Template) => {
            terminal::say(config::template().trim_end());
            return Ok(ExitCode::SUCCESS);
        }
        Task::Openapi => {
            terminal::say(&openapi::document()?);
            return Ok(ExitCode::SUCCESS);
        }
        Task::Knock { socket } => return Ok(doctor::knock(&socket)),
        _ => {}
    }
    let settings = config::load(line.config.as_deref(), &|name| std::env::var(name).ok())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(settings.runtime.threads.max(1) as usize)
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    let code = runtime.block_on(Box::pin(carry_out(line, settings)));
    // What was not finished in its own time is not waited for any longer.
    runtime.shutdown_background();
    code
}

async fn carry_out(line: CommandLine, settings: Settings) -> Result<ExitCode> {
    let json = line.json;
    match line.task {
        Task::Config(ConfigTask::Check) => return Ok(check(&settings, json)),
        Task::Templates(task) => return templates::carry_out(task, &settings, json),
        Task::Doctor { users } => return doctor::examine(&settings, &users, json).await,
        Task::Serve => {
            logging::start(&settings.log)?;
            refuse_wrong(&settings)?;
            lifecycle::serve(settings).await?;
        }
        Task::Demo(arguments) => {
            logging::start(&logging::quieter(settings.log.clone()))?;
            return demo::run(arguments, settings).await;
        }
        Task::Sim(SimTask::Virtfusion(arguments)) => {
            logging::start(&settings.log)?;
            simulator::virtfusion(arguments).await?;
        }
        Task::Sim(SimTask::Katapult(arguments)) => {
            logging::start(&settings.log)?;
            simulator::katapult(arguments).await?;
        }
        Task::Backup(task) => {
            refuse_wrong(&settings)?;
            terminal::show(&back_up(task, &settings).await?, json);
        }
        Task::Engine(command) => terminal::show(&ask(command, &settings).await?, json),
        Task::Config(ConfigTask::Template) | Task::Openapi | Task::Knock { .. } => {
            bail!("this was answered before the configuration was read");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `hostler backup`. What is done with the file of a backup needs no engine, and has to work when none can start.
async fn back_up(task: BackupTask, settings: &Settings) -> Result<Answer> {
    match task {
        BackupTask::Create { file } => ask(Command::Backup { file }, settings).await,
        BackupTask::Verify { file } => backup::verify(&file, &settings.database).await,
        BackupTask::Restore { file } => backup::restore(&file, &settings.database).await,
    }
}

/// `hostler config check`.
fn check(settings: &Settings, json: bool) -> ExitCode {
    let problems = settings.check();
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let text = if lines.is_empty() {
        "The configuration is right.".to_owned()
    } else {
        lines.join("\n")
    };
    terminal::show(
        &Answer::new(text, json!({ "ok": lines.is_empty(), "problems": lines })),
        json,
    );
    if lines.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn refuse_wrong(settings: &Settings) -> Result<()> {
    let problems = settings.check();
    if problems.is_empty() {
        return Ok(());
    }
    Err(config::Problems(problems).into())
}

/// Asks the running engine or, where none runs, opens the store and does it here.
async fn ask(mut command: Command, settings: &Settings) -> Result<Answer> {
    command.gather()?;
    let asked = Request::Command(command.clone());
    let unreached = match control::ask(&settings.control.socket, &asked).await? {
        Ok(answer) => return Ok(answer),
        Err(unreached) => unreached,
    };
    let socket = settings.control.socket.display();
    if unreached == Unreached::Forbidden {
        bail!("control.socket = \"{socket}\": only the engine's user and root may use it; try sudo");
    }
    if command.begins_as_the_engine() {
        refuse_wrong(settings)?;
        backup::refuse_other_user(&settings.database)?;
    }
    let engine = wiring::open(settings, ProcessClock::of_the_system().port())
        .await
        .with_context(|| {
            format!(
                "no engine answers on control.socket = \"{socket}\", and the store cannot be opened either"
            )
        })?;
    if command.begins_as_the_engine() {
        wiring::take_bearings(&engine, &settings.database).await?;
    }
    let desk = Desk {
        engine,
        actor: Actor::host(&user()?),
        is_running: false,
    };
    let answer = Box::pin(command.run(&desk)).await;
    desk.engine.store().close().await?;
    answer
}

/// Who is at the keyboard.
fn user() -> Result<String> {
    use std::os::unix::fs::MetadataExt;
    let own = std::fs::metadata("/proc/self").context("the calling user is not known")?;
    Ok(control::name_of(own.uid()))
}
