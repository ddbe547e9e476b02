//! What applies to a person's data until it is lifted. A hold: nothing of theirs may be deleted. A
//! restriction: it may only be stored.

use crate::validation::violation::Violation;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A hold or a restriction, with its ground. A ground is never free text, which could name the
/// person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintKind {
    /// Nothing may be deleted.
    Hold(HoldGround),
    /// It may only be stored: Article 18 UK GDPR.
    Restriction(Limb),
}

/// Why nothing may be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldGround {
    /// The council needs it for a legal claim: Article 17(3)(e).
    LegalClaim,
    /// A request of the person is open, and needs the data for its answer.
    OpenRequest,
    /// A breach affects it, which is open. Only the register of breaches places and lifts it.
    Breach,
}

/// Why the person may have it restricted: Article 18(1), (a) to (d).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limb {
    /// (a) The person says that it is not accurate.
    #[serde(rename = "18(1)(a)")]
    Accuracy,
    /// (b) It is unlawfully processed, and the person does not want it erased.
    #[serde(rename = "18(1)(b)")]
    Unlawful,
    /// (c) The council no longer needs it, and the person does, for a legal claim.
    #[serde(rename = "18(1)(c)")]
    LegalClaim,
    /// (d) The person has objected, and it is not decided yet.
    #[serde(rename = "18(1)(d)")]
    Objection,
}

/// Why it is lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// What it waited for is decided: the claim, the request, the accuracy, the objection.
    Settled,
    /// The person who asked for it no longer wants it.
    Withdrawn,
    /// It should not have been placed.
    Mistake,
}

/// Who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Who: a role or a staff number.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// That something was lifted, by whom, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifting {
    /// Who and when.
    #[serde(flatten)]
    pub act: Act,
    /// Why.
    pub reason: Reason,
}

/// A hold or restriction on a person's data, in force or lifted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// What holds, and on what ground.
    pub kind: ConstraintKind,
    /// Who placed it, and when.
    pub placed: Act,
    /// That the person was informed that it will be lifted: Article 18(3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Act>,
    /// That it was lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted: Option<Lifting>,
}

/// Why something cannot be lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tell the person first, and record it with the order `notice`: Article 18(3)")]
pub struct NotInformed;

/// What applies to somebody's data, over all holds and restrictions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// Nothing may be deleted.
    pub held: bool,
    /// It may only be stored.
    pub restricted: bool,
}

impl ConstraintKind {
    /// Its effect. Somebody who needs the data for a claim does not lose it to its date either.
    #[must_use]
    pub const fn effect(self) -> Effect {
        match self {
            Self::Hold(_) => Effect {
                held: true,
                restricted: false,
            },
            Self::Restriction(limb) => Effect {
                held: matches!(limb, Limb::LegalClaim),
                restricted: true,
            },
        }
    }

    /// The event of placing it: `held, legal_claim`.
    #[must_use]
    pub fn placed(self) -> String {
        match self {
            Self::Hold(ground) => format!("held, {}", ground.as_str()),
            Self::Restriction(limb) => format!("restricted, {}", limb.as_str()),
        }
    }

    /// Whether the person must be informed before it is lifted.
    #[must_use]
    pub const fn needs_notice(self) -> bool {
        matches!(self, Self::Restriction(_))
    }
}

impl Constraint {
    /// Whether it may be lifted now.
    ///
    /// # Errors
    /// [`NotInformed`] for a restriction if the person was not informed that it will end.
    pub const fn may_be_lifted(&self) -> Result<(), NotInformed> {
        if self.kind.needs_notice() && self.notice.is_none() {
            Err(NotInformed)
        } else {
            Ok(())
        }
    }
}

impl Effect {
    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            held: self.held || other.held,
            restricted: self.restricted || other.restricted,
        }
    }
}

impl HoldGround {
    /// The name, as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LegalClaim => "legal_claim",
            Self::OpenRequest => "open_request",
            Self::Breach => "breach",
        }
    }

    /// Reads `legal_claim` or `open_request`, in any spelling.
    ///
    /// # Errors
    /// [`Violation`] for anything else.
    pub fn parse(typed: &str) -> Result<Self, Violation> {
        match plain(typed).as_str() {
            "legalclaim" | "173e" => Ok(Self::LegalClaim),
            "openrequest" => Ok(Self::OpenRequest),
            _ => Err(Violation::new(
                "ground",
                "must be legal_claim or open_request",
            )),
        }
    }
}

