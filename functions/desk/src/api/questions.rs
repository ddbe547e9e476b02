//! Which question of a request an answer is to: questions are numbered from 1, in the order in which
//! they were asked.

use super::refusal::Refusal;
use custodian_domain::rights::register::lists::{Listed, RequestKind};
use serde_json::Value;

/// Whether the question with this number waits for its answer, by the case's history. An answer that
/// was entered before, by the same call, is entered again without effect.
pub(crate) fn must_be_open(
    case: &Value,
    kind: RequestKind,
    number: &str,
    event_id: &str,
) -> Result<(), Refusal> {
    let number: usize = number.parse().map_err(|_| Refusal::NotFound)?;
    let history = case["history"].as_array().map(Vec::as_slice);
    let history = history.unwrap_or_default();
    let of_request = |entry: &&Value| {
        let of = entry["of"].as_str();
        of.is_none_or(|of| of == kind.as_str())
    };
    let (mut asked, mut is_open) = (0, false);
    for entry in history.iter().filter(of_request) {
        match entry["event"]["what"].as_str() {
            Some("question_asked") => {
                asked += 1;
                is_open = true;
            }
            Some("question_answered") => is_open = false,
            _ => {}
        }
    }
    if number == 0 || number > asked {
        return Err(Refusal::NotFound);
    }
    let is_repeated = history.iter().any(|entry| entry["id"] == event_id);
    if is_repeated || (number == asked && is_open) {
        return Ok(());
    }
    Err(Refusal::Order {
        kind: "NotNow".to_owned(),
        field: String::new(),
        words: "this question is answered already".to_owned(),
        is_conditional: false,
    })
}

#[cfg(test)]
mod tests {
    use super::must_be_open;
    use crate::api::refusal::Refusal;
    use custodian_domain::rights::register::lists::RequestKind;
    use serde_json::{Value, json};

    fn entry(id: &str, of: Option<&str>, what: &str) -> Value {
        json!({"id": id, "of": of, "event": {"what": what, "on": "2026-11-23"}})
    }

    fn status(history: &[Value], number: &str, id: &str) -> u16 {
        let case = json!({"history": history});
        match must_be_open(&case, RequestKind::Access, number, id) {
            Ok(()) => 200,
            Err(refusal) => Refusal::into_response(refusal).status().as_u16(),
        }
    }

    #[test]
    fn only_the_last_question_can_be_answered_and_once() {
        let mut history = vec![
            entry("e1", None, "registered"),
            entry("e2", Some("access"), "question_asked"),
            entry("e3", Some("erasure"), "question_answered"),
        ];
        assert_eq!(status(&history, "1", "e4"), 200);
        for nowhere in ["0", "2", "x", "-1", ""] {
            assert_eq!(status(&history, nowhere, "e4"), 404, "{nowhere}");
        }
        history.push(entry("e4", Some("access"), "question_answered"));
        assert_eq!(status(&history, "1", "e5"), 409);
        assert_eq!(status(&history, "1", "e4"), 200, "the same call again");
        history.push(entry("e6", None, "question_asked"));
        assert_eq!(status(&history, "1", "e7"), 409);
        assert_eq!(status(&history, "2", "e7"), 200);
    }
}
