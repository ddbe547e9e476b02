//! A running stack, as its owner sees it.

use crate::host::{Endpoints, sdk};
use crate::iam::{Principal, guarded};
use crate::notifications::Notifications;
use crate::runtime::{Runtime, RuntimeError};
use crate::state::Message;
use axum::Router;
use chrono::{DateTime, Utc};
use custodian_clock::Clock;
use custodian_local_s3::{Created, Store};
use lambda_runtime::Diagnostic;
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;

/// How long the servers may take to finish what they are doing when the stack stops.
const LAST_REQUESTS: Duration = Duration::from_secs(2);

/// A running stack; it ends when it is stopped or dropped.
pub struct Stack(Parts);

/// What a running stack consists of.
pub(crate) struct Parts {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) notifications: Arc<Notifications>,
    pub(crate) url: String,
    /// The settings of each function, by the name of its code.
    pub(crate) settings: BTreeMap<String, BTreeMap<String, String>>,
    pub(crate) principals: BTreeMap<String, Principal>,
    pub(crate) servers: Servers,
    /// The folder of a stack in memory, for the bytes of objects. It is deleted when it is dropped.
    pub(crate) folder: Option<TempDir>,
}

impl Stack {
    pub(crate) const fn new(parts: Parts) -> Self {
        Self(parts)
    }

    /// The address of the stack.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// The address of an HTTP API that has a port of its own, by its logical id.
    #[must_use]
    pub fn api_url(&self, id: &str) -> Option<&str> {
        self.0.runtime.api_urls.get(id).map(String::as_str)
    }

    /// The addresses of the stack's AWS endpoints.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.0.runtime.endpoints
    }

    /// The settings of a function, by the name of its code: those of the template, and the
    /// endpoints.
    #[must_use]
    pub fn settings(&self, function: &str) -> Option<&BTreeMap<String, String>> {
        self.0.settings.get(function)
    }

    /// The SDK's configuration for a function of the template, without endpoints: what its role may
    /// not do is refused.
    #[must_use]
    pub fn sdk_of(&self, function: &str) -> aws_config::SdkConfig {
        guarded(sdk(), self.principal(function))
    }

    /// The IAM principal of a function of the template, by the name of its code.
    #[must_use]
    pub fn principal(&self, function: &str) -> Option<&Principal> {
        self.0.principals.get(function)
    }

    /// The store behind the S3 endpoint.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.runtime.store
    }

    /// Every object that is created from now on.
    #[must_use]
    pub fn created(&self) -> broadcast::Receiver<Created> {
        self.0.notifications.subscribe()
    }

    /// The bucket that accepts files, if the template has a function that reads them.
    #[must_use]
    pub fn intake(&self) -> Option<String> {
        let intake = self.0.runtime.intake();
        intake.map(|(bucket, _)| bucket.to_owned())
    }

    /// Invokes a function (by code, name, logical id or ARN) as Lambda does and waits for its
    /// answer.
    ///
    /// # Errors
    /// What the function failed with.
    pub async fn invoke(&self, function: &str, event: Value) -> Result<Value, Diagnostic> {
        self.0.runtime.functions.invoke(function, event).await
    }

    /// The clock of everything in the stack.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.0.runtime.clock.clone()
    }

    /// Moves the clock; TTL's removals are delivered and due schedules have run when it returns.
    ///
    /// # Errors
    /// If the embedded stores could not remove what expired.
    pub async fn move_clock(&self, to: DateTime<Utc>) -> Result<(), RuntimeError> {
        self.0.runtime.move_clock(to).await?;
        self.0.runtime.functions.settle().await;
        self.0.runtime.settle().await
    }

    /// Waits until everything that waits in streams, events and asynchronous invocations is
    /// delivered.
    ///
    /// # Errors
    /// If a stream could not be read.
    pub async fn settle(&self) -> Result<(), RuntimeError> {
        self.0.runtime.settle().await
    }

    /// The messages that wait in a queue, by its name.
    #[must_use]
    pub fn messages(&self, queue: &str) -> Vec<Message> {
        let runtime = &self.0.runtime;
        let queue = runtime.queues.iter().find(|known| known.name == queue);
        let messages = queue.and_then(|queue| {
            runtime
                .state
                .read(|saved| saved.queues.get(&queue.arn).cloned())
        });
        messages.unwrap_or_default()
    }

    /// Ends the stack. Requests in progress get a moment, and what an event started begins again
    /// another time.
    pub async fn stop(self) {
        self.0.servers.stop().await;
        self.0.runtime.functions.end().await;
        drop(self.0.folder);
    }
}

/// The servers of a stack. They end with it.
pub(crate) struct Servers {
    tasks: JoinSet<()>,
    end: watch::Sender<bool>,
}

impl Servers {
    pub(crate) fn new() -> Self {
        Self {
            tasks: JoinSet::new(),
            end: watch::Sender::new(false),
        }
    }

    pub(crate) fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Ready when the stack is stopped or dropped.
    pub(crate) fn over(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut ended = self.end.subscribe();
        async move {
            let _ = ended.wait_for(|ended| *ended).await;
        }
    }

    pub(crate) fn serve(&mut self, listener: TcpListener, router: Router) {
        let over = self.over();
        self.spawn(async move {
            let served = axum::serve(listener, router).with_graceful_shutdown(over);
            if let Err(error) = served.await {
                tracing::error!(error = error.to_string(), "a server of the stack ended");
            }
        });
    }

    /// Maintains the stack as long as it runs.
    pub(crate) fn keep(&mut self, runtime: Arc<Runtime>) {
        let over = self.over();
        self.spawn(async move {
            tokio::select! {
                () = runtime.keep() => {}
                () = over => {}
            }
        });
    }

    /// Ends the servers. Requests in progress get a moment.
    async fn stop(mut self) {
        let _ = self.end.send(true);
        let finish = async { while self.tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(LAST_REQUESTS, finish).await;
        self.tasks.shutdown().await;
    }
}
