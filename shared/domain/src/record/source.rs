//! The ways in which feedback reaches the council, and how long each is kept: the retention table.

use crate::retention::periods;
use serde::{Deserialize, Serialize};

/// How something reached the council: the ways that the privacy notice names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A survey or feedback form, on the council's own pages or on Granicus.
    WebForm,
    /// A telephone call, or the survey after it, on Five9.
    Telephone,
    /// A review on Google.
    Reviews,
    /// A post on a social network.
    Social,
    /// A one-to-one interview.
    Interviews,
    /// A chat, email or call with a support team.
    Support,
    /// A complaint or a compliment.
    Complaints,
}

impl Source {
    /// Every source, as the retention table lists them.
    pub const ALL: [Self; 7] = [
        Self::WebForm,
        Self::Telephone,
        Self::Reviews,
        Self::Social,
        Self::Interviews,
        Self::Support,
        Self::Complaints,
    ];

    /// The name, as keys and exports spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WebForm => "web_form",
            Self::Telephone => "telephone",
            Self::Reviews => "reviews",
            Self::Social => "social",
            Self::Interviews => "interviews",
            Self::Support => "support",
            Self::Complaints => "complaints",
        }
    }

    /// The source with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == name)
    }

    /// Whether partners drop files of it; web forms come one by one.
    #[must_use]
    pub const fn comes_in_files(self) -> bool {
        !matches!(self, Self::WebForm)
    }

    /// A plain label for it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::WebForm => "Online survey or feedback form",
            Self::Telephone => "Telephone call or phone survey",
            Self::Reviews => "Online review",
            Self::Social => "Social media post",
            Self::Interviews => "One-to-one interview",
            Self::Support => "Support by chat, email or telephone",
            Self::Complaints => "Complaint or compliment",
        }
    }

    /// How long its records are kept, in calendar months from collection. This is the retention
    /// table.
    #[must_use]
    #[expect(
        clippy::match_same_arms,
        reason = "a row for each source, as the document shows them"
    )]
    pub const fn retention_months(self) -> u32 {
        match self {
            Self::WebForm => periods::RECORDS.as_u32(),
            Self::Telephone => periods::RECORDS.as_u32(),
            Self::Reviews => periods::RECORDS.as_u32(),
            Self::Social => periods::RECORDS.as_u32(),
            Self::Interviews => periods::RECORDS.as_u32(),
            Self::Support => periods::RECORDS.as_u32(),
            Self::Complaints => periods::RECORDS.as_u32(),
        }
    }
}
