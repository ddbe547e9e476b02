//! How processors are told what to do with what they hold of a person, mostly to forget it, and
//! asked whether they have.
//!
//! Every connector only ever believes what the processor itself says when it is asked. So a step
//! can be done again at any time, also after a crash in the middle of one, and nothing that arrives
//! from outside can make a task done.

mod ends;
mod five9;
mod human;
mod opendsr;

use chrono::{DateTime, Utc};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::london;
use custodian_domain::record::processor_copy::Processor;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::processor_exchange::{ProcessorExchange, WITHIN};
use custodian_domain::rights::task::Action;
use custodian_egress::Egress;
pub use custodian_egress::ProcessorError;
use custodian_partner_auth::processor::{BadCredentials, Connector};
use custodian_runtime::{Environment, StartError};
use five9::Five9;
use opendsr::OpenDsr;
use std::time::Duration;

/// What a processor is asked for about one person.
#[derive(Clone, Copy, Debug)]
pub struct ProcessorJob<'a> {
    /// The request that it is a part of.
    pub request: &'a RequestId,
    /// Who is asked.
    pub processor: Processor,
    /// What for.
    pub action: Action,
    /// Whom it is about.
    pub identities: &'a [Identifier],
    /// When it was approved.
    pub approved_at: DateTime<Utc>,
    /// Whether it is known to hold something of them.
    pub holds: bool,
}

/// How far a processor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessorProgress {
    /// It says that it has forgotten.
    Done,
    /// It has been asked and is not done.
    Waiting {
        /// When to ask again how far it is.
        look_again: DateTime<Utc>,
    },
    /// It has not been asked, or has dropped what it was asked.
    Cancelled,
}

/// Every processor, and how each is spoken to.
#[derive(Debug)]
pub struct Processors {
    five9: Connection,
    granicus: Connection,
    newsletter: Connection,
}

/// How one processor is spoken to.
#[derive(Debug)]
enum Connection {
    OpenDsr(OpenDsr),
    Five9(Five9),
    Human,
    /// It has no word for any of it, and deletes by itself within days.
    EndsByItself,
}

impl Processors {
    /// Reads how each processor is spoken to. Their secrets are read when they are needed, and
    /// nobody is asked anything.
    ///
    /// # Errors
    /// [`StartError`] if a setting is missing or cannot be used.
    #[expect(clippy::unused_async, reason = "a connector may read while it starts")]
    pub async fn start(environment: &Environment) -> Result<Self, StartError> {
        Self::with(environment, &Egress::new(environment)?)
    }

    /// The same, where a processor may take `patience` to answer.
    ///
    /// # Errors
    /// As [`Processors::start`].
    pub fn patient_for(environment: &Environment, patience: Duration) -> Result<Self, StartError> {
        Self::with(
            environment,
            &Egress::new(environment)?.patient_for(patience),
        )
    }

    fn with(environment: &Environment, outside: &Egress) -> Result<Self, StartError> {
        let connection = |processor| {
            Ok::<_, StartError>(match Connector::of(processor, environment)? {
                Connector::OpenDsr => {
                    Connection::OpenDsr(OpenDsr::new(processor, environment, outside)?)
                }
                Connector::Five9 => Connection::Five9(Five9::new(processor, environment, outside)?),
                Connector::Human => Connection::Human,
                Connector::Notify | Connector::Off => Connection::EndsByItself,
            })
        };
        Ok(Self {
            five9: connection(Processor::Five9)?,
            granicus: connection(Processor::Granicus)?,
            newsletter: connection(Processor::Newsletter)?,
        })
    }

    /// `OpenDSR` and Five9's service know how to erase, and no word for a restriction or a
    /// correction: a human does.
    fn of(&self, asked: &ProcessorJob<'_>) -> &Connection {
        if asked.processor == Processor::Notify {
            return &Connection::EndsByItself;
        }
        if matches!(
            asked.action,
            Action::Restrict | Action::Unrestrict | Action::Rectify
        ) {
            return &Connection::Human;
        }
        match asked.processor {
            Processor::Five9 => &self.five9,
            Processor::Granicus => &self.granicus,
            Processor::Newsletter => &self.newsletter,
            Processor::Notify => &Connection::EndsByItself,
        }
    }

    /// Asks the processor, or asks how far it is, and notes in `sofar` what came of it; `sofar` is
    /// to be stored whatever the answer is. A human's word that it is done counts with every
    /// connector.
    ///
    /// # Errors
    /// [`ProcessorError`] if it did not answer, or its answer cannot be believed.
    pub async fn step(
        &self,
        asked: &ProcessorJob<'_>,
        sofar: &mut ProcessorExchange,
        now: DateTime<Utc>,
    ) -> Result<ProcessorProgress, ProcessorError> {
        sofar.due = sofar
            .due
            .or_else(|| london::date(asked.approved_at).checked_add_signed(WITHIN));
        if sofar.confirmed.is_some() {
            return Ok(ProcessorProgress::Done);
        }
        match self.of(asked) {
            Connection::OpenDsr(connector) => connector.step(asked, sofar, now).await,
            Connection::Five9(connector) => connector.step(asked, sofar, now).await,
            Connection::Human => Ok(human::step(asked, sofar, now)),
            Connection::EndsByItself => Ok(ends::step(asked, now)),
        }
    }

    /// Takes back what the processor was asked, if it still lets us.
    ///
    /// # Errors
    /// As [`Processors::step`].
    pub async fn cancel(
        &self,
        asked: &ProcessorJob<'_>,
        sofar: &mut ProcessorExchange,
        now: DateTime<Utc>,
    ) -> Result<ProcessorProgress, ProcessorError> {
        if sofar.confirmed.is_some() {
            return Ok(ProcessorProgress::Done);
        }
        match self.of(asked) {
            Connection::OpenDsr(connector) => connector.cancel(asked, sofar, now).await,
            Connection::Five9(connector) => connector.cancel(asked, sofar, now).await,
            Connection::Human | Connection::EndsByItself => Ok(ProcessorProgress::Cancelled),
        }
    }
}

/// A secret that cannot be used, told to who reads the log: there is no personal data in why.
fn bad_secret(error: &BadCredentials) -> ProcessorError {
    tracing::error!(error = %error, outcome = "unreadable", "processor");
    ProcessorError::new("secret")
}
