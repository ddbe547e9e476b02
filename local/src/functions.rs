//! Custodian's functions, for the stack to start.

use async_trait::async_trait;
use custodian_desk::Desk;
use custodian_domain::validation::json;
use custodian_download::Download;
use custodian_erase::Erase;
use custodian_expire::Expire;
use custodian_export::Export;
use custodian_import::Import;
use custodian_ingest::Ingest;
use custodian_local_aws::{Event, Lambda, Lambdas};
use custodian_notify::Notify;
use custodian_partners::Partners;
use custodian_requests::Requests;
use custodian_runtime::failure::not_an_event;
use custodian_runtime::{Environment, Function};
use custodian_sweep::Sweep;
use custodian_unsubscribe::Unsubscribe;
use custodian_verify::Verify;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::Value;
use std::future::Future;
use std::sync::Arc;

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

/// A handler, as the stack knows it.
struct Handled(Arc<dyn Handler>);

#[async_trait]
impl Lambda for Handled {
    async fn invoke(&self, event: LambdaEvent<Event>) -> Result<Value, Diagnostic> {
        self.0.answer(event).await
    }
}

/// The functions that a template can name, by their names.
#[derive(Clone, Debug, Default)]
pub struct Registry(Lambdas);

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
            .add::<Desk>()
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
    pub fn with<F, S>(self, name: &str, start: S) -> Self
    where
        S: Fn(Environment) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Arc<dyn Handler>, String>> + Send + 'static,
    {
        Self(self.0.with(name, move |host| {
            let starting = start(Environment::new(host.settings, host.sdk, host.clock));
            async move { Ok(Arc::new(Handled(starting.await?)) as Arc<dyn Lambda>) }
        }))
    }

    pub(crate) const fn lambdas(&self) -> &Lambdas {
        &self.0
    }
}
