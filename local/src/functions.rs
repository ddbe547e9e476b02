//! The functions: which ones there are, and those that the template started.

use crate::request_id::request_id;
use crate::state::State;
use crate::template;
use async_trait::async_trait;
use custodian_domain::validation::json::Payload;
use custodian_runtime::failure::failure;
use custodian_runtime::{Clock, Environment, StartError};
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, pin::Pin};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// A function that has started.
#[async_trait]
pub trait Function: Send + Sync {
    /// Answers one event, as the function does on Lambda.
    async fn invoke(&self, event: LambdaEvent<Payload>) -> Result<Value, Diagnostic>;
}

type Starting = Pin<Box<dyn Future<Output = Result<Arc<dyn Function>, String>> + Send>>;
type Start = Arc<dyn Fn(Environment) -> Starting + Send + Sync>;

/// The functions that a template can name, by the names of their crates.
#[derive(Clone, Default)]
pub struct Registry(BTreeMap<String, Start>);

impl Registry {
    /// Custodian's own functions.
    #[must_use]
    pub fn custodian() -> Self {
        Self::default()
            .with("ingest", |host| async move {
                started(custodian_ingest::Ingest::start(&host).await)
            })
            .with("import", |host| async move {
                started(custodian_import::Import::start(&host).await)
            })
            .with("partners", |host| async move {
                started(custodian_partners::Partners::start(&host).await)
            })
            .with("expire", |host| async move {
                started(custodian_expire::Expire::start(&host).await)
            })
            .with("sweep", |host| async move {
                started(custodian_sweep::Sweep::start(&host).await)
            })
            .with("export", |host| async move {
                started(custodian_export::Export::start(&host).await)
            })
            .with("requests", |host| async move {
                started(custodian_requests::Requests::start(&host).await)
            })
            .with("erase", |host| async move {
                started(custodian_erase::Erase::start(&host).await)
            })
            .with("download", |host| async move {
                started(custodian_download::Download::start(&host).await)
            })
            .with("notify", |host| async move {
                started(custodian_notify::Notify::start(&host).await)
            })
            .with("unsubscribe", |host| async move {
                started(custodian_unsubscribe::Unsubscribe::start(&host).await)
            })
            .with("verify", |host| async move {
                started(custodian_verify::Verify::start(&host).await)
            })
    }

    /// Adds a function: its name, and how it starts on a host.
    #[must_use]
    pub fn with<F, S>(mut self, name: &str, start: S) -> Self
    where
        S: Fn(Environment) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Arc<dyn Function>, String>> + Send + 'static,
    {
        self.0
            .insert(name.to_owned(), Arc::new(move |host| Box::pin(start(host))));
        self
    }

    /// The name of the crate that the template means.
    pub(crate) fn crate_of(&self, function: &template::Function) -> Result<String, String> {
        let mut known = function
            .crates
            .iter()
            .filter(|name| self.0.contains_key(*name));
        match (known.next(), known.next()) {
            (Some(folder), Some(name)) if folder != name => Err(format!(
                "its code is of {folder} and its name of {name}: which of them is it?"
            )),
            (Some(name), _) => Ok(name.clone()),
            (None, _) => {
                let all: Vec<_> = self.0.keys().map(String::as_str).collect();
                let (tried, all) = (function.crates.join(" or "), all.join(", "));
                Err(format!("there is no function {tried} (there are: {all})"))
            }
        }
    }

