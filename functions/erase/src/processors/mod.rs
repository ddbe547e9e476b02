//! How processors are told to forget, and asked whether they have.
//!
//! Every connector only ever believes what the processor itself says when it is asked. So a step can be done again at
//! any time, also after a crash in the middle of one, and nothing that arrives from outside can make a task done.

mod human;

use chrono::{DateTime, Utc};
use shared::domain::correspondence::Correspondence;
use shared::domain::custody::Processor;
use shared::domain::identifier::Identifier;
use shared::domain::package::RequestId;
use shared::edge::{Host, StartError};

/// What a processor is asked for: to erase one person.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The request that it is a part of.
    pub request: &'a RequestId,
    /// Who is asked.
    pub processor: Processor,
    /// Whom to forget.
    pub identities: &'a [Identifier],
    /// When the erasure was approved.
    pub approved_at: DateTime<Utc>,
}

/// How far a processor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
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

/// Why a processor could not be asked, in a constant: always worth another try later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}")]
pub struct ProcessorError {
    /// What went wrong.
    pub code: &'static str,
}

impl ProcessorError {
    /// That went wrong.
    #[must_use]
    pub const fn new(code: &'static str) -> Self {
        Self { code }
    }
}

/// Every processor, and how each is spoken to.
#[derive(Debug)]
pub struct Processors(());

impl Processors {
    /// Reads how each processor is spoken to.
    ///
    /// # Errors
    /// [`StartError`] if a setting cannot be used.
    #[expect(clippy::unused_async, reason = "a connector reads while it starts")]
    pub async fn start(_host: &Host) -> Result<Self, StartError> {
        Ok(Self(()))
    }

    /// Asks the processor, or asks how far it is, and notes in `sofar` what came of it; `sofar` is to be stored whatever
    /// the answer is.
    ///
    /// # Errors
    /// [`ProcessorError`] if it did not answer, or its answer cannot be believed.
    #[expect(clippy::unused_async, reason = "a connector asks")]
    pub async fn step(
        &self,
        asked: &Asked<'_>,
        sofar: &mut Correspondence,
        now: DateTime<Utc>,
    ) -> Result<Step, ProcessorError> {
        Ok(human::step(asked, sofar, now))
    }

    /// Takes back what the processor was asked, if it still lets us.
    ///
    /// # Errors
    /// As [`Processors::step`].
    #[expect(clippy::unused_async, reason = "a connector asks")]
    pub async fn cancel(
        &self,
        _asked: &Asked<'_>,
        sofar: &mut Correspondence,
        _now: DateTime<Utc>,
    ) -> Result<Step, ProcessorError> {
        Ok(human::cancel(sofar))
    }
}
