//! A request's body becomes a sheet of answers.

use crate::refusal::Refusal;
use lambda_http::http::HeaderMap;
use serde_json::Value;
use shared::domain::answers::{Given, Sheet};
use shared::domain::json::Payload;
use shared::edge::http;

/// The largest body that is read.
const LIMIT: usize = 64 * 1024;

/// Who sent it, as far as the media type tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A person, with a form.
    Person,
    /// A program, with JSON.
    Program,
}

/// Reads a body by its media type.
///
/// # Errors
/// [`Refusal`] 413, 415 or 400, in this order.
pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<(Sender, Sheet), Refusal> {
    if body.len() > LIMIT {
        return Err(Refusal::TooLarge);
    }
    match http::media_type(headers).as_deref() {
        Some("application/x-www-form-urlencoded") => Ok((Sender::Person, form(body)?)),
        Some("application/json") => Ok((Sender::Program, json(body)?)),
        _ => Err(Refusal::MediaType),
    }
}

fn form(body: &[u8]) -> Result<Sheet, Refusal> {
    // The form parser replaces what is not UTF-8; what a person wrote is not to be changed unseen.
    percent_encoding::percent_decode(body).decode_utf8().map_err(|_| Refusal::Broken)?;
    let mut sheet = Sheet::new();
    for (field, value) in form_urlencoded::parse(body) {
        let texts = sheet.entry(field.into_owned()).or_insert_with(|| Given::Texts(Vec::new()));
        if let Given::Texts(texts) = texts {
            texts.push(value.into_owned());
        }
    }
    Ok(sheet)
}

fn json(body: &[u8]) -> Result<Sheet, Refusal> {
    let (value, repeated) = Payload::read(body).map_err(|_| Refusal::Broken)?.into_parts();
    let Value::Object(fields) = value else { return Err(Refusal::Broken) };
    let given = |field: &String, value| if repeated.holds(field) { Some(Given::Repeated) } else { given(value) };
    Ok(fields.into_iter().filter_map(|(field, value)| given(&field, value).map(|given| (field, given))).collect())
}

/// What a JSON value gives; null gives nothing.
fn given(value: Value) -> Option<Given> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(yes) => Given::YesNo(yes),
        Value::Number(number) => number.as_f64().map_or(Given::Other, Given::Number),
        Value::String(text) => Given::Texts(vec![text]),
        Value::Array(values) => {
            let texts = values.iter().map(|value| value.as_str().map(str::to_owned)).collect::<Option<_>>();
            texts.map_or(Given::Other, Given::Texts)
        }
        Value::Object(_) => Given::Other,
    })
}

/// Takes a field of the form's own out of a sheet; empty is as good as not there.
pub fn take(sheet: &mut Sheet, field: &str) -> Option<String> {
    match sheet.remove(field)? {
        Given::Texts(texts) => texts.into_iter().find(|text| !text.trim().is_empty()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Sender, read};
    use crate::refusal::Refusal;
    use lambda_http::http::{HeaderMap, HeaderValue};
    use proptest::prelude::*;
    use shared::domain::answers::Given;

    const FORM: &str = "application/x-www-form-urlencoded";

    fn typed(media_type: &str) -> HeaderMap {
        HeaderMap::from_iter([("content-type".parse().unwrap(), HeaderValue::from_str(media_type).unwrap())])
    }

    #[test]
    fn a_form_and_json_say_the_same() {
        let (sender, form) = read(&typed(FORM), "comment=caf%C3%A9+%2B+tea".as_bytes()).unwrap();
        assert_eq!(sender, Sender::Person);
        let (sender, json) =
            read(&typed("application/json; charset=UTF-8"), r#"{"comment":"café + tea","x":null}"#.as_bytes()).unwrap();
        assert_eq!(sender, Sender::Program);
        assert_eq!(form, json);
    }

    #[test]
    fn a_repeated_field_keeps_every_value() {
        let (_, sheet) = read(&typed(FORM), b"materials=Wood&materials=Metal").unwrap();
        assert_eq!(sheet["materials"], Given::Texts(vec!["Wood".into(), "Metal".into()]));
    }

    #[test]
    fn media_types_that_are_not_taken_are_415() {
        for media_type in ["text/plain", "multipart/form-data; boundary=x", "application/json; charset=utf-16", ""] {
            assert!(matches!(read(&typed(media_type), b"{}"), Err(Refusal::MediaType)), "{media_type}");
        }
        assert!(matches!(read(&HeaderMap::new(), b"{}"), Err(Refusal::MediaType)));
        let mut packed = typed("application/json");
        packed.insert("content-encoding", HeaderValue::from_static("gzip"));
        assert!(matches!(read(&packed, b"{}"), Err(Refusal::MediaType)));
    }

    #[test]
    fn what_cannot_be_read_is_400() {
        for body in [&b"{\"comment\":"[..], b"[]", b"7", b"", b"{\"a\":\"\xff\"}"] {
            assert!(matches!(read(&typed("application/json"), body), Err(Refusal::Broken)));
        }
        assert!(matches!(read(&typed(FORM), b"comment=%FF%FE"), Err(Refusal::Broken)));
    }

    #[test]
    fn a_body_over_64_kib_is_413() {
        let body = vec![b'a'; 64 * 1024];
        assert!(read(&typed(FORM), &body).is_ok());
        assert!(matches!(read(&typed("text/plain"), &[&body[..], b"a"].concat()), Err(Refusal::TooLarge)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_sheet_or_a_refusal(body in proptest::collection::vec(any::<u8>(), 0..200), json: bool) {
            let _ = read(&typed(if json { "application/json" } else { FORM }), &body);
        }

        #[test]
        fn what_a_form_encodes_is_what_is_read(fields in proptest::collection::btree_map("[a-z]{1,8}", "\\PC{1,30}", 0..6)) {
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
            let (_, sheet) = read(&typed(FORM), body.as_bytes()).unwrap();
            let expected = fields.into_iter().map(|(field, value)| (field, Given::Texts(vec![value]))).collect();
            prop_assert_eq!(sheet, expected);
        }
    }
}
