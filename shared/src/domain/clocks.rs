//! The clocks of one complaint: which of them runs, and until when.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// By when a complaint has to be acknowledged and answered, as civil dates in London.
///
/// A date that the calendar of bank holidays does not reach is missing: it is flagged, never guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clocks {
    /// The last day for the acknowledgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledge_by: Option<NaiveDate>,
    /// The last day for the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_by: Option<NaiveDate>,
}

/// One of the clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// Until the acknowledgement.
    Acknowledge,
    /// Until the answer.
    Answer,
}

impl Clock {
    /// The name, as the index spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Answer => "answer",
        }
    }
}