impl Limb {
    /// The name, as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accuracy => "18(1)(a)",
            Self::Unlawful => "18(1)(b)",
            Self::LegalClaim => "18(1)(c)",
            Self::Objection => "18(1)(d)",
        }
    }

    /// Reads `18(1)(a)` to `18(1)(d)`, with or without `Article` before it, or the ground in words.
    ///
    /// # Errors
    /// [`Violation`] for anything else.
    pub fn parse(typed: &str) -> Result<Self, Violation> {
        let plain = plain(typed);
        match plain
            .trim_start_matches("article")
            .trim_start_matches("art")
        {
            "181a" | "accuracy" => Ok(Self::Accuracy),
            "181b" | "unlawful" => Ok(Self::Unlawful),
            "181c" | "legalclaim" => Ok(Self::LegalClaim),
            "181d" | "objection" => Ok(Self::Objection),
            _ => Err(Violation::new(
                "ground",
                "must be 18(1)(a) accuracy, 18(1)(b) unlawful, 18(1)(c) legal claim or 18(1)(d) objection",
            )),
        }
    }
}

impl Reason {
    /// The name, as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Withdrawn => "withdrawn",
            Self::Mistake => "mistake",
        }
    }

    /// Reads `settled`, `withdrawn` or `mistake`.
    ///
    /// # Errors
    /// [`Violation`] for anything else.
    pub fn parse(typed: &str) -> Result<Self, Violation> {
        match plain(typed).as_str() {
            "settled" => Ok(Self::Settled),
            "withdrawn" => Ok(Self::Withdrawn),
            "mistake" => Ok(Self::Mistake),
            _ => Err(Violation::new(
                "reason",
                "must be settled, withdrawn or mistake",
            )),
        }
    }
}

fn plain(typed: &str) -> String {
    typed
        .to_ascii_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Act, Constraint, ConstraintKind, Effect, HoldGround, Limb, NotInformed, Reason};
    use chrono::DateTime;

    fn constraint(kind: ConstraintKind, notice: bool) -> Constraint {
        let act = Act {
            by: "dpo-7".to_owned(),
            at: DateTime::from_timestamp(1_795_428_000, 0).unwrap(),
        };
        Constraint {
            kind,
            placed: act.clone(),
            notice: notice.then_some(act),
            lifted: None,
        }
    }

    #[test]
    fn a_restriction_is_lifted_only_after_the_person_was_told() {
        let restricted = ConstraintKind::Restriction(Limb::Accuracy);
        assert_eq!(
            constraint(restricted, false).may_be_lifted(),
            Err(NotInformed)
        );
        assert_eq!(constraint(restricted, true).may_be_lifted(), Ok(()));
        assert_eq!(
            constraint(ConstraintKind::Hold(HoldGround::LegalClaim), false).may_be_lifted(),
            Ok(())
        );
    }

    #[test]
    fn a_restriction_keeps_beyond_its_date_what_the_person_needs_for_a_claim_and_nothing_else() {
        let held = |limb| ConstraintKind::Restriction(limb).effect();
        assert_eq!(
            held(Limb::LegalClaim),
            Effect {
                held: true,
                restricted: true
            }
        );
        for limb in [Limb::Accuracy, Limb::Unlawful, Limb::Objection] {
            assert_eq!(
                held(limb),
                Effect {
                    held: false,
                    restricted: true
                }
            );
        }
        assert_eq!(
            ConstraintKind::Hold(HoldGround::OpenRequest).effect(),
            Effect {
                held: true,
                restricted: false
            }
        );
    }

    #[test]
    fn grounds_and_reasons_are_a_few_and_never_free_text() {
        for typed in [
            "18(1)(c)",
            "Article 18(1)(c)",
            "Art. 18(1)(c)",
            "legal claim",
        ] {
            assert_eq!(Limb::parse(typed).unwrap(), Limb::LegalClaim, "{typed}");
        }
        assert_eq!(
            HoldGround::parse("Legal claim").unwrap(),
            HoldGround::LegalClaim
        );
        assert_eq!(Reason::parse("settled").unwrap(), Reason::Settled);
        let said = "Rosa Hardy's solicitor rang";
        let refused = [
            HoldGround::parse(said).unwrap_err(),
            Limb::parse(said).unwrap_err(),
            Reason::parse(said).unwrap_err(),
        ];
        assert!(
            refused
                .iter()
                .all(|refused| !refused.to_string().contains("Rosa"))
        );
    }

    #[test]
    fn it_is_stored_in_words_of_the_law() {
        let told = |kind: ConstraintKind| serde_json::to_string(&kind).unwrap();
        assert_eq!(
            told(ConstraintKind::Hold(HoldGround::LegalClaim)),
            r#"{"hold":"legal_claim"}"#
        );
        assert_eq!(
            told(ConstraintKind::Restriction(Limb::Objection)),
            r#"{"restriction":"18(1)(d)"}"#
        );
    }
}
