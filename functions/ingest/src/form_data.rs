//! Reads a request's body as form data.

use crate::refusal::Rejection;
use custodian_domain::survey::answers::{FormData, RawValue};
use custodian_domain::survey::{QuestionKind, Survey};
use custodian_domain::validation::json::Payload;
use custodian_domain::validation::text;
use custodian_web::http;
use custodian_web::http::HeaderMap;
use serde_json::Value;

/// The largest body that is read for a survey with short answers, in bytes.
const LEAST: usize = 64 * 1024;
/// The largest body that is read at all, in bytes: what one record holds, encoded. A page that
/// gives it back stays below the 6 MB that Lambda accepts.
const MOST: usize = 1024 * 1024;
/// How many bytes the form's own fields take.
const OWN: usize = 4 * 1024;
/// How many bytes a byte of an answer takes when it is sent: `%F0` in a form, or in JSON, where `é`
/// may be `\u00e9`.
const ENCODED: usize = 3;

/// Who sent it, according to the media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A person sent a form.
    Person,
    /// A program sent JSON.
    Program,
}

/// Reads a body by its media type.
///
/// # Errors
/// [`Rejection`] 413, 415 or 400, in this order.
pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<(Sender, FormData), Rejection> {
    if body.len() > MOST {
        return Err(Rejection::TooLarge);
    }
    match http::media_type(headers).as_deref() {
        Some("application/x-www-form-urlencoded") => Ok((Sender::Person, form(body)?)),
        Some("application/json") => Ok((Sender::Program, json(body)?)),
        _ => Err(Rejection::MediaType),
    }
}

/// The largest body that is read for a survey, in bytes: answers of the greatest length always fit.
pub fn limit(survey: &Survey) -> usize {
    let answers = survey.questions.iter().map(|question| {
        let name = question.id.len() + "-month=&".len();
        let longest = match question.kind {
            QuestionKind::Satisfaction | QuestionKind::YesNo => 0,
            QuestionKind::Choice | QuestionKind::Choices => question
                .options
                .iter()
                .map(|option| option.len() + name)
                .sum(),
            QuestionKind::Number | QuestionKind::Date => question.limit(),
            _ => text::largest(question.limit()),
        };
        longest.saturating_add(name * 3)
    });
    answers
        .fold(0, usize::saturating_add)
        .saturating_mul(ENCODED)
        .saturating_add(OWN)
        .clamp(LEAST, MOST)
}

fn form(body: &[u8]) -> Result<FormData, Rejection> {
    // The form parser replaces what is not UTF-8; a person's words must not be changed unnoticed.
    percent_encoding::percent_decode(body)
        .decode_utf8()
        .map_err(|_| Rejection::Broken)?;
    let mut form_data = FormData::new();
    for (field, value) in form_urlencoded::parse(body) {
        let texts = form_data
            .entry(field.into_owned())
            .or_insert_with(|| RawValue::Texts(Vec::new()));
        if let RawValue::Texts(texts) = texts {
            texts.push(value.into_owned());
        }
    }
    Ok(form_data)
}

fn json(body: &[u8]) -> Result<FormData, Rejection> {
    let (value, repeated) = Payload::read(body)
        .map_err(|_| Rejection::Broken)?
        .into_parts();
    let Value::Object(fields) = value else {
        return Err(Rejection::Broken);
    };
    let given = |field: &String, value| {
        if repeated.holds(field) {
            Some(RawValue::Repeated)
        } else {
            given(value)
        }
    };
    Ok(fields
        .into_iter()
        .filter_map(|(field, value)| given(&field, value).map(|given| (field, given)))
        .collect())
}

/// The value of a JSON value; `None` for null.
fn given(value: Value) -> Option<RawValue> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(yes) => RawValue::YesNo(yes),
        Value::Number(number) => number.as_f64().map_or(RawValue::Other, RawValue::Number),
        Value::String(text) => RawValue::Texts(vec![text]),
        Value::Array(values) => {
            let texts = values
                .iter()
                .map(|value| value.as_str().map(str::to_owned))
                .collect::<Option<_>>();
            texts.map_or(RawValue::Other, RawValue::Texts)
        }
        Value::Object(_) => RawValue::Other,
    })
}

