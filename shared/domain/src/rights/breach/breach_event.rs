//! What happens to a breach, as it is stored.

use super::lists::{
    BreachLateReason, Discovery, Exemption, ReportPhase, TellingMeans, UnlikelyReason,
};
use super::scope::Scope;
use crate::identity::staff::StaffNumber;
use crate::rights::package::RequestId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An event of a breach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreachEntry {
    /// Its id: an event with the same id is the same event, and entered once.
    pub id: RequestId,
    /// When it was entered, which can be hours after it happened.
    pub at: DateTime<Utc>,
    /// Who entered it.
    pub by: StaffNumber,
    /// What happened.
    pub event: BreachEvent,
}

/// What happens to a breach. Texts have 500 characters at most; people are told to write no names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum BreachEvent {
    /// The council became aware of it: the clock begins.
    Aware {
        /// When.
        aware_at: DateTime<Utc>,
        /// How.
        how: Discovery,
    },
    /// More is known of it. What is not named stays as it was.
    Scoped {
        /// What is known.
        #[serde(flatten)]
        scope: Box<Scope>,
    },
    /// It is unlikely to be a risk to people, so the Commissioner is not told (Article 33(1)).
    Unlikely {
        /// Why, from a list.
        reasons: BTreeSet<UnlikelyReason>,
        /// Why, in words.
        text: String,
    },
    /// The Commissioner was told.
    ToldIco {
        /// When.
        at: DateTime<Utc>,
        /// What the Commissioner calls it.
        reference: String,
        /// Whether more is going to follow (Article 33(4)).
        phase: ReportPhase,
        /// Why that was after the 72 hours, if it was.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        late: BTreeSet<BreachLateReason>,
        /// The same in words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// The Commissioner was told more.
    FollowUp {
        /// When.
        at: DateTime<Utc>,
        /// What about.
        what: String,
    },
    /// The people were told (Article 34(1)).
    PeopleTold {
        /// How.
        how: TellingMeans,
        /// When.
        at: DateTime<Utc>,
    },
    /// The people need not be told one by one (Article 34(3)).
    PeopleExempt {
        /// By which of its cases.
        exempt: Exemption,
        /// Why.
        why: String,
    },
    /// It goes no further.
    Contained {
        /// Since when.
        at: DateTime<Utc>,
        /// What was done.
        what: String,
    },
    /// Its effects are dealt with.
    Remedied {
        /// Since when.
        at: DateTime<Utc>,
        /// What was done.
        what: String,
    },
    /// Records of those who are affected are kept until it is closed.
    Held {
        /// The request that holds them.
        request: RequestId,
        /// How many people's.
        people: u32,
    },
    /// It is over.
    Closed {
        /// What is learnt from it.
        lessons: String,
    },
}

impl BreachEvent {
    /// Its name, as people read it in a history.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Aware { .. } => "aware",
            Self::Scoped { .. } => "scoped",
            Self::Unlikely { .. } => "unlikely",
            Self::ToldIco { .. } => "told_ico",
            Self::FollowUp { .. } => "follow_up",
            Self::PeopleTold { .. } => "people_told",
            Self::PeopleExempt { .. } => "people_exempt",
            Self::Contained { .. } => "contained",
            Self::Remedied { .. } => "remedied",
            Self::Held { .. } => "held",
            Self::Closed { .. } => "closed",
        }
    }
}

impl BreachEntry {
    /// Whether this is another telling of the same event. A hold counts people anew whenever it is
    /// ordered, and is the same for all that.
    #[must_use]
    pub fn repeats(&self, other: &Self) -> bool {
        let same_event = match (&self.event, &other.event) {
            (BreachEvent::Held { .. }, BreachEvent::Held { .. }) => true,
            (one, other) => one == other,
        };
        same_event && (&self.id, &self.by) == (&other.id, &other.by)
    }
}
