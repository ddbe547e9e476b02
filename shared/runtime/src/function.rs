//! What a function is, and how it runs on AWS Lambda.

use crate::{Environment, Patience, StartError, logs};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;

/// A function: its fields are all that it depends on.
///
/// Lambda and the local stack both start it with [`Self::start`], and give it their events with
/// [`Self::invoke`].
pub trait Function: Sized + Send + Sync + 'static {
    /// Its name: that of its folder, of its binary, and the end of its name in the template.
    const NAME: &'static str;
    /// How long it waits for AWS.
    const PATIENCE: Patience;
    /// What it is invoked with, read from JSON.
    type Event: DeserializeOwned + Send;
    /// What it answers, written as JSON.
    type Answer: Serialize + Send;

    /// Makes its clients and reads its keys, once for each instance.
    ///
    /// # Errors
    /// [`StartError`] if a setting or a secret is missing or unusable.
    fn start(environment: &Environment) -> impl Future<Output = Result<Self, StartError>> + Send;

    /// Answers one event.
    ///
    /// # Errors
    /// What Lambda is to count as a failed invocation. It repeats nothing of the event.
    fn invoke(
        &self,
        event: LambdaEvent<Self::Event>,
    ) -> impl Future<Output = Result<Self::Answer, Diagnostic>> + Send;
}

/// The `main` of a function on AWS Lambda: starts it, and answers events until Lambda ends it.
///
/// # Errors
/// If the function cannot start, or Lambda's own interface does not answer.
pub fn main<F: Function>() -> Result<(), Error> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(serve::<F>())
}

async fn serve<F: Function>() -> Result<(), Error> {
    let environment = Environment::lambda(F::PATIENCE);
    logs::start(&environment);
    let function = F::start(&environment).await?;
    run(service_fn(|event| function.invoke(event))).await
}
