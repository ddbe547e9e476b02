//! The functions that the template started: how each is found and invoked.

use crate::lambdas::{Event, Lambda};
use crate::request_id::request_id;
use crate::state::State;
use crate::template;
use custodian_clock::Clock;
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// A function of the template, running.
#[derive(Clone)]
pub(crate) struct Running {
    /// The name of its code.
    pub(crate) name: String,
    pub(crate) template: Arc<template::Function>,
    pub(crate) function: Arc<dyn Lambda>,
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

    /// A function by the name of its code, its name, its logical id or its ARN.
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
        function: Arc<dyn Lambda>,
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

/// A failure as Lambda reports it.
fn failure(kind: &str, words: impl std::fmt::Display) -> Diagnostic {
    Diagnostic {
        error_type: kind.to_owned(),
        error_message: words.to_string(),
    }
}
