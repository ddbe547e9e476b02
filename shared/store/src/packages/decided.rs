//! What is decided on a package's links, and what is not.

use super::Package;
use chrono::{DateTime, Utc};
use custodian_domain::rights::decision::{AT_MOST, Decisions};
use custodian_domain::validation::violation::Violation;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// What one order decided on a package's links.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Who gave it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The names of the links that lead to the same person.
    #[serde(default)]
    pub confirmed: Vec<String>,
    /// The names of the links that lead to somebody else; of those that were refused as claims, the
    /// first [`AT_MOST`].
    #[serde(default)]
    pub refused: Vec<String>,
}

impl Decided {
    /// What was decided with the order for a package, if anything: `confirmed` and `refused` are
    /// the links that were found so.
    #[must_use]
    pub fn ordered<'a>(
        by: &str,
        at: DateTime<Utc>,
        decisions: &'a Decisions,
        confirmed: impl Iterator<Item = &'a String>,
        refused: impl Iterator<Item = &'a String>,
    ) -> Option<Self> {
        let decided = Self {
            by: by.to_owned(),
            at,
            confirmed: with(&decisions.confirmed, confirmed),
            refused: with(&decisions.refused, refused),
        };
        Some(decided).filter(Self::is_something)
    }

    /// What was decided with the release of a package, if anything was left to decide.
    #[must_use]
    pub fn released(
        by: &str,
        at: DateTime<Utc>,
        decisions: &Decisions,
        package: &Package,
    ) -> Option<Self> {
        if package.unconfirmed.is_empty() && package.undecided.is_empty() {
            return None;
        }
        let claimed = package
            .undecided
            .claimed
            .iter()
            .filter(|_| decisions.refuses_claimed);
        let claimed = claimed.filter(|link| !decisions.confirmed.contains(link));
        let refused = with(&decisions.refused, claimed);
        let decided = Self {
            by: by.to_owned(),
            at,
            confirmed: decisions.confirmed.clone(),
            refused,
        };
        Some(decided).filter(Self::is_something)
    }

    fn is_something(&self) -> bool {
        !self.confirmed.is_empty() || !self.refused.is_empty()
    }
}

/// The named links, and at most [`AT_MOST`] others with the same decision.
fn with<'a>(named: &'a [String], others: impl Iterator<Item = &'a String>) -> Vec<String> {
    let others = others.filter(|link| !named.contains(link)).take(AT_MOST);
    named.iter().chain(others).cloned().collect()
}

impl Package {
    /// How many of its links are undecided after these decisions: a link that was followed has to
    /// be confirmed, one that was not has to be refused. With the opposite decision it would be
    /// another package.
    #[must_use]
    pub fn undecided(&self, decisions: &Decisions) -> u64 {
        let unconfirmed =
            u64::try_from(self.left_unconfirmed(decisions).count()).unwrap_or(u64::MAX);
        self.undecided.left(decisions).saturating_add(unconfirmed)
    }

    /// The names of those links, as far as they are stored; first those that were followed.
    pub fn names_undecided<'a>(
        &'a self,
        decisions: &'a Decisions,
    ) -> impl Iterator<Item = &'a String> {
        self.left_unconfirmed(decisions)
            .chain(self.undecided.names_left(decisions))
    }

    fn left_unconfirmed<'a>(
        &'a self,
        decisions: &'a Decisions,
    ) -> impl Iterator<Item = &'a String> {
        self.unconfirmed
            .iter()
            .filter(|link| !decisions.confirmed.contains(link))
    }

    /// Refuses decisions on links that it does not have, or that were decided otherwise: a mistyped
    /// name decides nothing.
    ///
    /// If a flood of claims is not stored name by name, any name may be one of them, and be
    /// refused.
    ///
    /// # Errors
    /// [`Violation`], which does not repeat them.
    pub fn must_know(&self, decisions: &Decisions) -> Result<(), Violation> {
        let open = || {
            self.unconfirmed
                .iter()
                .chain(&self.undecided.proven)
                .chain(&self.undecided.claimed)
        };
        let confirmed = self
            .decided
            .iter()
            .flat_map(|decided| &decided.confirmed)
            .chain(open());
        let refused = self
            .decided
            .iter()
            .flat_map(|decided| &decided.refused)
            .chain(open());
        let is_among = |names: &[String], known: HashSet<&String>| {
            names.iter().all(|name| known.contains(name))
        };
        let rule = "names a link that this package does not have, or that was decided otherwise";
        if !is_among(&decisions.confirmed, confirmed.collect()) {
            return Err(Violation::new("confirmed_links", rule));
        }
        if self.undecided.more_claimed == 0 && !is_among(&decisions.refused, refused.collect()) {
            return Err(Violation::new("refused_links", rule));
        }
        Ok(())
    }
}