/// Takes one of the form's own fields out of the form data; an empty one counts as missing.
pub fn take(form_data: &mut FormData, field: &str) -> Option<String> {
    match form_data.remove(field)? {
        RawValue::Texts(texts) => texts.into_iter().find(|text| !text.trim().is_empty()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{LEAST, MOST, Sender, limit, read};
    use crate::refusal::Rejection;
    use custodian_domain::survey::Survey;
    use custodian_domain::survey::answers::{Answer, RawValue, check};
    use custodian_web::http::{HeaderMap, HeaderValue};
    use proptest::prelude::*;
    use serde_json::json;

    const FORM: &str = "application/x-www-form-urlencoded";

    fn survey() -> Survey {
        Survey::parse(include_str!("../../../surveys/recycling-centre.json")).unwrap()
    }

    /// A survey with textareas of these limits.
    fn long(limits: &[usize]) -> Survey {
        let question = |(place, limit): (usize, &usize)| json!({"id": format!("q{place}"), "label": "?", "kind": "textarea", "required": true, "max_length": limit, "purpose": "answer"});
        let questions: Vec<_> = limits.iter().enumerate().map(question).collect();
        let survey = json!({"id": "long", "title": "?", "service": "?", "lawful_basis": "consent", "notice_version": "1", "questions": questions});
        Survey::parse(&survey.to_string()).unwrap()
    }

    fn typed(media_type: &str) -> HeaderMap {
        HeaderMap::from_iter([(
            "content-type".parse().unwrap(),
            HeaderValue::from_str(media_type).unwrap(),
        )])
    }

    #[test]
    fn a_form_and_json_say_the_same() {
        let (sender, form) = read(&typed(FORM), "comment=caf%C3%A9+%2B+tea".as_bytes()).unwrap();
        assert_eq!(sender, Sender::Person);
        let (sender, json) = read(
            &typed("application/json; charset=UTF-8"),
            r#"{"comment":"café + tea","x":null}"#.as_bytes(),
        )
        .unwrap();
        assert_eq!(sender, Sender::Program);
        assert_eq!(form, json);
    }

    #[test]
    fn a_repeated_field_keeps_every_value() {
        let (_, form_data) = read(&typed(FORM), b"materials=Wood&materials=Metal").unwrap();
        assert_eq!(
            form_data["materials"],
            RawValue::Texts(vec!["Wood".into(), "Metal".into()])
        );
    }

    #[test]
    fn media_types_that_are_not_taken_are_415() {
        for media_type in [
            "text/plain",
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-16",
            "",
        ] {
            assert!(
                matches!(read(&typed(media_type), b"{}"), Err(Rejection::MediaType)),
                "{media_type}"
            );
        }
        assert!(matches!(
            read(&HeaderMap::new(), b"{}"),
            Err(Rejection::MediaType)
        ));
        let mut packed = typed("application/json");
        packed.insert("content-encoding", HeaderValue::from_static("gzip"));
        assert!(matches!(read(&packed, b"{}"), Err(Rejection::MediaType)));
    }

    #[test]
    fn what_cannot_be_read_is_400() {
        for body in [&b"{\"comment\":"[..], b"[]", b"7", b"", b"{\"a\":\"\xff\"}"] {
            assert!(matches!(
                read(&typed("application/json"), body),
                Err(Rejection::Broken)
            ));
        }
        assert!(matches!(
            read(&typed(FORM), b"comment=%FF%FE"),
            Err(Rejection::Broken)
        ));
    }

    #[test]
    fn a_body_may_be_as_large_as_the_longest_answers_and_never_larger_than_a_record() {
        assert_eq!(limit(&survey()), LEAST);
        assert!(
            limit(&long(&[5_000, 5_000])) > 2 * 4_000 * 9,
            "two textareas of Bengali"
        );
        let body = vec![b'a'; MOST];
        assert!(read(&typed(FORM), &body).is_ok());
        assert!(matches!(
            read(&typed("text/plain"), &[&body[..], b"a"].concat()),
            Err(Rejection::TooLarge)
        ));
        assert_eq!(limit(&long(&[10])), LEAST);
        assert_eq!(
            limit(&long(&[usize::MAX; 3])),
            MOST,
            "a limit that nobody can reach"
        );
    }

    #[test]
    fn any_label_of_utf_8_is_utf_8() {
        for label in [
            "utf8",
            "UTF8",
            "utf-8",
            "\"utf8\"",
            "\"UTF-8\"",
            " utf-8",
            "unicode-1-1-utf-8",
            "us-ascii",
        ] {
            assert!(
                read(&typed(&format!("{FORM}; charset={label}")), b"comment=a").is_ok(),
                "{label}"
            );
            assert!(
                read(&typed(&format!("Application/JSON;Charset={label}")), b"{}").is_ok(),
                "{label}"
            );
        }
        for label in ["utf-16", "iso-8859-1", "windows-1252", "utf-7", ""] {
            let refused = read(&typed(&format!("{FORM}; charset={label}")), b"comment=a");
            assert!(matches!(refused, Err(Rejection::MediaType)), "{label}");
        }
    }

    #[test]
    fn json_may_begin_with_a_byte_order_mark() {
        let (_, form_data) = read(
            &typed("application/json"),
            "\u{feff}{\"comment\":\"a\"}".as_bytes(),
        )
        .unwrap();
        assert_eq!(form_data["comment"], RawValue::Texts(vec!["a".into()]));
    }

    proptest! {
        #[test]
        fn answers_that_are_each_within_their_limit_fit_into_the_body(
            limits in proptest::collection::vec(1_usize..2_000, 1..4), letter in proptest::sample::select(vec!["a", "é", "ক", "😀", "\n", "<", "👍🏽"]), form: bool,
        ) {
            let survey = long(&limits);
            let answers: Vec<(String, String)> = limits.iter().enumerate().map(|(place, limit)| {
                let filling = limit.saturating_sub(1).min(if letter.len() > 4 { 200 } else { usize::MAX });
                (format!("q{place}"), format!("{}x", letter.repeat(filling)))
            }).collect();
            let (media_type, body) = if form {
                // A browser sends a line break as two bytes, and each byte in three.
                let sent = answers.iter().map(|(field, text)| (field, text.replace('\n', "\r\n")));
                (FORM, form_urlencoded::Serializer::new(String::new()).extend_pairs(sent).finish())
            } else {
                ("application/json", serde_json::to_string(&answers.iter().cloned().collect::<std::collections::BTreeMap<_, _>>()).unwrap())
            };
            let (_, form_data) = read(&typed(media_type), body.as_bytes()).unwrap();
            prop_assert!(body.len() <= limit(&survey));
            let checked = check(&survey, form_data, "2026-11-23".parse().unwrap()).unwrap();
            for (field, text) in answers {
                prop_assert_eq!(&checked.answers[&field], &Answer::Text(text.trim().to_owned()));
            }
        }

        #[test]
        fn any_bytes_are_form_data_or_a_refusal(body in proptest::collection::vec(any::<u8>(), 0..200), json: bool) {
            let _ = read(&typed(if json { "application/json" } else { FORM }), &body);
        }

        #[test]
        fn what_a_form_encodes_is_what_is_read(fields in proptest::collection::btree_map("[a-z]{1,8}", "\\PC{1,30}", 0..6)) {
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
            let (_, form_data) = read(&typed(FORM), body.as_bytes()).unwrap();
            let expected = fields.into_iter().map(|(field, value)| (field, RawValue::Texts(vec![value]))).collect();
            prop_assert_eq!(form_data, expected);
        }
    }
}
