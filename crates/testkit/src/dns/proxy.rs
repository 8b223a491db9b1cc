//! [`Proxy`]: stands before an API and fails as it is told.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use domain::http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::message::Message;
use super::mode::{Mode, Rule};
use super::port::Port;
use super::{Client, until};

/// How long the server's answer is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request that was passed on to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// The method: `PATCH`.
    pub method: String,
    /// The path with the query, as it was sent.
    pub path: String,
    /// The body; empty where there is none.
    pub body: String,
}

/// Stands between clients and an HTTP API on loopback. It passes on until it is told otherwise.
#[derive(Debug)]
pub struct Proxy {
    port: Port,
    state: Arc<State>,
    /// Listens; none while connections are refused.
    task: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct State {
    server: SocketAddr,
    rules: Mutex<Vec<Rule>>,
    received: Mutex<usize>,
    passed: Mutex<Vec<Passed>>,
}

impl Proxy {
    /// Starts one before a server.
    pub async fn start(server: SocketAddr) -> Self {
        let mut proxy = Self {
            port: Port::claim(),
            state: Arc::new(State {
                server,
                rules: Mutex::default(),
                received: Mutex::default(),
                passed: Mutex::default(),
            }),
            task: None,
        };
        proxy.refuse(false).await;
        proxy
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The endpoint as an operator enters it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// What sends requests to it, with this key.
    pub fn client(&self, key: &str) -> Client {
        Client::new(self.address(), key)
    }

    /// Whether connections are refused, as where no program listens. Those that are open end when that begins.
    pub async fn refuse(&mut self, refuse: bool) {
        let address = self.address();
        // Another test of this process may have started a program just now, which holds what listens until it runs.
        if let Some(task) = self.task.take_if(|_| refuse) {
            task.abort();
            until("nobody listens any more", async || {
                TcpStream::connect(address).await.is_err().then_some(())
            })
            .await;
        }
        if !refuse && self.task.is_none() {
            let listener = until("the port is free", async || TcpListener::bind(address).await.ok()).await;
            self.task = Some(tokio::spawn(listen(listener, self.state.clone())));
        }
    }

    /// Every request is treated like this from now on; rules are dropped.
    pub fn set(&self, mode: Mode) {
        *locked(&self.state.rules) = vec![Rule::new(mode)];
    }

    /// Adds a rule. Of all rules the first one that is for a request decides; without one it is passed on.
    pub fn add(&self, rule: Rule) {
        locked(&self.state.rules).push(rule);
    }

    /// How many requests have come, passed on or not.
    pub fn received(&self) -> usize {
        *locked(&self.state.received)
    }

    /// What was passed on, in order.
    pub fn passed(&self) -> Vec<Passed> {
        locked(&self.state.passed).clone()
    }

    /// What was passed on and is no mere reading.
    pub fn writes(&self) -> Vec<Passed> {
        let mut passed = self.passed();
        passed.retain(|one| one.method != Method::Get.as_str());
        passed
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics while holding it")
}

async fn listen(listener: TcpListener, state: Arc<State>) {
    // They end with this task.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let state = state.clone();
        connections.spawn(async move {
            // A client that hangs up in between has what it wants.
            let _ = state.serve(stream).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

impl State {
    async fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let request = Message::read(&mut stream).await?;
        *locked(&self.received) += 1;
        let answer = match self.mode(&request) {
            Mode::Pass => self.pass(&request).await?.bytes(),
            Mode::Slow(time) => {
                sleep(time).await;
                self.pass(&request).await?.bytes()
            }
            Mode::Hang => {
                // Nothing more comes but the end.
                stream.read_to_end(&mut Vec::new()).await?;
                return Ok(());
            }
            Mode::Close => return Ok(()),
            Mode::Answer(reply) => reply.message().bytes(),
            Mode::Lost => {
                self.pass(&request).await?;
                return Ok(());
            }
            Mode::Truncated => {
                let answer = self.pass(&request).await?;
                let mut bytes = answer.bytes();
                bytes.truncate(bytes.len() - answer.body.len().div_ceil(2));
                bytes
            }
            Mode::Instead(reply) => {
                self.pass(&request).await?;
                reply.message().bytes()
            }
        };
        stream.write_all(&answer).await?;
        stream.shutdown().await
    }

    fn mode(&self, request: &Message) -> Mode {
        let mut rules = locked(&self.rules);
        let mode = rules.iter_mut().find_map(|rule| rule.take(request));
        mode.unwrap_or(Mode::Pass)
    }

    /// Passes it on, and notes that. The server has done what it does when this returns.
    async fn pass(&self, request: &Message) -> io::Result<Message> {
        let mut stream = TcpStream::connect(self.server).await?;
        locked(&self.passed).push(Passed {
            method: request.method().to_owned(),
            path: request.path().to_owned(),
            body: String::from_utf8_lossy(&request.body).into_owned(),
        });
        stream.write_all(&request.for_one_connection().bytes()).await?;
        let answer = timeout(PATIENCE, Message::read(&mut stream)).await??;
        Ok(answer.for_one_connection())
    }
}
