//! The calculator and the bank holidays, which need no data.

use super::given::Given;
use super::refusal::{Refusal, field};
use crate::clocks::{self, Question, Reply};
use chrono::{Datelike, NaiveDate};
use custodian_domain::rights::calendar::ENGLAND_AND_WALES;
use custodian_domain::rights::register::lists::{Listed, RequestKind};
use custodian_domain::rights::response_deadline::ResponseDeadline;
use serde_json::{Value, json};

/// By when a request is answered: the answer to `GET /api/clocks`.
pub(crate) fn clocks(given: &Given) -> Result<Value, Refusal> {
    let question = question(given)?;
    let mut answer = json!({"kind": question.kind, "received": question.received});
    match question.reply() {
        Reply::Acknowledge(by) => {
            answer["acknowledge_by"] = json!(by.as_ref().ok());
            answer["not_known"] = json!(by.err().map(|beyond| beyond.to_string()));
        }
        Reply::Answer(deadline, extend_by) => {
            let (state, due, working) = match deadline {
                ResponseDeadline::By { due, working } => {
                    ("running", Some(due), Some(working.to_string()))
                }
                ResponseDeadline::Waiting(_) => ("waiting", None, None),
                ResponseDeadline::Stopped { .. } => ("stopped", None, None),
                ResponseDeadline::NotKnownYet(beyond) => {
                    ("not_known", None, Some(beyond.to_string()))
                }
            };
            answer["state"] = json!(state);
            answer["due"] = json!(due);
            answer["working"] = json!(working);
            answer["extend_by"] = json!(extend_by);
        }
    }
    Ok(answer)
}

/// The bank holidays that are known: the answer to `GET /api/calendar`.
pub(crate) fn calendar(today: NaiveDate) -> Value {
    json!({
        "division": "england-and-wales", "known_until": ENGLAND_AND_WALES.until(),
        "bank_holidays": clocks::holidays(today).collect::<Vec<_>>(),
    })
}

fn question(given: &Given) -> Result<Question, Refusal> {
    let kind = given.text("kind").and_then(RequestKind::named);
    let kind = kind.ok_or_else(|| {
        let all: Vec<&str> = RequestKind::ALL.iter().map(|kind| kind.as_str()).collect();
        field(
            "kind",
            "invalid",
            format!("must be one of {}", all.join(", ")),
        )
    })?;
    let received = day(given, "received")?;
    let received =
        received.ok_or_else(|| field("received", "missing", "must be a day, YYYY-MM-DD"))?;
    let (asked, answered) = (day(given, "asked")?, day(given, "answered")?);
    if answered.is_some_and(|answered| asked.is_none_or(|asked| answered < asked)) {
        return Err(field("answered", "invalid", "must not be before asked"));
    }
    let is_extended = match given.text("extended") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(field("extended", "invalid", "must be true or false")),
    };
    Ok(Question {
        kind: kind.as_str().to_owned(),
        received,
        identity: day(given, "identity")?,
        asked,
        answered,
        is_extended,
    })
}

fn day(given: &Given, name: &str) -> Result<Option<NaiveDate>, Refusal> {
    let Some(text) = given.text(name) else {
        return Ok(None);
    };
    let day = text.parse::<NaiveDate>().ok();
    let day = day.filter(|day| (2000..2100).contains(&day.year()));
    day.map(Some)
        .ok_or_else(|| field(name, "invalid", "must be a day, YYYY-MM-DD"))
}

#[cfg(test)]
mod tests {
    use super::{calendar, clocks};
    use crate::api::given::Given;
    use crate::api::refusal::Refusal;
    use serde_json::{Value, json};

    fn asked(fields: Value) -> Result<Value, Refusal> {
        let Value::Object(fields) = fields else {
            panic!("no object");
        };
        clocks(&Given {
            fields,
            ..Given::default()
        })
    }

    #[test]
    fn a_date_is_told_with_how_it_was_worked_out() {
        let told = asked(json!({"kind": "access", "received": "2026-11-24"})).unwrap();
        assert_eq!(
            (&told["state"], &told["due"]),
            (&json!("running"), &json!("2026-12-24"))
        );
        assert_eq!(told["extend_by"], "2026-12-24");
        assert!(told["working"].as_str().unwrap().starts_with("received"));
        let stopped = json!({"kind": "access", "received": "2026-11-24", "asked": "2026-11-26"});
        let told = asked(stopped).unwrap();
        assert_eq!(
            (&told["state"], &told["due"]),
            (&json!("stopped"), &Value::Null)
        );
        let told = asked(json!({"kind": "complaint", "received": "2026-08-01"})).unwrap();
        assert_eq!(told["acknowledge_by"], "2026-09-01");
        let told = asked(json!({"kind": "erasure", "received": "2028-11-30"})).unwrap();
        assert_eq!(
            (&told["state"], &told["due"]),
            (&json!("not_known"), &Value::Null)
        );
    }

    #[test]
    fn what_is_no_question_is_refused() {
        for wrong in [
            json!({}),
            json!({"kind": "access"}),
            json!({"kind": "rosa", "received": "2026-11-24"}),
            json!({"kind": "access", "received": "2026-02-30"}),
            json!({"kind": "access", "received": "+99999-01-01"}),
            json!({"kind": "access", "received": "2026-11-24", "answered": "2026-11-26"}),
            json!({"kind": "access", "received": "2026-11-24", "asked": "2026-11-26", "answered": "2026-11-25"}),
            json!({"kind": "access", "received": "2026-11-24", "extended": "yes"}),
        ] {
            assert!(matches!(asked(wrong), Err(Refusal::Fields(_))));
        }
    }

    #[test]
    fn bank_holidays_are_told_until_when_they_are_known() {
        let told = calendar("2026-11-23".parse().unwrap());
        assert_eq!(told["known_until"], "2028-12-31");
        assert_eq!(told["bank_holidays"][0], "2026-01-01");
    }
}
