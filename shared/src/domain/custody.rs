//! Where else a record is held: an export names it, an erasure has to reach it.

use chrono::{DateTime, Days, Utc};
use serde::{Deserialize, Serialize};

/// How long Five9 keeps a call's log; its contact records stay longer (the privacy notice; Five9's retention of reports).
pub const CALLS: Days = Days::new(60);

/// Who else holds a record for the council.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Processor {
    /// The telephony partner.
    Five9,
    /// The partner for online forms (Achieve).
    Granicus,
    /// Who sends the newsletters.
    Newsletter,
}

impl Processor {
    /// Every processor.
    pub const ALL: [Self; 3] = [Self::Five9, Self::Granicus, Self::Newsletter];

    /// The name, as addresses and logs spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Five9 => "five9",
            Self::Granicus => "granicus",
            Self::Newsletter => "newsletter",
        }
    }

    /// The name that people know it by.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Five9 => "Five9",
            Self::Granicus => "Granicus (Achieve)",
            Self::Newsletter => "the newsletter service",
        }
    }

    /// What it does for the council, as a sentence goes on after its name.
    #[must_use]
    pub const fn role(self) -> &'static str {
        match self {
            Self::Five9 => "runs our telephone service",
            Self::Granicus => "runs some of our online forms",
            Self::Newsletter => "sends our newsletters",
        }
    }
}

/// That a processor holds a copy, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custody {
    /// Who.
    pub at: Processor,
    /// Until when, where the processor deletes by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

impl Custody {
    /// Five9's copy of a call that began then: its servers keep it for 60 days.
    #[must_use]
    pub fn five9(began: DateTime<Utc>) -> Self {
        Self { at: Processor::Five9, until: began.checked_add_days(CALLS) }
    }

    /// Granicus's copy of a submission, which it keeps until it is told otherwise.
    #[must_use]
    pub const fn granicus() -> Self {
        Self { at: Processor::Granicus, until: None }
    }

    /// Whether the copy is still there at `now`, as far as the processor's own retention tells.
    #[must_use]
    pub fn lasts(&self, now: DateTime<Utc>) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::Custody;
    use chrono::{DateTime, TimeDelta, Utc};

    #[test]
    fn five9_holds_a_call_for_sixty_days_and_granicus_until_it_is_told() {
        let began: DateTime<Utc> = "2026-10-12T08:00:12Z".parse().unwrap();
        assert!(Custody::five9(began).lasts(began + TimeDelta::days(60) - TimeDelta::seconds(1)));
        assert!(!Custody::five9(began).lasts(began + TimeDelta::days(60)));
        assert!(Custody::granicus().lasts(began + TimeDelta::days(4000)));
    }
}
