//! The desk of the Data Protection Officer: what is asked, planned, approved and stopped.
//!
//! An erasure is planned, looked at, and approved by the hash of its plan. From then on every place
//! is a task of its own, which the Register's stream starts; what comes of them is told by the
//! status.

mod approving;
mod certificate;
mod confirming;
mod desk;
mod error;
mod holds;
mod links;
mod opting_in;
mod planning;
mod recipients;
mod restrictions;
mod standings;
mod unsubscribe_link;
mod whom;

pub use error::Error;

use certificate::Controller;
use custodian_buckets::files::Files;
use custodian_domain::identity::keyring::{Addresses, Identities, Keyring, MailLinks};
use custodian_domain::rights::order::unambiguous;
use custodian_domain::rights::package::RequestId;
use custodian_domain::validation::json::Payload;
use custodian_domain::validation::violation::Violation;
use custodian_partner_auth::processor::confirms_addresses;
use custodian_rights::hold_enforcement::HoldEnforcement;
use custodian_rights::people::People;
use custodian_runtime::{Clock, Environment, Function, StartError, failure, secret, settings};
use custodian_store::confirmations::Confirmations;
use custodian_store::constraints::Constraints;
use custodian_store::evidence::Evidence;
use custodian_store::ledger::Ledger;
use custodian_store::opt_outs::OptOuts;
use custodian_store::packages::Packages;
use custodian_store::records::Records;
use custodian_store::requests::Requests as Register;
use custodian_store::tasks::Tasks;
use lambda_runtime::{Diagnostic, LambdaEvent};
use recipients::{LIFTED, RESTRICTED};
use serde_json::Value;

/// Takes the DPO's orders.
#[derive(Debug)]
pub struct Requests {
    clock: Clock,
    people: People,
    /// What seals whom a request is about, what links in mails are made with, and what seals an
    /// address that waits.
    identities: Keyring<Identities>,
    mail_links: Keyring<MailLinks>,
    addresses: Keyring<Addresses>,
    records: Records,
    packages: Packages,
    files: Files,
    register: Register,
    tasks: Tasks,
    hold_enforcement: HoldEnforcement,
    evidence: Evidence,
    opt_outs: OptOuts,
    confirmations: Confirmations,
    /// Whether mails are sent that ask people to confirm an address.
    confirms: bool,
    public_url: String,
    controller: Controller,
}

impl Function for Requests {
    const NAME: &'static str = "requests";
    type Event = Payload;
    type Answer = Value;

    /// Makes clients and keys once.
    ///
    /// # Errors
    /// [`StartError`] if a setting or a secret is missing or unusable.
    async fn start(environment: &Environment) -> Result<Self, StartError> {
        let (dynamodb, register) = (
            custodian_store::client(&environment.dynamodb()),
            environment.owned(settings::REGISTER_TABLE)?,
        );
        let records = Records::new(
            dynamodb.clone(),
            environment.owned(settings::RECORDS_TABLE)?,
        );
        let confirmations = Confirmations::new(&dynamodb, &register);
        let packages = Packages::new(dynamodb.clone(), register.clone());
        let ledger = Ledger::new(dynamodb.clone(), environment.owned(settings::LEDGER_TABLE)?);
        let keys = secret::subject_keys(environment).await?;
        Ok(Self {
            clock: environment.clock(),
            people: People {
                keys: keys.clone(),
                records: records.clone(),
                confirmations: confirmations.clone(),
            },
            identities: secret::keyring(environment).await?,
            mail_links: secret::keyring(environment).await?,
            addresses: secret::keyring(environment).await?,
            hold_enforcement: HoldEnforcement {
                constraints: Constraints::new(dynamodb.clone(), register.clone()),
                records: records.clone(),
                ledger: ledger.clone(),
                packages: packages.clone(),
            },
            evidence: Evidence::new(dynamodb.clone(), register.clone(), ledger),
            opt_outs: OptOuts::new(
                &dynamodb,
                environment.setting(settings::RECORDS_TABLE)?,
                &register,
            ),
            confirmations,
            confirms: confirms_addresses(environment)?,
            records,
            packages,
            files: Files::new(
                custodian_buckets::client(&environment.s3()),
                environment.owned(settings::INTAKE_BUCKET)?,
            )
            .indexing(&keys),
            register: Register::new(&dynamodb, &register),
            tasks: Tasks::new(dynamodb, register),
            public_url: environment.owned(settings::PUBLIC_URL)?,
            controller: Controller {
                council: environment.owned(settings::COUNCIL_NAME)?,
                dpo_email: environment.owned(settings::DPO_EMAIL)?,
            },
        })
    }

