//! What the DPO decides about links, and what is left to decide.

use crate::identity::assertion::Assertion;
use serde::{Deserialize, Serialize};

/// How many links one order can confirm, and how many it can refuse.
pub const AT_MOST: usize = 1_000;
/// In the list of refused links, means every link that only claims assert.
pub const CLAIMED: &str = "claimed";

/// What an order decides about links, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    /// Links that lead to the same person.
    pub confirmed: Vec<String>,
    /// Links that lead to somebody else.
    pub refused: Vec<String>,
    /// Whether every link that only claims assert, and that is not confirmed, leads to somebody
    /// else.
    pub refuses_claimed: bool,
}

impl Decisions {
    /// The same links confirmed, and none refused.
    #[must_use]
    pub fn confirming(confirmed: &[String]) -> Self {
        Self {
            confirmed: confirmed.to_vec(),
            ..Self::default()
        }
    }

    /// Whether they confirm a link that has any of these names.
    #[must_use]
    pub fn confirm(&self, names: &[String]) -> bool {
        names.iter().any(|name| self.confirmed.contains(name))
    }

    /// Whether they refuse a link that has any of these names.
    #[must_use]
    pub fn refuse(&self, names: &[String], assertion: Assertion) -> bool {
        let is_claim = self.refuses_claimed && !assertion.is_more_than_a_claim();
        !self.confirm(names) && (is_claim || names.iter().any(|name| self.refused.contains(name)))
    }
}

/// The links that were not followed and that nobody has decided on, as a package or a plan stores
/// them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undecided {
    /// The names of the links that something stronger than a claim asserts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proven: Vec<String>,
    /// The names of the links that only claims assert: the first [`AT_MOST`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claimed: Vec<String>,
    /// How many more links only claims assert.
    #[serde(default)]
    pub more_claimed: u64,
}

impl Undecided {
    /// The undecided links with these names and assertions.
    #[must_use]
    pub fn of(links: impl IntoIterator<Item = (String, Assertion)>) -> Self {
        let mut undecided = Self::default();
        for (name, assertion) in links {
            if assertion.is_more_than_a_claim() {
                undecided.proven.push(name);
            } else if undecided.claimed.len() < AT_MOST {
                undecided.claimed.push(name);
            } else {
                undecided.more_claimed += 1;
            }
        }
        undecided
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// How many are left after these decisions. Confirming one of them decides nothing here,
    /// because what it leads to would have to be added.
    #[must_use]
    pub fn left(&self, decisions: &Decisions) -> u64 {
        let more = if decisions.refuses_claimed {
            0
        } else {
            self.more_claimed
        };
        u64::try_from(self.names_left(decisions).count())
            .unwrap_or(u64::MAX)
            .saturating_add(more)
    }

    /// The names of those that are left, as far as they are stored.
    pub fn names_left<'a>(&'a self, decisions: &'a Decisions) -> impl Iterator<Item = &'a String> {
        let proven = self.proven.iter().map(|name| (name, Assertion::Staff));
        let all = proven.chain(self.claimed.iter().map(|name| (name, Assertion::Claimed)));
        let open = all
            .filter(|(name, assertion)| !decisions.refuse(std::slice::from_ref(*name), *assertion));
        open.map(|(name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::{AT_MOST, Decisions, Undecided};
    use crate::identity::assertion::Assertion;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_is_refused_is_decided_and_what_is_confirmed_too_late_is_not() {
        let undecided = Undecided::of([
            ("a".to_owned(), Assertion::Staff),
            ("b".to_owned(), Assertion::Claimed),
        ]);
        let left = |confirmed: &[&str], refused: &[&str], refuses_claimed| {
            undecided.left(&Decisions {
                confirmed: names(confirmed),
                refused: names(refused),
                refuses_claimed,
            })
        };
        assert_eq!(
            (
                left(&[], &[], false),
                left(&[], &["a"], false),
                left(&[], &["a", "b"], false)
            ),
            (2, 1, 0)
        );
        assert_eq!(
            (left(&[], &[], true), left(&[], &["a"], true)),
            (1, 0),
            "a claim is not what staff typed"
        );
        assert_eq!(
            left(&["b"], &["a"], true),
            1,
            "who confirms a claim does not refuse it with the others"
        );
        assert_eq!(left(&["a", "b"], &[], false), 2);
    }

    #[test]
    fn a_flood_of_claims_is_counted_and_decided_in_one_word() {
        let flood = (0..AT_MOST + 5).map(|n| (n.to_string(), Assertion::Claimed));
        let undecided = Undecided::of(flood.chain([("proven".to_owned(), Assertion::Observed)]));
        assert_eq!(
            (undecided.claimed.len(), undecided.more_claimed),
            (AT_MOST, 5)
        );
        assert_eq!(undecided.left(&Decisions::default()), 1_006);
        let all_named = Decisions {
            refused: (0..2_000).map(|n| n.to_string()).collect(),
            ..Decisions::default()
        };
        assert_eq!(
            undecided.left(&all_named),
            6,
            "by their names only those that are remembered"
        );
        let answer = Decisions {
            refuses_claimed: true,
            refused: names(&["proven"]),
            ..Decisions::default()
        };
        assert_eq!(undecided.left(&answer), 0);
        assert!(Undecided::default().is_empty() && !undecided.is_empty());
    }
}
