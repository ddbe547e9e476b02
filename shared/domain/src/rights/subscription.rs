//! Who is sent which list, and that they no longer want it.

use crate::identity::subject::SubjectKey;
use crate::retention::ExpiresAt;
use crate::retention::periods;
use crate::validation::violation::Violation;
use chrono::{DateTime, Months, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How long an opt-out is needed: no record and no backup holds a wish that is older.
const MONTHS: Months = periods::OPT_OUTS;

/// Within this time the processor that sends a list must have ended it (the privacy notice's
/// limit).
pub const UNTIL_TOLD: TimeDelta = periods::PLACES;

/// Something that is sent to people who ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum List {
    /// The council's email newsletter.
    Newsletter,
}

impl List {
    /// Every list.
    pub const ALL: [Self; 1] = [Self::Newsletter];

    /// The name, as keys spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newsletter => "newsletter",
        }
    }

    /// The list with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.as_str() == name)
    }
}

/// That a person asked for a list: the lawful basis of sending it (Article 6(1)(a) UK GDPR), and
/// what proves it (Article 7(1)). It is deleted with its record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// What they asked for.
    pub to: List,
    /// When, to the second.
    pub given_at: DateTime<Utc>,
    /// The privacy notice that they were shown.
    pub notice_version: String,
}

/// A person and a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The person.
    pub subject: SubjectKey,
    /// What they are sent.
    pub list: List,
}

/// What proves that a wish for a list comes from the person who has the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nothing: a form that anybody can fill in says so.
    Claimed,
    /// They followed a link that was sent to the address.
    Confirmed,
    /// The Data Protection Officer has checked it, and recorded why.
    Ordered,
}

/// Why the Data Protection Officer takes an opt-out back: never free text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptInReason {
    /// The person asked for the list again, in writing.
    AskedInWriting,
    /// They asked for it again by telephone or in person, and staff made sure who they were.
    AskedInPerson,
    /// They never left the list: somebody else clicked, or a program did.
    Mistake,
}

impl OptInReason {
    /// The name, as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AskedInWriting => "asked_in_writing",
            Self::AskedInPerson => "asked_in_person",
            Self::Mistake => "mistake",
        }
    }

    /// Reads `asked_in_writing`, `asked_in_person` or `mistake`, in any spelling.
    ///
    /// # Errors
    /// [`Violation`] for anything else.
    pub fn parse(typed: &str) -> Result<Self, Violation> {
        let plain: String = typed
            .to_ascii_lowercase()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        match plain.as_str() {
            "askedinwriting" => Ok(Self::AskedInWriting),
            "askedinperson" => Ok(Self::AskedInPerson),
            "mistake" => Ok(Self::Mistake),
            _ => Err(Violation::new(
                "reason",
                "must be asked_in_writing, asked_in_person or mistake",
            )),
        }
    }
}

/// That somebody asked for a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// When.
    pub told_at: DateTime<Utc>,
    /// What proves that it was the person who has the address.
    pub proof: Proof,
}

/// That a person no longer wants a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptOut {
    /// When they last said so, to the second.
    since: DateTime<Utc>,
}

impl OptOut {
    /// An opt-out at `now`.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        Self {
            since: DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now),
        }
    }

    /// When they last said so.
    #[must_use]
    pub const fn since(self) -> DateTime<Utc> {
        self.since
    }

    /// Whether this opt-out overrides a wish for the list, whenever that arrives. It overrides
    /// every wish that anybody could have sent in the person's name. Otherwise the later of the two
    /// counts, and in the same second the opt-out.
    #[must_use]
    pub fn stands_against(self, wish: Wish) -> bool {
        wish.proof == Proof::Claimed || Self::at(wish.told_at).since <= self.since
    }

    /// When it ends. By then every wish that it overrides is deleted as well.
    #[must_use]
    pub fn ends(self) -> ExpiresAt {
        ExpiresAt::at(self.since.checked_add_months(MONTHS).unwrap_or(self.since))
    }
}

#[cfg(test)]
mod tests {
    use super::{List, OptInReason, OptOut, Proof, Wish};
    use crate::record::source::Source;
    use crate::retention::ExpiresAt;
    use chrono::{DateTime, TimeDelta, Utc};
    use proptest::prelude::*;

    fn at(instant: &str) -> DateTime<Utc> {
        instant.parse().unwrap()
    }

    #[test]
    fn the_later_word_counts_and_in_the_same_second_the_opt_out() {
        let opt_out = OptOut::at(at("2026-11-23T10:00:00.2Z"));
        for proof in [Proof::Confirmed, Proof::Ordered] {
            let stands = |told_at| {
                opt_out.stands_against(Wish {
                    told_at: at(told_at),
                    proof,
                })
            };
            assert!(stands("2026-11-22T10:00:00Z") && stands("2026-11-23T10:00:00.9Z"));
            assert!(!stands("2026-11-23T10:00:01Z"), "{proof:?}");
        }
    }

    #[test]
    fn what_anybody_can_claim_undoes_nothing_however_late() {
        let opt_out = OptOut::at(at("2026-11-23T10:00:00Z"));
        for told_at in [
            "2026-11-22T10:00:00Z",
            "2026-11-23T10:00:01Z",
            "2028-11-23T10:00:00Z",
        ] {
            assert!(
                opt_out.stands_against(Wish {
                    told_at: at(told_at),
                    proof: Proof::Claimed
                }),
                "{told_at}"
            );
        }
    }

    #[test]
    fn a_reason_is_one_of_a_few_and_never_free_text() {
        for reason in [
            OptInReason::AskedInWriting,
            OptInReason::AskedInPerson,
            OptInReason::Mistake,
        ] {
            assert_eq!(OptInReason::parse(reason.as_str()).unwrap(), reason);
        }
        assert_eq!(
            OptInReason::parse("Asked in person").unwrap(),
            OptInReason::AskedInPerson
        );
        assert!(
            !OptInReason::parse("Rosa rang")
                .unwrap_err()
                .to_string()
                .contains("Rosa")
        );
    }

    #[test]
    fn a_list_is_known_by_its_name() {
        assert!(
            List::ALL
                .into_iter()
                .all(|list| List::named(list.as_str()) == Some(list))
        );
        assert_eq!(List::named("subject"), None);
    }

    proptest! {
        #[test]
        fn it_outlasts_every_record_that_it_stands_against(said in 0_i64..4_000_000_000, before in 0_i64..90_000_000) {
            let said = DateTime::from_timestamp(said, 0).unwrap();
            for source in Source::ALL {
                let told_at = said - TimeDelta::seconds(before);
                prop_assert!(ExpiresAt::of(source, told_at) <= OptOut::at(said).ends());
            }
        }
    }
}
