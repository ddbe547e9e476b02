//! Where else a record is held. An export names it, and an erasure has to reach it.

use crate::record::source::Source;
use crate::retention::periods;
use crate::rights::confirmation::SENDING;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long Five9 keeps a call's log; its contact records stay longer (the privacy notice; Five9's
/// retention of reports).
pub const CALLS: TimeDelta = periods::CALLS_AT_FIVE9;

/// Who else holds a record for the council.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Processor {
    /// The telephony partner.
    Five9,
    /// The partner for online forms (Achieve).
    Granicus,
    /// The sender of the newsletters.
    Newsletter,
    /// The sender of the emails that ask people to confirm an address.
    Notify,
}

impl Processor {
    /// Every processor.
    pub const ALL: [Self; 4] = [Self::Five9, Self::Granicus, Self::Newsletter, Self::Notify];

    /// The name, as addresses and logs spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Five9 => "five9",
            Self::Granicus => "granicus",
            Self::Newsletter => "newsletter",
            Self::Notify => "notify",
        }
    }

    /// What it holds of a person, and until when, in a sentence without its name.
    #[must_use]
    pub const fn holds(self) -> &'static str {
        match self {
            Self::Five9 => {
                "It holds the log of each call for 60 days. It may hold your name and number among its contacts until \
                 we tell it to delete them."
            }
            Self::Granicus => {
                "It holds what you sent through its forms until we tell it to delete it."
            }
            Self::Newsletter => {
                "It holds your email address, because you asked for the newsletter, until we tell it to delete it."
            }
            Self::Notify => {
                "It holds the email in which we asked you to confirm your address, and the address, for 7 days from when \
                 it was sent."
            }
        }
    }

    /// The name that people know it by.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Five9 => "Five9",
            Self::Granicus => "Granicus (Achieve)",
            Self::Newsletter => "the newsletter service",
            Self::Notify => "GOV.UK Notify",
        }
    }

    /// What it does for the council, as the rest of a sentence after its name:
    /// `runs our telephone service`.
    #[must_use]
    pub const fn role(self) -> &'static str {
        match self {
            Self::Five9 => "runs our telephone service",
            Self::Granicus => "runs some of our online forms",
            Self::Newsletter => "sends our newsletters",
            Self::Notify => "sends our emails about confirming an address",
        }
    }
}

/// How long GOV.UK Notify keeps an email: its default, which must not be lengthened there
/// (<https://www.notifications.service.gov.uk/using-notify/data-retention-period>).
const MAILS: TimeDelta = periods::MAILS_AT_NOTIFY;

/// When the last copy of an email that was requested by `asked_at` is deleted: it may have been
/// sent some days later.
#[must_use]
pub fn mails_end(asked_at: DateTime<Utc>) -> DateTime<Utc> {
    asked_at + SENDING + MAILS
}

/// That a processor holds a copy, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessorCopy {
    /// The processor.
    pub at: Processor,
    /// Until when, if the processor deletes it by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

impl ProcessorCopy {
    /// Five9's copy of a call that began then: its servers keep it for 60 days.
    #[must_use]
    pub fn five9(began: DateTime<Utc>) -> Self {
        Self {
            at: Processor::Five9,
            until: began.checked_add_signed(CALLS),
        }
    }

    /// Granicus's copy of a submission, which it keeps until it is asked to delete it.
    #[must_use]
    pub const fn granicus() -> Self {
        Self {
            at: Processor::Granicus,
            until: None,
        }
    }

    /// GOV.UK Notify's copy of an email that was requested then.
    #[must_use]
    pub fn notify(asked_at: DateTime<Utc>) -> Self {
        Self {
            at: Processor::Notify,
            until: Some(mails_end(asked_at)),
        }
    }

    /// Whether the copy is still there at `now`, as far as the processor's own retention says.
    #[must_use]
    pub fn lasts(&self, now: DateTime<Utc>) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// Who is known to hold something of a record from this source, and until when, if the processor
/// deletes its copy by itself.
///
/// Five9 keeps its contacts longer than its calls, so it is included for every call. The sender of
/// the newsletter has the address of everybody who asked for it. GOV.UK Notify has nothing of an
/// email once it has deleted it.
#[must_use]
pub fn copies(
    source: Source,
    custody: &[ProcessorCopy],
    newsletter: bool,
    now: DateTime<Utc>,
) -> BTreeMap<Processor, Option<DateTime<Utc>>> {
    let telephone = (source == Source::Telephone).then_some(Processor::Five9);
    let newsletter = newsletter.then_some(Processor::Newsletter);
    let known = telephone
        .into_iter()
        .chain(newsletter)
        .map(|processor| (processor, None));
    let copies = custody
        .iter()
        .filter(|custody| custody.at != Processor::Notify || custody.lasts(now));
    known
        .chain(copies.map(|custody| (custody.at, custody.until)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Processor, ProcessorCopy, copies};
    use crate::record::source::Source;
    use chrono::{DateTime, TimeDelta, Utc};

    #[test]
    fn five9_holds_a_call_for_sixty_days_and_granicus_until_it_is_told() {
        let began: DateTime<Utc> = "2026-10-12T08:00:12Z".parse().unwrap();
        assert!(
            ProcessorCopy::five9(began).lasts(began + TimeDelta::days(60) - TimeDelta::seconds(1))
        );
        assert!(!ProcessorCopy::five9(began).lasts(began + TimeDelta::days(60)));
        assert!(ProcessorCopy::granicus().lasts(began + TimeDelta::days(4000)));
    }

    #[test]
    fn five9_knows_whoever_calls_and_the_newsletter_service_whoever_asked_for_it() {
        let began: DateTime<Utc> = "2026-10-12T08:00:12Z".parse().unwrap();
        let of = |source, custody: &[ProcessorCopy], newsletter| {
            copies(source, custody, newsletter, began)
                .into_iter()
                .collect::<Vec<(Processor, Option<DateTime<Utc>>)>>()
        };
        assert_eq!(of(Source::Support, &[], false), []);
        assert_eq!(
            of(Source::Telephone, &[], false),
            [(Processor::Five9, None)]
        );
        let five9 = ProcessorCopy::five9(began);
        assert_eq!(
            of(Source::Telephone, &[five9], false),
            [(Processor::Five9, five9.until)]
        );
        let both = [(Processor::Granicus, None), (Processor::Newsletter, None)];
        assert_eq!(
            of(Source::WebForm, &[ProcessorCopy::granicus()], true),
            both
        );
    }

    #[test]
    fn govuk_notify_holds_nothing_of_a_mail_that_it_has_deleted() {
        let asked: DateTime<Utc> = "2026-11-23T10:00:00Z".parse().unwrap();
        let at = |now| {
            copies(
                Source::WebForm,
                &[ProcessorCopy::notify(asked), ProcessorCopy::five9(asked)],
                false,
                now,
            )
        };
        let over = asked + TimeDelta::days(10);
        assert!(at(over - TimeDelta::seconds(1)).contains_key(&Processor::Notify));
        assert!(!at(over).contains_key(&Processor::Notify));
        assert!(
            at(over + TimeDelta::days(400)).contains_key(&Processor::Five9),
            "its contacts stay longer"
        );
    }
}
