//! The calculator: received on, so answer by. It needs no data. The page and the API use it.

use chrono::{Datelike, NaiveDate};
use custodian_domain::rights::calendar::{BeyondCalendar, COVERS_FROM, ENGLAND_AND_WALES};
use custodian_domain::rights::response_deadline::{
    Clarification, ClockFacts, Need, ResponseDeadline, Right, Wait, acknowledge_complaint_by,
};

/// What somebody says of a request, to learn by when it is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Question {
    /// What is asked for, as the register spells it.
    pub(crate) kind: String,
    /// When it reached the council.
    pub(crate) received: NaiveDate,
    /// When proof of identity was sufficient, if it was asked for.
    pub(crate) identity: Option<NaiveDate>,
    /// When the person was asked what they mean.
    pub(crate) asked: Option<NaiveDate>,
    /// When they answered.
    pub(crate) answered: Option<NaiveDate>,
    /// Whether the time is extended.
    pub(crate) is_extended: bool,
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// A complaint about data protection is acknowledged by a day.
    Acknowledge(Result<NaiveDate, BeyondCalendar>),
    /// A request is answered by a day, and extended by another.
    Answer(ResponseDeadline, Option<NaiveDate>),
}

impl Question {
    /// By when, by what is known of bank holidays.
    pub(crate) fn reply(&self) -> Reply {
        if self.kind == "complaint" {
            return Reply::Acknowledge(acknowledge_complaint_by(self.received, &ENGLAND_AND_WALES));
        }
        let facts = self.facts();
        Reply::Answer(
            facts.deadline(&ENGLAND_AND_WALES),
            facts.extend_by(&ENGLAND_AND_WALES),
        )
    }

    fn facts(&self) -> ClockFacts {
        let mut facts = ClockFacts::received(right(&self.kind), self.received);
        facts.waits = self
            .identity
            .map(|met| Wait {
                need: Need::Identity,
                met: Some(met),
            })
            .into_iter()
            .collect();
        facts.questions = self
            .asked
            .map(|asked| Clarification {
                asked,
                answered: self.answered,
            })
            .into_iter()
            .collect();
        facts.extended = self.is_extended;
        facts
    }
}

/// The bank holidays that are known, from the beginning of this year.
pub(crate) fn holidays(today: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let from = NaiveDate::from_ymd_opt(today.year(), 1, 1).unwrap_or(COVERS_FROM);
    let days = from.iter_days();
    days.take_while(|day| *day <= ENGLAND_AND_WALES.until())
        .filter(|day| ENGLAND_AND_WALES.is_bank_holiday(*day))
}

fn right(kind: &str) -> Right {
    match kind {
        "access" => Right::Access,
        "portability" => Right::Portability,
        "rectification" => Right::Rectification,
        "restriction" => Right::Restriction,
        "objection" => Right::Objection,
        _ => Right::Erasure,
    }
}

#[cfg(test)]
mod tests {
    use super::{Question, Reply, holidays};
    use custodian_domain::rights::response_deadline::ResponseDeadline;

    fn asked(kind: &str, received: &str) -> Question {
        Question {
            kind: kind.to_owned(),
            received: received.parse().unwrap(),
            ..Question::default()
        }
    }

    fn due(question: &Question) -> String {
        match question.reply() {
            Reply::Answer(ResponseDeadline::By { due, .. }, _) => due.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_date_is_worked_out_without_any_data() {
        assert_eq!(due(&asked("access", "2026-11-25")), "2026-12-29");
        let paused = |kind| Question {
            asked: "2026-11-26".parse().ok(),
            answered: "2026-11-30".parse().ok(),
            ..asked(kind, "2026-11-24")
        };
        assert_eq!(due(&paused("access")), "2026-12-29");
        assert_eq!(due(&paused("rectification")), "2026-12-24");
        let identity = Question {
            identity: "2026-11-16".parse().ok(),
            ..asked("access", "2026-11-02")
        };
        assert_eq!(due(&identity), "2026-12-16");
        let extended = Question {
            is_extended: true,
            ..asked("erasure", "2026-11-24")
        };
        assert_eq!(due(&extended), "2027-02-24");
        assert_eq!(
            asked("complaint", "2026-08-01").reply(),
            Reply::Acknowledge(Ok("2026-09-01".parse().unwrap()))
        );
    }

    #[test]
    fn bank_holidays_are_listed_from_this_year_on() {
        let listed: Vec<String> = holidays("2026-11-23".parse().unwrap())
            .map(|day| day.to_string())
            .collect();
        assert_eq!(listed[0], "2026-01-01");
        assert!(listed.contains(&"2026-12-28".to_owned()));
        assert!(!listed.contains(&"2026-12-26".to_owned()), "a Saturday");
    }
}
