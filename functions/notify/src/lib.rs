//! Asks people by email whether an address is theirs.
//!
//! Emails to be sent wait in the Register. Its stream starts this function for each email at once,
//! and a schedule starts it for those that could not be sent then. It can read no record: the
//! address is all that it learns about a person.

mod govuk;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::keyring::{Addresses, Keyring, MailLinks};
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::rights::confirmation::{ConfirmationPurpose, unseal_address};
use custodian_partner_auth::processor::confirms_addresses;
use custodian_runtime::{
    Clock, Deadline, Environment, Function, Patience, StartError, failure, secret, settings,
};
use custodian_store::confirmations::{self, Asking, Confirmations, MailState, Tried};
use govuk::{GovUkNotify, Mail};
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde::Serialize;
use serde_json::{Value, json};

/// How much time must be left to begin another email: one may take as long as its exchanges may.
const LAST_SECONDS: TimeDelta = TimeDelta::seconds(30);

/// Sends the emails that ask people to confirm an address.
#[derive(Debug)]
pub struct Notify {
    clock: Clock,
    links: Keyring<MailLinks>,
    addresses: Keyring<Addresses>,
    confirmations: Confirmations,
    /// `None` if no emails are sent.
    govuk: Option<GovUkNotify>,
    public_url: String,
}

/// The result for the emails that were due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many were sent.
    pub sent: u64,
    /// How many are tried again later.
    pub later: u64,
    /// How many are given up.
    pub failed: u64,
}

impl Function for Notify {
    const NAME: &'static str = "notify";
    const PATIENCE: Patience = Patience::SHORT;
    type Event = Value;
    type Answer = Value;

    /// Makes clients and keys once. The key to GOV.UK Notify is read when it is needed.
    ///
    /// # Errors
    /// [`StartError`] if a setting or a secret is missing or unusable.
    async fn start(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            clock: environment.clock(),
            links: secret::keyring(environment).await?,
            addresses: secret::keyring(environment).await?,
            confirmations: Confirmations::new(
                &custodian_store::client(&environment.dynamodb()),
                environment.setting(settings::REGISTER_TABLE)?,
            ),
            govuk: if confirms_addresses(environment)? {
                Some(GovUkNotify::start(environment)?)
            } else {
                None
            },
            public_url: environment.owned(settings::PUBLIC_URL)?,
        })
    }

    /// Sends the emails that a batch of the Register's stream names or, started by the schedule,
    /// every email that is due.
    ///
    /// # Errors
    /// A constant if the event names no email, or the operation that failed: Lambda tries again,
    /// and so does the schedule.
    async fn invoke(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        let deadline = Deadline::of(&event.context);
        let unavailable = |error: StorageError| {
            tracing::error!(error = %error, outcome = "unavailable", "mail");
            failure::failure("Unavailable", error)
        };
        let mut report = Report::default();
        match event.payload.get("Records").and_then(Value::as_array) {
            Some(records) => {
                for record in records {
                    let sort = record
                        .pointer("/dynamodb/Keys/sk/S")
                        .and_then(Value::as_str);
                    let Some((purpose, subject)) = sort.and_then(confirmations::asked_by) else {
                        return Err(failure::not_an_event("what a mail is waiting as"));
                    };
                    self.send(purpose, &subject, &mut report)
                        .await
                        .map_err(unavailable)?;
                }
            }
            None if event
                .payload
                .as_object()
                .is_some_and(serde_json::Map::is_empty) =>
            {
                self.send_all(&deadline, &mut report)
                    .await
                    .map_err(unavailable)?;
            }
            None => return Err(failure::not_an_event("an event of a stream, or {}")),
        }
        Ok(json!(report))
    }
}

impl Notify {
    /// Every email that is due, one after the other. Those without time are due again in some
    /// minutes.
    async fn send_all(&self, deadline: &Deadline, report: &mut Report) -> Result<(), StorageError> {
        let mut pages = self.confirmations.all(self.now());
        while let Some(page) = pages.next().await? {
            for asking in page
                .into_iter()
                .filter(|asking| asking.state == MailState::Pending)
            {
                if deadline.is_within(LAST_SECONDS) {
                    return Ok(());
                }
                self.send(asking.link.purpose, &asking.link.subject, report)
                    .await?;
            }
        }
        Ok(())
    }

    /// Sends one email, if it is due and no other run is sending it.
    async fn send(
        &self,
        purpose: ConfirmationPurpose,
        subject: &SubjectKey,
        report: &mut Report,
    ) -> Result<(), StorageError> {
        let Some(asking) = self
            .confirmations
            .begin(purpose, subject, self.now())
            .await?
        else {
            return Ok(());
        };
        let tried = self.attempt(&asking).await;
        let state = self.confirmations.leave(&asking, tried, self.now()).await?;
        let outcome = match state {
            MailState::Sent | MailState::Confirmed => {
                report.sent += 1;
                "sent"
            }
            MailState::Pending => {
                report.later += 1;
                "later"
            }
            MailState::Failed => {
                report.failed += 1;
                "failed"
            }
        };
        tracing::info!(
            purpose = purpose.as_str(),
            tries = asking.tries,
            outcome,
            "mail"
        );
        Ok(())
    }

    async fn attempt(&self, asking: &Asking) -> Tried {
        let Some(govuk) = &self.govuk else {
            // It was switched off since the email was requested.
            return Tried::Refused;
        };
        let Some(address) = asking
            .address
            .as_deref()
            .and_then(|sealed| unseal_address(&self.addresses, sealed))
        else {
            tracing::error!(outcome = "sealed", "mail");
            // It may open once the earlier keys are handed on.
            return if self.addresses.is_settled() {
                Tried::Refused
            } else {
                Tried::Later
            };
        };
        let mail = Mail {
            address: address.canonical(),
            reference: &asking.reference,
            purpose: asking.link.purpose,
            link: &format!(
                "{}/confirm/{}",
                self.public_url,
                asking.link.token(&self.links)
            ),
        };
        // An interrupted try may have been accepted. This is checked first, so that nobody gets two
        // emails.
        match govuk.send(&mail, asking.tries > 1, self.now()).await {
            Ok(tried) => tried,
            Err(error) => {
                tracing::error!(error = %error, outcome = error.outcome(), "notify");
                Tried::Later
            }
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(0)
    }
}
