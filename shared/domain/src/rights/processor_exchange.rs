//! What was exchanged with a processor about one person's erasure. It is stored in the task, so
//! nothing in it is personal.

use crate::identity::identifier::IdentifierKind;
use crate::ledger::signed::Signed;
use crate::retention::periods;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How long a processor may take: the limit that the privacy notice promises for newsletters, which
/// applies to others as well.
pub const WITHIN: TimeDelta = periods::PLACES;

/// A processor's progress, in our words and its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessorExchange {
    /// When it was first known to have been asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<DateTime<Utc>>,
    /// The processor's name for it: the id of its request, or of its import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// How often it was asked again under another reference, because it had dropped the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// When the processor itself expects to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_by: Option<DateTime<Utc>>,
    /// The last day on which it may be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<NaiveDate>,
    /// What a human has to delete, and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// That a human did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Confirmation>,
    /// The kinds of identifiers that this processor cannot be asked by: it was not searched by
    /// these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_asked_by: Vec<IdentifierKind>,
    /// How many items the processor says that it deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<u64>,
    /// The day by which the processor's own logs are gone, which nobody can delete sooner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs_until: Option<NaiveDate>,
    /// The processor's last answer, with its signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Box<Signed>>,
}

/// A human's statement that a processor has deleted what the instructions name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// Who says so: a member of staff.
    pub by: String,
    /// The day on which it was done.
    pub on: NaiveDate,
}

#[cfg(test)]
mod tests {
    use super::{Confirmation, ProcessorExchange};
    use crate::identity::identifier::IdentifierKind;
    use serde_json::json;

    #[test]
    fn what_nobody_has_said_yet_takes_no_room() {
        assert_eq!(
            serde_json::to_value(ProcessorExchange::default()).unwrap(),
            json!({})
        );
        let read: ProcessorExchange = serde_json::from_value(json!({})).unwrap();
        assert_eq!(read, ProcessorExchange::default());
    }

    #[test]
    fn it_is_read_as_it_was_stored() {
        let told = ProcessorExchange {
            asked_at: Some("2026-09-14T10:22:31Z".parse().unwrap()),
            due: Some("2026-10-12".parse().unwrap()),
            confirmed: Some(Confirmation {
                by: "J. Hill".to_owned(),
                on: "2026-09-20".parse().unwrap(),
            }),
            not_asked_by: vec![IdentifierKind::Phone],
            ..ProcessorExchange::default()
        };
        let stored = serde_json::to_value(&told).unwrap();
        assert_eq!(stored["not_asked_by"], json!(["phone"]));
        assert_eq!(
            serde_json::from_value::<ProcessorExchange>(stored).unwrap(),
            told
        );
    }
}
