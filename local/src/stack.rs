//! The stack of Custodian's template: its functions and surveys, the processors' simulators, and the
//! issuer by which staff sign in.

use crate::options::{Options, StartError};
use crate::{staff, surveys};
use chrono::{DateTime, Utc};
use custodian_local_aws::iam::Principal;
use custodian_local_aws::{self as aws, Endpoints, Foundation, Message, RuntimeError};
use custodian_local_s3::{Created, Store};
use custodian_operations::adopt::adopt;
use custodian_runtime::{Clock, Environment};
use custodian_simulators::{Issuer, Simulators};
use custodian_store::requests::Requests;
use lambda_runtime::Diagnostic;
use serde_json::Value;
use std::collections::BTreeMap;
use tokio::net::TcpListener;
use tokio::sync::broadcast;

/// A running stack; it ends when it is stopped or dropped.
pub struct Stack {
    aws: aws::Stack,
    simulators: Simulators,
    issuer: Issuer,
    surveys: Vec<String>,
}

impl Stack {
    /// Starts everything that the template names.
    ///
    /// # Errors
    /// The first thing that is wrong in the template, the folder, the port or a survey.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let simulators = Simulators::new(&options.clock).map_err(StartError::Simulators)?;
        let (listeners, urls) = beside(options.port, [4, 5, 6, 7]).await?;
        let (issuing, address) = aws::beside(options.port, 9).await?;
        let issuer = Issuer::new(&address, &options.clock, staff::people());
        let of_stack = options.of_stack(&simulators, &urls, &issuer);
        let mut foundation = Foundation::lay(of_stack).await?;
        if let Some(desk) = foundation.api_url(staff::API) {
            issuer.allow(staff::client(desk));
        }
        foundation.serve(issuing, issuer.router());
        for (listener, router) in listeners.into_iter().zip(simulators.routers()) {
            foundation.serve(listener, router);
        }
        let surveys = prepare(&foundation, &options).await?;
        let played = simulators.clone();
        let upkeep: aws::Upkeep = std::sync::Arc::new(move |now| {
            let played = played.clone();
            Box::pin(async move { played.keep_up(now).await })
        });
        let aws = foundation.run(options.functions.lambdas(), upkeep).await?;
        Ok(Self {
            aws,
            simulators,
            issuer,
            surveys,
        })
    }

    /// The address of the stack.
    #[must_use]
    pub fn url(&self) -> &str {
        self.aws.url()
    }

    /// The address of the desk, where staff work; `None` if the template has none.
    ///
    /// It is of `localhost`, so that browsers keep its cookies from the pages for residents, which
    /// are of 127.0.0.1.
    #[must_use]
    pub fn desk_url(&self) -> Option<&str> {
        self.aws.api_url(staff::API)
    }

    /// The addresses of the stack's AWS endpoints.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        self.aws.endpoints()
    }

    /// The ids of the surveys that were loaded.
    #[must_use]
    pub fn surveys(&self) -> &[String] {
        &self.surveys
    }

    /// An environment like that of a function of the template, by the name of its crate, but not
    /// limited by a role.
    #[must_use]
    pub fn host(&self, function: &str) -> Option<Environment> {
        let settings = self.settings(function)?;
        Some(Environment::new(settings, aws::sdk(), self.clock()))
    }

    /// The settings of that environment: the template's settings of the function, and the
    /// endpoints.
    #[must_use]
    pub fn settings(&self, function: &str) -> Option<BTreeMap<String, String>> {
        self.aws.settings(function).cloned()
    }

    /// The SDK's configuration for this stack, without endpoints; a faulty connection can be built
    /// on it.
    #[must_use]
    pub fn sdk(&self) -> aws_config::SdkConfig {
        aws::sdk()
    }

    /// The same for a function of the template: what its role may not do is refused.
    #[must_use]
    pub fn sdk_of(&self, function: &str) -> aws_config::SdkConfig {
        self.aws.sdk_of(function)
    }

    /// The IAM principal of a function of the template, by the name of its crate.
    #[must_use]
    pub fn principal(&self, function: &str) -> Option<&Principal> {
        self.aws.principal(function)
    }

    /// The processors' simulators.
    #[must_use]
    pub const fn simulators(&self) -> &Simulators {
        &self.simulators
    }

    /// The issuer by which staff sign in, with the invented people whom it knows.
    #[must_use]
    pub const fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The store behind the S3 endpoint.
    #[must_use]
    pub fn store(&self) -> &Store {
        self.aws.store()
    }

    /// Every object that is created from now on.
    #[must_use]
    pub fn created(&self) -> broadcast::Receiver<Created> {
        self.aws.created()
    }

    /// The bucket that accepts files, if the template has a function `import`.
    #[must_use]
    pub fn intake(&self) -> Option<String> {
        self.aws.intake()
    }

    /// Invokes a function (by crate, name, logical id or ARN) as Lambda does and waits for its
    /// answer.
    ///
    /// # Errors
    /// What the function failed with.
    pub async fn invoke(&self, function: &str, event: Value) -> Result<Value, Diagnostic> {
        self.aws.invoke(function, event).await
    }

    /// The clock of everything in the stack.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.aws.clock()
    }

    /// Moves the clock; TTL's removals are delivered and due schedules have run when it returns.
    ///
    /// # Errors
    /// If the embedded stores could not remove what expired.
    pub async fn move_clock(&self, to: DateTime<Utc>) -> Result<(), RuntimeError> {
        self.aws.move_clock(to).await
    }

    /// Waits until everything that waits in streams, events and asynchronous invocations is
    /// delivered.
    ///
    /// # Errors
    /// If a stream could not be read.
    pub async fn settle(&self) -> Result<(), RuntimeError> {
        self.aws.settle().await
    }

    /// The messages that wait in a queue, by its name.
    #[must_use]
    pub fn messages(&self, queue: &str) -> Vec<Message> {
        self.aws.messages(queue)
    }

    /// Ends the stack. Requests in progress get a moment, and what an event started begins again
    /// another time.
    pub async fn stop(self) {
        self.aws.stop().await;
    }
}

/// Loads the surveys, which functions read while they start, and lets requests continue that the
/// first version approved, as `make adopt-requests` does on AWS. Returns the surveys' ids.
async fn prepare(foundation: &Foundation, options: &Options) -> Result<Vec<String>, StartError> {
    let settings = foundation.endpoints().settings();
    let host = Environment::new(settings, aws::sdk(), options.clock.clone());
    let client = custodian_store::client(&host.dynamodb());
    let register = foundation.setting("REGISTER_TABLE");
    let now = options.clock.now();
    let ids = match &options.surveys {
        Some(folder) => surveys::load(&client, register, folder, now).await,
        None => Ok(Vec::new()),
    };
    let ids = ids.map_err(StartError::Survey)?;
    // Only a folder can be of the first version.
    if let Some(register) = register.filter(|_| options.data.is_some()) {
        adopt(&Requests::new(&client, register), &[], now)
            .await
            .map_err(|error| StartError::Adoption(error.to_string()))?;
    }
    Ok(ids)
}

/// Listens at these offsets from the stack's port. Also returns the addresses.
async fn beside(
    port: u16,
    offsets: [u16; 4],
) -> Result<(Vec<TcpListener>, Vec<String>), StartError> {
    let mut all = (Vec::new(), Vec::new());
    for offset in offsets {
        let (listener, url) = aws::beside(port, offset).await?;
        all.0.push(listener);
        all.1.push(url);
    }
    Ok(all)
}
