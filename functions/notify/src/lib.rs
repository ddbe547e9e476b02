//! People are asked by email whether an address is theirs.
//!
//! What is to be sent waits in the Register. Its stream starts this function for each mail at once;
//! a schedule comes by for whatever could not be sent then. It can read no record: all that it
//! learns of a person is the one address.

mod govuk;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::keyring::{Addresses, Keyring, MailLinks};
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::rights::confirmation::{ConfirmationPurpose, unseal_address};
use custodian_partner_auth::processor::confirms_addresses;
use custodian_runtime::{
    Clock, Deadline, Environment, Function, StartError, failure, secret, settings,
};
use custodian_store::confirmations::{self, Asking, Confirmations, MailState, Tried};
use govuk::{GovUkNotify, Mail};
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde::Serialize;
use serde_json::{Value, json};

/// How much time is left when no other mail is begun: one may take as long as its exchanges may.
const LAST_SECONDS: TimeDelta = TimeDelta::seconds(30);

/// Sends the mails that ask people to confirm an address.
#[derive(Debug)]
pub struct Notify {
    clock: Clock,
    links: Keyring<MailLinks>,
    addresses: Keyring<Addresses>,
    confirmations: Confirmations,
    /// Nothing where no mails are sent.
    govuk: Option<GovUkNotify>,
    public_url: String,
}

/// What became of the mails that were due.
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

    /// Sends the mails that a batch of the Register's stream names; or, started by the schedule,
    /// every mail that is due.
    ///
    /// # Errors
    /// A constant if the event names no mail, or the operation that could not be done: Lambda tries
    /// again, and so does the schedule.
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
    /// Every mail that is due, one after the other; what there is no time for is due in some
    /// minutes as well.
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

    /// Sends one mail, if it is due and nobody else is at it.
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
            // Switched off since it was asked for.
            return Tried::Refused;
        };
        let Some(address) = asking
            .address
            .as_deref()
            .and_then(|sealed| unseal_address(&self.addresses, sealed))
        else {
            tracing::error!(outcome = "sealed", "mail");
            // It may open as soon as it is handed on what was made before these keys.
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
        // A try that broke off may have been taken: whether it was is asked first, so that nobody
        // gets two mails.
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
