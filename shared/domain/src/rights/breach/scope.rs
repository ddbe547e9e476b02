//! What is known of a breach, which grows while it is looked into.

use super::affected_query::AffectedQuery;
use super::lists::{BreachEffect, DataCategory, Likelihood, OtherBody, PeopleCategory};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is known of a breach. What is not known is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// What happened, in 500 characters at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened_at: Option<DateTime<Utc>>,
    /// What happened to the data.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub effects: BTreeSet<BreachEffect>,
    /// What kinds of data it is.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub categories: BTreeSet<DataCategory>,
    /// Whose data it is.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub whose: BTreeSet<PeopleCategory>,
    /// By what the affected are found in the records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<AffectedQuery>,
    /// About how many people are affected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about_people: Option<u32>,
    /// About how many records are affected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about_records: Option<u32>,
    /// What may come of it, in 500 characters at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consequences: Option<String>,
    /// How likely it is that people notice significant consequences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likelihood: Option<Likelihood>,
    /// Whether it is likely to be a high risk to people (Article 34(1)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_risk: Option<bool>,
    /// Whether an attack on computers caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cyber: Option<bool>,
    /// What was done before to prevent such a thing, in 500 characters at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Whom else the council has told, or is going to tell.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub others: BTreeSet<OtherBody>,
}

/// `new` if it is there, else what was there before.
fn newer<T: Clone>(old: &mut Option<T>, new: Option<&T>) {
    if let Some(new) = new {
        *old = Some(new.clone());
    }
}

fn more<T: Clone>(old: &mut BTreeSet<T>, new: &BTreeSet<T>) {
    if !new.is_empty() {
        old.clone_from(new);
    }
}

impl Scope {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes over everything that `later` says; a list replaces the list before.
    pub(super) fn update(&mut self, later: &Self) {
        newer(&mut self.what, later.what.as_ref());
        newer(&mut self.happened_at, later.happened_at.as_ref());
        more(&mut self.effects, &later.effects);
        more(&mut self.categories, &later.categories);
        more(&mut self.whose, &later.whose);
        newer(&mut self.query, later.query.as_ref());
        newer(&mut self.about_people, later.about_people.as_ref());
        newer(&mut self.about_records, later.about_records.as_ref());
        newer(&mut self.consequences, later.consequences.as_ref());
        newer(&mut self.likelihood, later.likelihood.as_ref());
        newer(&mut self.high_risk, later.high_risk.as_ref());
        newer(&mut self.cyber, later.cyber.as_ref());
        newer(&mut self.before, later.before.as_ref());
        more(&mut self.others, &later.others);
    }
}
