//! Asks processors to act on what they hold of a person, mostly to erase it, and asks them for
//! their progress.
//!
//! Every connector believes only the processor's own answers to its requests. So a step can be done
//! again at any time, also after a crash in the middle of one, and nothing that arrives from
//! outside can make a task done.

mod ends;
mod five9;
mod human;
mod opendsr;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::london;
use custodian_domain::record::processor_copy::Processor;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::processor_exchange::{ProcessorExchange, WITHIN};
use custodian_domain::rights::task::Action;
use custodian_egress::Egress;
pub use custodian_egress::ProcessorError;
use custodian_partner_auth::processor::{BadCredentials, Connector as Kind};
use custodian_runtime::{Environment, StartError};
use ends::EndsByItself;
use five9::Five9;
use human::Human;
use opendsr::OpenDsr;
use std::fmt::Debug;
use std::time::Duration;

/// What a processor is asked to do about one person.
#[derive(Clone, Copy, Debug)]
pub struct ProcessorJob<'a> {
    /// The request that it belongs to.
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

/// A processor's progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessorProgress {
    /// It says that it has erased.
    Done,
    /// It was asked and is not done.
    Waiting {
        /// When to ask again.
        look_again: DateTime<Utc>,
    },
    /// It was not asked, or has dropped the request.
    Cancelled,
}

/// How a processor is asked to erase a person, and whether it has.
#[async_trait]
trait Connector: Debug + Send + Sync {
    /// Asks the processor, or asks for its progress, and notes the result in `sofar`.
    async fn step(
        &self,
        job: &ProcessorJob<'_>,
        exchange: &mut ProcessorExchange,
        now: DateTime<Utc>,
    ) -> Result<ProcessorProgress, ProcessorError>;

    /// Cancels what the processor was asked, if it still allows that. Where nothing was asked,
    /// nothing has to be cancelled.
    async fn cancel(
        &self,
        _: &ProcessorJob<'_>,
        _: &mut ProcessorExchange,
        _: DateTime<Utc>,
    ) -> Result<ProcessorProgress, ProcessorError> {
        Ok(ProcessorProgress::Cancelled)
    }
}

/// Every processor, and how each is asked.
#[derive(Debug)]
pub struct Processors {
    five9: Box<dyn Connector>,
    granicus: Box<dyn Connector>,
    newsletter: Box<dyn Connector>,
}

impl Processors {
    /// Reads how each processor is asked. Their secrets are read when they are needed, and no
    /// processor is called.
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

    fn with(environment: &Environment, egress: &Egress) -> Result<Self, StartError> {
        let connector = |processor| {
            Ok::<Box<dyn Connector>, StartError>(match Kind::of(processor, environment)? {
                Kind::OpenDsr => Box::new(OpenDsr::new(processor, environment, egress)?),
                Kind::Five9 => Box::new(Five9::new(processor, environment, egress)?),
                Kind::Human => Box::new(Human),
                Kind::Notify | Kind::Off => Box::new(EndsByItself),
            })
        };
        Ok(Self {
            five9: connector(Processor::Five9)?,
            granicus: connector(Processor::Granicus)?,
            newsletter: connector(Processor::Newsletter)?,
        })
    }

    /// `OpenDSR` and Five9's service can erase, but have no call for a restriction or a correction:
    /// a human does it.
    fn of(&self, job: &ProcessorJob<'_>) -> &dyn Connector {
        if job.processor == Processor::Notify {
            return &EndsByItself;
        }
        if matches!(
            job.action,
            Action::Restrict | Action::Unrestrict | Action::Rectify
        ) {
            return &Human;
        }
        match job.processor {
            Processor::Five9 => &*self.five9,
            Processor::Granicus => &*self.granicus,
            Processor::Newsletter => &*self.newsletter,
            Processor::Notify => &EndsByItself,
        }
    }

    /// Asks the processor, or asks for its progress, and notes the result in `sofar`. Store `sofar`
    /// whatever the answer is. A human's confirmation counts with every connector.
    ///
    /// # Errors
    /// [`ProcessorError`] if it did not answer, or its answer cannot be believed.
    pub async fn step(
        &self,
        job: &ProcessorJob<'_>,
        exchange: &mut ProcessorExchange,
        now: DateTime<Utc>,
    ) -> Result<ProcessorProgress, ProcessorError> {
        exchange.due = exchange
            .due
            .or_else(|| london::date(job.approved_at).checked_add_signed(WITHIN));
        if exchange.confirmed.is_some() {
            return Ok(ProcessorProgress::Done);
        }
        self.of(job).step(job, exchange, now).await
    }

    /// Cancels what the processor was asked, if it still allows that.
    ///
    /// # Errors
    /// As [`Processors::step`].
    pub async fn cancel(
        &self,
        job: &ProcessorJob<'_>,
        exchange: &mut ProcessorExchange,
        now: DateTime<Utc>,
    ) -> Result<ProcessorProgress, ProcessorError> {
        if exchange.confirmed.is_some() {
            return Ok(ProcessorProgress::Done);
        }
        self.of(job).cancel(job, exchange, now).await
    }
}

/// Logs an unusable secret: the reason has no personal data.
fn bad_secret(error: &BadCredentials) -> ProcessorError {
    tracing::error!(error = %error, outcome = "unreadable", "processor");
    ProcessorError::new("secret")
}
