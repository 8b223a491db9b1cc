//! `hostler doctor`: looks for what keeps billing systems from reaching the engine, and says what to do.
//!
//! It changes nothing. Whether PHP gets through is tried as PHP: a process of that user, with that user's groups,
//! connects to the bridge's socket.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command as Process, ExitCode, Stdio};
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::commands::{Answer, Command, OperationCommand};
use crate::config::Settings;
use crate::control::{self, Request, Unreached};
use crate::terminal;

/// What one look found.
struct Finding {
    what: String,
    wrong: Option<String>,
}

impl Finding {
    fn good(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            wrong: None,
        }
    }

    fn wrong(what: impl Into<String>, wrong: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            wrong: Some(wrong.into()),
        }
    }

    fn line(&self) -> String {
        match &self.wrong {
            None => format!("ok     {}", self.what),
            Some(wrong) => format!("WRONG  {}: {wrong}", self.what),
        }
    }

    fn value(&self) -> Value {
        json!({ "what": self.what, "ok": self.wrong.is_none(), "wrong": self.wrong })
    }
}

/// Looks at everything and prints what was found.
pub async fn examine(settings: &Settings, users: &[String], json: bool) -> Result<ExitCode> {
    let mut findings = configuration(settings);
    findings.push(engine(settings).await);
    findings.push(socket(settings));
    findings.extend(listener(settings).await);
    findings.extend(users.iter().map(|user| as_user(settings, user)));
    if users.is_empty() {
        findings.push(Finding::good(
            "name the users that PHP runs as to try the bridge as each: hostler doctor --as www-data",
        ));
    }
    let healthy = findings.iter().all(|finding| finding.wrong.is_none());
    let text = findings.iter().map(Finding::line).collect::<Vec<_>>().join("\n");
    let value = json!({ "ok": healthy, "findings": findings.iter().map(Finding::value).collect::<Vec<_>>() });
    terminal::show(&Answer::new(text, value), json);
    Ok(if healthy {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn configuration(settings: &Settings) -> Vec<Finding> {
    let problems = settings.check();
    if problems.is_empty() {
        return vec![Finding::good("the configuration is right")];
    }
    problems
        .iter()
        .map(|problem| Finding::wrong("configuration", problem.to_string()))
        .collect()
}

/// Whether an engine runs and its store answers.
async fn engine(settings: &Settings) -> Finding {
    let path = &settings.control.socket;
    let what = format!("the engine on {}", path.display());
    let question = Command::Operation(OperationCommand::Answer {
        question: None,
        word: None,
    });
    match control::ask(path, &Request::Command(question)).await {
        Ok(Ok(answer)) => {
            let open = answer.value.as_array().map_or(0, Vec::len);
            Finding::good(format!("{what} runs; {open} questions are open"))
        }
        Ok(Err(Unreached::Nobody)) => {
            Finding::wrong(what, "nobody answers. Start it: systemctl start hostler")
        }
        Ok(Err(Unreached::Forbidden)) => Finding::wrong(
            what,
            "only the engine's user and root may ask it. Run this as root",
        ),
        Err(error) => Finding::wrong(what, format!("{error:#}")),
    }
}

fn socket(settings: &Settings) -> Finding {
    let path = &settings.bridge.socket;
    let what = format!("the bridge's socket {}", path.display());
    match UnixStream::connect(path) {
        Ok(_) => Finding::good(format!("{what} takes connections")),
        Err(error) => Finding::wrong(
            what,
            format!("{error}. Is the engine running, and is this its bridge.socket?"),
        ),
    }
}

/// Whether the bridge's port answers its probe.
async fn listener(settings: &Settings) -> Option<Finding> {
    let address = settings.bridge.listen.address()?;
    let what = format!("the bridge's port {address}");
    let asked = tokio::time::timeout(Duration::from_secs(3), probe(address)).await;
    Some(match asked {
        Ok(Ok(answer)) if answer.starts_with("HTTP/1.1 200") => Finding::good(format!("{what} is ready")),
        Ok(Ok(answer)) => {
            let status = answer.lines().next().unwrap_or_default().to_owned();
            Finding::wrong(
                what,
                format!("it is not ready ({status}). Look into the engine's log"),
            )
        }
        Ok(Err(error)) => Finding::wrong(
            what,
            format!("{error}. Is the engine running, and is this its bridge.listen?"),
        ),
        Err(_) => Finding::wrong(
            what,
            "it does not answer within 3 s. Is it another program's port?",
        ),
    })
}

async fn probe(address: std::net::SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.take(64 * 1024).read_to_string(&mut answer).await?;
    Ok(answer)
}

/// Connects to the bridge's socket as a user, in a process of that user.
fn as_user(settings: &Settings, user: &str) -> Finding {
    let path = &settings.bridge.socket;
    let what = format!("the bridge's socket as {user}");
    let Some(group) = group_of(user) else {
        return Finding::wrong(
            what,
            "there is no such user on this host; name the one that PHP runs as",
        );
    };
    let Ok(program) = std::env::current_exe() else {
        return Finding::wrong(
            what,
            "this program does not know where it lies; call it by its full path",
        );
    };
    let tried = Process::new("setpriv")
        .args([
            &format!("--reuid={user}"),
            "--init-groups",
            &format!("--regid={group}"),
        ])
        .arg(program)
        .arg("knock")
        .arg(path)
        .stdin(Stdio::null())
        .output();
    match tried {
        Ok(output) if output.status.success() => Finding::good(format!("{what} takes connections")),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.trim().trim_start_matches("hostler: ");
            Finding::wrong(
                what,
                format!(
                    "{said}. Set bridge.socket_mode and bridge.directory_mode so that {user} may enter, or run this as root"
                ),
            )
        }
        Err(error) => Finding::wrong(
            what,
            format!("setpriv cannot be started ({error}); install util-linux"),
        ),
    }
}

/// A user's first group, by number; `None` where the system does not know the user.
fn group_of(user: &str) -> Option<String> {
    let table = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let row = table.lines().find(|line| line.split(':').next() == Some(user))?;
    row.split(':').nth(3).map(str::to_owned)
}

/// `hostler knock`: whether this user can connect.
pub fn knock(socket: &Path) -> ExitCode {
    match UnixStream::connect(socket) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(&format!("{}: {error}", socket.display()));
            ExitCode::FAILURE
        }
    }
}