    pub(crate) async fn start(
        &self,
        name: &str,
        host: Environment,
    ) -> Result<Arc<dyn Function>, String> {
        let start = self
            .0
            .get(name)
            .ok_or_else(|| format!("there is no function {name}"))?;
        start(host).await
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

fn started<F: Function + 'static>(
    function: Result<F, StartError>,
) -> Result<Arc<dyn Function>, String> {
    function
        .map(|function| Arc::new(function) as Arc<dyn Function>)
        .map_err(|error| error.to_string())
}

/// The stack calls each function's `invoke`. Lambda calls it too, or `answer_event` where the
/// function answers HTTP.
macro_rules! functions {
    ($event:ident => $payload:expr; $($function:ty),+) => {$(
        #[async_trait]
        impl Function for $function {
            async fn invoke(&self, $event: LambdaEvent<Payload>) -> Result<Value, Diagnostic> {
                let payload = $payload;
                self.invoke(LambdaEvent::new(payload, $event.context)).await
            }
        }
    )+};
}

// What people order comes as they wrote it.
functions!(event => event.payload; custodian_sweep::Sweep, custodian_export::Export, custodian_requests::Requests);
// What AWS itself makes of what happened has each field once.
functions!(
    event => event.payload.into_parts().0;
    custodian_ingest::Ingest,
    custodian_import::Import,
    custodian_partners::Partners,
    custodian_expire::Expire,
    custodian_erase::Erase,
    custodian_download::Download,
    custodian_notify::Notify,
    custodian_unsubscribe::Unsubscribe,
    custodian_verify::Verify
);

/// A function of the template, running.
#[derive(Clone)]
pub(crate) struct Running {
    /// The name of its crate.
    pub(crate) name: String,
    pub(crate) template: Arc<template::Function>,
    pub(crate) function: Arc<dyn Function>,
    /// How many more invocations may run now.
    turns: Arc<Semaphore>,
}

/// All functions of the template, running.
pub(crate) struct Functions {
    running: Vec<Running>,
    state: Arc<State>,
    clock: Clock,
    /// The asynchronous invocations that are not done.
    waiting: Mutex<JoinSet<()>>,
}

impl Functions {
    pub(crate) fn new(running: Vec<Running>, state: Arc<State>, clock: Clock) -> Self {
        Self {
            running,
            state,
            clock,
            waiting: Mutex::default(),
        }
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Running> {
        self.running.iter()
    }

    /// A function by its crate's name, its name, its logical id or its ARN.
    pub(crate) fn find(&self, name: &str) -> Option<&Running> {
        self.running.iter().find(|it| {
            [
                &it.name,
                &it.template.name,
                &it.template.id,
                &it.template.arn,
            ]
            .into_iter()
            .any(|known| known == name)
        })
    }

    /// Invokes functions one after another, without waiting for their answers: what comes due at
    /// the same moment, as after a jump of the clock, finds what came before it done.
    pub(crate) fn invoke_in_turn(self: &Arc<Self>, turns: Vec<(Running, Payload)>) {
        let functions = Arc::clone(self);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while waiting.try_join_next().is_some() {}
        waiting.spawn(async move {
            for (running, event) in turns {
                functions.insist(&running, &event, &request_id()).await;
            }
        });
    }

    /// Invokes a function and waits for its answer.
    pub(crate) async fn invoke(
        &self,
        name: &str,
        event: impl Into<Payload>,
    ) -> Result<Value, Diagnostic> {
        self.invoke_as(name, event.into(), &request_id()).await
    }

    /// Invokes a function under a request id and waits for its answer.
    pub(crate) async fn invoke_as(
        &self,
        name: &str,
        event: Payload,
        id: &str,
    ) -> Result<Value, Diagnostic> {
        match self.find(name) {
            Some(running) => running.invoke(event, id).await,
            None => Err(failure(
                "ResourceNotFoundException",
                format_args!("there is no function {name}"),
            )),
        }
    }

    /// Invokes a function without waiting for its answer.
    pub(crate) fn invoke_later(self: &Arc<Self>, running: &Running, event: Payload, id: String) {
        self.invoke_then(running, event, id, || ());
    }

    /// The same, and does something when it is done or has failed for good.
    pub(crate) fn invoke_then(
        self: &Arc<Self>,
        running: &Running,
        event: Payload,
        id: String,
        then: impl FnOnce() + Send + 'static,
    ) {
        let (functions, running) = (Arc::clone(self), running.clone());
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while waiting.try_join_next().is_some() {}
        waiting.spawn(async move {
            functions.insist(&running, &event, &id).await;
            then();
        });
    }

    /// Invokes a function as Lambda does for an asynchronous event: again if it fails, then to its
    /// queue.
    ///
    /// Lambda waits one and two minutes between the attempts; here they follow each other.
    pub(crate) async fn insist(&self, running: &Running, event: &Payload, id: &str) {
        let mut attempts = 0;
        let failure = loop {
            attempts += 1;
            match running.invoke(event.clone(), id).await {
                Ok(_) => return,
                Err(failure) if attempts > running.template.retries => break failure,
                Err(_) => {}
            }
        };
        if let Some(queue) = &running.template.failures {
            let message = json!({
                "version": "1.0",
                "timestamp": self.clock.now().to_rfc3339(),
                "requestContext": {
                    "requestId": id,
                    "functionArn": format!("{}:$LATEST", running.template.arn),
                    "condition": "RetriesExhausted",
                    "approximateInvokeCount": attempts,
                },
                "requestPayload": event,
                "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
                "responsePayload": failure,
            });
            self.state.send(queue, message, self.clock.now());
        }
    }

    /// Waits until no asynchronous invocation is under way.
    pub(crate) async fn settle(&self) {
        loop {
            let mut waiting =
                std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            if waiting.is_empty() {
                return;
            }
            while waiting.join_next().await.is_some() {}
        }
    }

    /// Gives up the asynchronous invocations that are under way.
    pub(crate) async fn end(&self) {
        let mut waiting =
            std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        waiting.shutdown().await;
    }
}

impl Running {
    pub(crate) fn new(
        name: String,
        template: template::Function,
        function: Arc<dyn Function>,
    ) -> Self {
        let turns = Arc::new(Semaphore::new(
            template.at_once.unwrap_or(Semaphore::MAX_PERMITS),
        ));
        Self {
            name,
            template: Arc::new(template),
            function,
            turns,
        }
    }

    /// Invokes the function; a panic is a failure of this invocation only, as on Lambda.
    pub(crate) async fn invoke(&self, event: Payload, id: &str) -> Result<Value, Diagnostic> {
        // Lambda would refuse what is too much and try it again later: here it waits.
        let _turn = self.turns.acquire().await;
        let mut context = Context::default();
        id.clone_into(&mut context.request_id);
        context.invoked_function_arn.clone_from(&self.template.arn);
        // It is told and not enforced.
        let deadline = (Clock::system().now() + self.template.timeout).timestamp_millis();
        context.deadline = u64::try_from(deadline).unwrap_or_default();
        let function = Arc::clone(&self.function);
        let invocation =
            tokio::spawn(async move { function.invoke(LambdaEvent::new(event, context)).await });
        let failed = match invocation.await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(failed)) => failed,
            Err(_) => failure("Panic", "the function panicked"),
        };
        tracing::warn!(
            function = self.name,
            request_id = id,
            error = failed.error_message,
            "an invocation failed"
        );
        Err(failed)
    }
}
