//! The words that stand for what is held beside records: requests, packages, holds, lists.

use super::FactCode;
use crate::record::Record;
use crate::record::source::Source;
use crate::rights::confirmation::Means;
use crate::rights::constraint::{ConstraintKind, HoldGround, Limb};
use crate::rights::package::PackageKind;
use crate::rights::subscription::{List, Proof};
use crate::rights::task::Action;

impl From<Source> for FactCode {
    fn from(source: Source) -> Self {
        Self {
            code: source.as_str(),
            label: source.label(),
        }
    }
}

impl From<List> for FactCode {
    fn from(list: List) -> Self {
        match list {
            List::Newsletter => Self {
                code: "newsletter",
                label: "Newsletter",
            },
        }
    }
}

impl From<Proof> for FactCode {
    fn from(proof: Proof) -> Self {
        match proof {
            Proof::Claimed => Self {
                code: "claimed",
                label: "A form that anybody can fill in",
            },
            Proof::Confirmed => Self {
                code: "confirmed",
                label: "You asked for it again and confirmed your email address",
            },
            Proof::Ordered => Self {
                code: "ordered",
                label: "Our Data Protection Officer, as you asked",
            },
        }
    }
}

impl From<Means> for FactCode {
    fn from(means: Means) -> Self {
        match means {
            Means::Newsletter => Self {
                code: means.as_str(),
                label: "That you want the newsletter",
            },
            Means::Request => Self {
                code: means.as_str(),
                label: "That you made a request to us",
            },
            Means::OptIn => Self {
                code: means.as_str(),
                label: "That you want the newsletter again, as our Data Protection Officer noted",
            },
        }
    }
}

impl From<Action> for FactCode {
    fn from(action: Action) -> Self {
        match action {
            Action::Erase => Self {
                code: "erase",
                label: "To erase you",
            },
            Action::Unsubscribe => Self {
                code: "unsubscribe",
                label: "To send you no more newsletters",
            },
            Action::Restrict => Self {
                code: "restrict",
                label: "To tell others that your data is restricted",
            },
            Action::Unrestrict => Self {
                code: "unrestrict",
                label: "To tell others that your data is no longer restricted",
            },
            Action::Rectify => Self {
                code: "rectify",
                label: "To tell others that your data was corrected",
            },
        }
    }
}

impl From<PackageKind> for FactCode {
    fn from(kind: PackageKind) -> Self {
        match kind {
            PackageKind::Access => Self {
                code: "access",
                label: "A copy of everything",
            },
            PackageKind::Portability => Self {
                code: "portability",
                label: "What you told us, to take elsewhere",
            },
        }
    }
}

impl From<ConstraintKind> for FactCode {
    fn from(kind: ConstraintKind) -> Self {
        match kind {
            ConstraintKind::Hold(ground) => match ground {
                HoldGround::LegalClaim => Self {
                    code: "hold_legal_claim",
                    label: "Nothing is deleted: it is needed for a legal claim",
                },
                HoldGround::OpenRequest => Self {
                    code: "hold_open_request",
                    label: "Nothing is deleted: a request of yours is open",
                },
                HoldGround::Breach => Self {
                    code: "hold_breach",
                    label: "Nothing is deleted: a breach that may affect it is looked into",
                },
            },
            ConstraintKind::Restriction(limb) => match limb {
                Limb::Accuracy => Self {
                    code: "restriction_a",
                    label: "Stored only: you say that it is not accurate",
                },
                Limb::Unlawful => Self {
                    code: "restriction_b",
                    label: "Stored only, and not erased, because you asked",
                },
                Limb::LegalClaim => Self {
                    code: "restriction_c",
                    label: "Stored only: you need it for a legal claim",
                },
                Limb::Objection => Self {
                    code: "restriction_d",
                    label: "Stored only: you have objected, and it is not decided yet",
                },
            },
        }
    }
}

impl FactCode {
    /// Every code of what is held beside records, by the fact's name.
    #[must_use]
    pub fn beside_records() -> [(&'static str, Vec<Self>); 4] {
        const STANDINGS: [ConstraintKind; 7] = [
            ConstraintKind::Hold(HoldGround::LegalClaim),
            ConstraintKind::Hold(HoldGround::OpenRequest),
            ConstraintKind::Hold(HoldGround::Breach),
            ConstraintKind::Restriction(Limb::Accuracy),
            ConstraintKind::Restriction(Limb::Unlawful),
            ConstraintKind::Restriction(Limb::LegalClaim),
            ConstraintKind::Restriction(Limb::Objection),
        ];
        const ACTIONS: [Action; 5] = [
            Action::Erase,
            Action::Unsubscribe,
            Action::Restrict,
            Action::Unrestrict,
            Action::Rectify,
        ];
        [
            ("list", List::ALL.map(Self::from).to_vec()),
            ("request", ACTIONS.map(Self::from).to_vec()),
            ("standing", STANDINGS.map(Self::from).to_vec()),
            (
                "package",
                [PackageKind::Access, PackageKind::Portability]
                    .map(Self::from)
                    .to_vec(),
            ),
        ]
    }
}

/// A short name in lower case, such as `dispose-of-waste`, in words: Dispose of waste. Anything
/// else is in words already.
#[must_use]
pub fn in_words(name: &str) -> String {
    let is_slug = name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'));
    let mut words = name
        .chars()
        .map(|c| if matches!(c, '-' | '_') { ' ' } else { c });
    match words.next() {
        Some(first) if is_slug => first.to_uppercase().chain(words).collect(),
        _ => name.to_owned(),
    }
}

/// The names in a record that are codes, each with its fact.
#[must_use]
pub fn names(record: &Record) -> [(&'static str, Option<&str>); 3] {
    let details = &record.details;
    [
        ("service", details.service.as_deref()),
        ("journey", details.journey.as_deref()),
        ("stage", details.stage.as_deref()),
    ]
}

#[cfg(test)]
mod tests {
    use super::{FactCode, in_words};
    use std::collections::BTreeSet;

    #[test]
    fn a_short_name_is_told_in_words_and_words_stay_as_they_are() {
        for (name, words) in [
            ("dispose-of-waste", "Dispose of waste"),
            ("council_tax", "Council tax"),
            ("waste", "Waste"),
            ("Report a missed bin", "Report a missed bin"),
            ("Waste-Collection", "Waste-Collection"),
            ("", ""),
        ] {
            assert_eq!(in_words(name), words);
        }
    }

    #[test]
    fn no_code_stands_for_two_things() {
        for (fact, codes) in FactCode::beside_records() {
            let different: BTreeSet<&str> = codes.iter().map(|code| code.code).collect();
            assert_eq!(different.len(), codes.len(), "{fact}");
        }
    }
}