    /// Carries out `{"order": "plan" | "approve" | "status" | "stop" | "confirm" | "links" | "hold"
    /// | "lift" | "restrict" | "notice" | "unrestrict" | "rectified" | "whom" | "certificate" |
    /// "unsubscribe_link" | "opt_in" | "confirm_address", …}`.
    ///
    /// An order that is refused is answered with why.
    ///
    /// # Errors
    /// [`Error::Storage`] in words.
    async fn invoke(&self, event: LambdaEvent<Payload>) -> Result<Value, Diagnostic> {
        let answer = self.handle(&event.payload, &event.context.request_id).await;
        failure::answered(
            answer.inspect_err(
                |error| tracing::error!(error = %error, outcome = "refused", "request"),
            ),
        )
    }
}

impl Requests {
    async fn handle(&self, order: &Payload, invocation: &str) -> Result<Value, Error> {
        let order = unambiguous(order)?;
        let answer = self.carry_out(order, invocation).await?;
        self.attest(order, &answer).await;
        Ok(answer)
    }

    /// What was written is attested with the answer; what cannot be now, the sweep attests.
    async fn attest(&self, order: &Value, answer: &Value) {
        // An order that names no request has one of its own.
        let id = order
            .get("request_id")
            .or(answer.get("request_id"))
            .and_then(Value::as_str)
            .and_then(|id| RequestId::try_from(id.to_owned()).ok());
        let Some(id) = id else { return };
        let recipients = match order.get("order").and_then(Value::as_str) {
            Some("restrict") => id.following(RESTRICTED).ok(),
            Some("unrestrict") => id.following(LIFTED).ok(),
            _ => None,
        };
        let written: Vec<RequestId> = recipients.into_iter().chain([id]).collect();
        if let Err(error) = self.evidence.attest(&written, self.clock.now()).await {
            tracing::warn!(error = %error, outcome = "attested_later", "evidence");
        }
    }

    async fn carry_out(&self, order: &Value, invocation: &str) -> Result<Value, Error> {
        match order.get("order").and_then(Value::as_str) {
            Some("plan") => Box::pin(self.plan(order)).await,
            Some("approve") => Box::pin(self.approve(order)).await,
            Some("status") => self.status(order).await,
            Some("stop") => self.stop(order).await,
            Some("confirm") => self.confirm(order).await,
            Some("links") => Box::pin(self.links(order)).await,
            Some("hold") => Box::pin(self.hold(order)).await,
            Some("lift") => Box::pin(self.lift_hold(order)).await,
            Some("restrict") => Box::pin(self.restrict(order)).await,
            Some("notice") => self.notice(order).await,
            Some("unrestrict") => Box::pin(self.unrestrict(order)).await,
            Some("rectified") => Box::pin(self.rectified(order)).await,
            Some("whom") => self.whom(order).await,
            Some("unsubscribe_link") => self.unsubscribe_link(order, invocation).await,
            Some("certificate") => self.certificate(order).await,
            Some("opt_in") => self.opt_in(order).await,
            Some("confirm_address") => self.confirm_address(order).await,
            _ => Err(Violation::new(
                "order",
                "must be plan, approve, status, stop, confirm, links, hold, lift, restrict, notice, unrestrict, rectified, whom, certificate, unsubscribe_link, opt_in or confirm_address",
            )
            .into()),
        }
    }
}
