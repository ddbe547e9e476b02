//! The functions: which ones there are, and those that the template started.

use crate::request_id::request_id;
use crate::state::State;
use crate::template;
use async_trait::async_trait;
use custodian_domain::validation::json;
use custodian_download::Download;
use custodian_erase::Erase;
use custodian_expire::Expire;
use custodian_export::Export;
use custodian_import::Import;
use custodian_ingest::Ingest;
use custodian_notify::Notify;
use custodian_partners::Partners;
use custodian_requests::Requests;
use custodian_runtime::failure::{failure, not_an_event};
use custodian_runtime::{Clock, Environment, Function};
use custodian_sweep::Sweep;
use custodian_unsubscribe::Unsubscribe;
use custodian_verify::Verify;
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, pin::Pin};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// An event, as the text that Lambda gives a function.
#[derive(Clone, Debug)]
pub struct Event(Arc<str>);

impl Event {
    /// The event in the type that a function is invoked with.
    ///
    /// # Errors
    /// If it is not of that type.
    pub fn read<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(&self.0)
    }
}

impl From<Value> for Event {
    fn from(event: Value) -> Self {
        Self(event.to_string().into())
    }
}

impl TryFrom<&[u8]> for Event {
    type Error = serde_json::Error;

    /// An event that somebody sent, if it is JSON. A field that it names twice stays there twice.
    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        let text = std::str::from_utf8(bytes).map_err(serde::de::Error::custom)?;
        let event = Self(text.into());
        event.read::<Value>().map(|_| event)
    }
}

/// What the stack invokes: a function that has started, or a replacement for one.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Answers one event, as the function does on Lambda.
    async fn answer(&self, event: LambdaEvent<Event>) -> Result<Value, Diagnostic>;
}

#[async_trait]
impl<F: Function> Handler for F {
    async fn answer(&self, event: LambdaEvent<Event>) -> Result<Value, Diagnostic> {
        let payload = event.payload.read().map_err(|_| not_an_event(F::NAME))?;
        let answer = self
            .invoke(LambdaEvent::new(payload, event.context))
            .await?;
        Ok(json::value(&answer))
    }
}

type Starting = Pin<Box<dyn Future<Output = Result<Arc<dyn Handler>, String>> + Send>>;
type Start = Arc<dyn Fn(Environment) -> Starting + Send + Sync>;

/// The functions that a template can name, by their names.
#[derive(Clone, Default)]
pub struct Registry(BTreeMap<String, Start>);

impl Registry {
    /// Custodian's own functions.
    #[must_use]
    pub fn custodian() -> Self {
        Self::default()
            .add::<Ingest>()
            .add::<Import>()
            .add::<Partners>()
            .add::<Expire>()
            .add::<Sweep>()
            .add::<Export>()
            .add::<Requests>()
            .add::<Erase>()
            .add::<Download>()
            .add::<Notify>()
            .add::<Unsubscribe>()
            .add::<Verify>()
    }

    /// Adds a function by its own name.
    #[must_use]
    pub fn add<F: Function>(self) -> Self {
        self.with(F::NAME, |environment| async move {
            let function = F::start(&environment).await;
            let function = function.map_err(|error| error.to_string())?;
            Ok(Arc::new(function) as Arc<dyn Handler>)
        })
    }

    /// Adds a handler under a function's name, and how it starts.
    #[must_use]
    pub fn with<F, S>(mut self, name: &str, start: S) -> Self
    where
        S: Fn(Environment) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Arc<dyn Handler>, String>> + Send + 'static,
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
    ) -> Result<Arc<dyn Handler>, String> {
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

/// A function of the template, running.
#[derive(Clone)]
pub(crate) struct Running {
    /// The name of its crate.
    pub(crate) name: String,
    pub(crate) template: Arc<template::Function>,
    pub(crate) function: Arc<dyn Handler>,
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

    /// Invokes functions one after another, without waiting for their answers. What is due at the
    /// same moment, as after a jump of the clock, finds what came before it done.
    pub(crate) fn invoke_in_turn(self: &Arc<Self>, turns: Vec<(Running, Event)>) {
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
        event: impl Into<Event>,
    ) -> Result<Value, Diagnostic> {
        self.invoke_as(name, event.into(), &request_id()).await
    }

    /// Invokes a function under a request id and waits for its answer.
    pub(crate) async fn invoke_as(
        &self,
        name: &str,
        event: Event,
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
    pub(crate) fn invoke_later(self: &Arc<Self>, running: &Running, event: Event, id: String) {
        self.invoke_then(running, event, id, || ());
    }

    /// The same, and does something when it is done or has failed for good.
    pub(crate) fn invoke_then(
        self: &Arc<Self>,
        running: &Running,
        event: Event,
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
    pub(crate) async fn insist(&self, running: &Running, event: &Event, id: &str) {
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
                "requestPayload": event.read::<Value>().ok(),
                "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
                "responsePayload": failure,
            });
            self.state.send(queue, message, self.clock.now());
        }
    }

    /// Waits until no asynchronous invocation is in progress.
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

    /// Gives up the asynchronous invocations in progress.
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
        function: Arc<dyn Handler>,
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
    pub(crate) async fn invoke(&self, event: Event, id: &str) -> Result<Value, Diagnostic> {
        // Lambda would refuse more than that and try it again later: here it waits.
        let _turn = self.turns.acquire().await;
        let mut context = Context::default();
        id.clone_into(&mut context.request_id);
        context.invoked_function_arn.clone_from(&self.template.arn);
        // The function is given this deadline, but it is not enforced.
        let deadline = (Clock::system().now() + self.template.timeout).timestamp_millis();
        context.deadline = u64::try_from(deadline).unwrap_or_default();
        let function = Arc::clone(&self.function);
        let invocation =
            tokio::spawn(async move { function.answer(LambdaEvent::new(event, context)).await });
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
