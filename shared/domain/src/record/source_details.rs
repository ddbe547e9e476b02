//! What only one source has: a typed part for each.

use crate::record::source::Source;
use crate::rights::complaint::Stage;
use crate::rights::complaint_deadlines::{ComplaintDeadline, ComplaintDeadlines};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// The source's own part of a record.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceDetails {
    /// From a form.
    WebForm(WebForm),
    /// From a call.
    Telephone(TelephoneDetails),
    /// From a review.
    Reviews(Review),
    /// From a post.
    Social(Post),
    /// From an interview.
    Interviews(Interview),
    /// From a support interaction.
    Support(Interaction),
    /// From a complaint or compliment.
    Complaints(Complaint),
}

impl SourceDetails {
    /// The source that has such a part.
    #[must_use]
    pub const fn source(&self) -> Source {
        match self {
            Self::WebForm(_) => Source::WebForm,
            Self::Telephone(_) => Source::Telephone,
            Self::Reviews(_) => Source::Reviews,
            Self::Social(_) => Source::Social,
            Self::Interviews(_) => Source::Interviews,
            Self::Support(_) => Source::Support,
            Self::Complaints(_) => Source::Complaints,
        }
    }

    /// The running deadline of an open complaint, and its last day, if the calendar covers it.
    #[must_use]
    pub const fn running(&self) -> Option<(ComplaintDeadline, NaiveDate)> {
        let Self::Complaints(Complaint {
            clocks: Some(clocks),
            acknowledged_at,
            closed_at: None,
            ..
        }) = self
        else {
            return None;
        };
        let (clock, ends) = match acknowledged_at {
            None => (ComplaintDeadline::Acknowledge, clocks.acknowledge_by),
            Some(_) => (ComplaintDeadline::Answer, clocks.answer_by),
        };
        match ends {
            Some(ends) => Some((clock, ends)),
            None => None,
        }
    }

    /// Whether there is nothing in it: a form on the council's own pages has no part of its own.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for SourceDetails {
    fn default() -> Self {
        Self::WebForm(WebForm::default())
    }
}

impl std::fmt::Debug for SourceDetails {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SourceDetails({}, ..)", self.source().as_str())
    }
}

/// A form from another system.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebForm {
    /// The form's version there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form_version: Option<u32>,
}

/// A call: its legs, and which of them gave the record's rating and name.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TelephoneDetails {
    /// Every leg, earliest first: a transfer begins a new one.
    pub legs: Vec<Leg>,
    /// The leg after which the person rated or commented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<DateTime<Utc>>,
    /// The leg that names the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named_at: Option<DateTime<Utc>>,
    /// Which row has the rating.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<ReportRow>,
    /// Which row has the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named_by: Option<ReportRow>,
}

/// Which row of a report said something of a call. It sorts the legs of a call, earliest first, and
/// the versions of one leg.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReportRow {
    /// When the leg began; the beginning of the hour, if the hour comes twice and the clock can't
    /// tell.
    pub clock: DateTime<Utc>,
    /// The row's line in its report if the clock can't tell, else 0.
    #[serde(default, skip_serializing_if = "crate::validation::is_zero")]
    pub line: u64,
    /// How long the leg took, in seconds: of two that began together, the longer ended later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// A digest of the leg, so that two that can't be told apart otherwise have the same order
    /// everywhere.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub leg: String,
    /// The report: of two versions of one leg, the later report's counts.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub report: String,
}

/// One leg of a call. Who took it is not stored.
///
/// These fields are all that tells legs apart: two in one second are two if anything else differs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Leg {
    /// When it began.
    pub at: DateTime<Utc>,
    /// The campaign that it came through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// The skill that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill: Option<String>,
    /// How it ended, as the agent noted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// How long it took, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// The service that it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
}

/// A review. Its stars are not merged into satisfaction.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Stars, 1 to 5, where some were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stars: Option<u8>,
    /// The place that is reviewed, as Google names it.
    pub location: String,
    /// When the person last changed it.
    pub updated_at: DateTime<Utc>,
}

/// A post.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// The network.
    pub network: String,
    /// Its address on the web.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// How the tone was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<String>,
}

/// An interview.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interview {
    /// What the interviewer wrote down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The themes that the interviewer assigned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub themes: Vec<String>,
}

/// A support interaction.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    /// How the person got in touch.
    pub channel: Channel,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
    /// What it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// How it ended, as the agent noted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// What was said, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transcript: Vec<Turn>,
}

/// The ways of support.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Chat.
    Chat,
    /// Email.
    Email,
    /// Telephone.
    Phone,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The person.
    Customer,
    /// Staff.
    Agent,
    /// A program.
    Bot,
    /// The chat's own notes, such as who joined.
    System,
}

/// One thing that was said.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// By whom.
    pub from: Speaker,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub text: String,
}

/// A complaint or a compliment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// Which of the two.
    pub kind: ComplaintKind,
    /// The stage that a complaint has reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// When the council acknowledged it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// When the council answered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<DateTime<Utc>>,
    /// By when a complaint has to be acknowledged and answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clocks: Option<ComplaintDeadlines>,
}

/// Whether it complains or compliments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComplaintKind {
    /// A complaint.
    Complaint,
    /// A compliment.
    Compliment,
}
