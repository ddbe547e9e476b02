//! The deadlines of one complaint: which of them runs, and until when.

use crate::london;
use crate::rights::complaint::{Stage, acknowledge_by, answer_by};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// By when a complaint has to be acknowledged and answered, as civil dates in London.
///
/// A date that the calendar of bank holidays does not cover is missing: it is flagged, never
/// guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComplaintDeadlines {
    /// The last day for the acknowledgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledge_by: Option<NaiveDate>,
    /// The last day for the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_by: Option<NaiveDate>,
}

impl ComplaintDeadlines {
    /// The deadlines of a complaint that was received then. The answer counts from the
    /// acknowledgement or, until there is one, from the last day for it.
    #[must_use]
    pub fn of(received: DateTime<Utc>, acknowledged: Option<DateTime<Utc>>, stage: Stage) -> Self {
        let acknowledge_by = acknowledge_by(received).ok();
        let from = acknowledged.map(london::date).or(acknowledge_by);
        Self {
            acknowledge_by,
            answer_by: from.and_then(|from| answer_by(from, stage).ok()),
        }
    }

    /// Whether the calendar covers both.
    #[must_use]
    pub const fn are_known(&self) -> bool {
        self.acknowledge_by.is_some() && self.answer_by.is_some()
    }
}

/// One of the deadlines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComplaintDeadline {
    /// Until the acknowledgement.
    Acknowledge,
    /// Until the answer.
    Answer,
}

impl ComplaintDeadline {
    /// The name, as the index spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Answer => "answer",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ComplaintDeadlines;
    use crate::rights::complaint::Stage;

    #[test]
    fn the_answer_counts_from_the_acknowledgement_and_until_then_from_its_last_day() {
        let received = "2026-11-06T10:00:00Z".parse().unwrap();
        let open = ComplaintDeadlines::of(received, None, Stage::One);
        assert_eq!(open.acknowledge_by.unwrap().to_string(), "2026-11-13");
        assert_eq!(open.answer_by.unwrap().to_string(), "2026-11-27");
        let early = ComplaintDeadlines::of(
            received,
            Some("2026-11-09T09:00:00Z".parse().unwrap()),
            Stage::One,
        );
        assert_eq!(early.answer_by.unwrap().to_string(), "2026-11-23");
    }

    #[test]
    fn what_the_calendar_does_not_reach_is_not_guessed() {
        let clocks =
            ComplaintDeadlines::of("2028-12-18T10:00:00Z".parse().unwrap(), None, Stage::One);
        assert!(!clocks.are_known() && clocks.answer_by.is_none());
    }
}
