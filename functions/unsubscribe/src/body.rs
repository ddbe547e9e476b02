//! What a request to unsubscribe says in its body: nothing (GOV.UK Notify), or the one field of RFC 8058.

use crate::refusal::Refusal;
use futures_util::stream;
use lambda_http::http::HeaderMap;
use lambda_http::http::header::CONTENT_TYPE;
use multer::Multipart;
use multer::bytes::Bytes;
use shared::edge::http;
use std::convert::Infallible;

/// The largest body that is read: the field takes 26 bytes, as `multipart/form-data` some 200.
const LIMIT: usize = 4 * 1024;
/// The field and what it says (RFC 8058, 3.1).
pub const FIELD: &str = "List-Unsubscribe";
pub const VALUE: &str = "One-Click";

/// Refuses a body that says anything else. Other fields are passed over.
///
/// # Errors
/// [`Refusal`] 413, 415 or 400, in this order.
pub async fn must_mean_it(headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    if body.len() > LIMIT {
        return Err(Refusal::TooLarge);
    }
    if body.trim_ascii().is_empty() {
        return Ok(());
    }
    let said = match http::media_type(headers).as_deref() {
        Some("application/x-www-form-urlencoded") => urlencoded(body),
        Some("multipart/form-data") => multipart(headers, body).await.ok_or(Refusal::Broken)?,
        _ => return Err(Refusal::MediaType),
    };
    let means_it = !said.is_empty() && said.iter().all(|said| said.trim_ascii().eq_ignore_ascii_case(VALUE.as_bytes()));
    if means_it { Ok(()) } else { Err(Refusal::Broken) }
}

/// Everything that the field says.
fn urlencoded(body: &[u8]) -> Vec<Vec<u8>> {
    let fields = form_urlencoded::parse(body).filter(|(name, _)| is_field(name));
    fields.map(|(_, value)| value.into_owned().into_bytes()).collect()
}

/// The same, of a body in parts; nothing if it cannot be read.
async fn multipart(headers: &HeaderMap, body: &[u8]) -> Option<Vec<Vec<u8>>> {
    let boundary = multer::parse_boundary(headers.get(CONTENT_TYPE)?.to_str().ok()?).ok()?;
    let body = Ok::<_, Infallible>(Bytes::copy_from_slice(body));
    let mut parts = Multipart::new(stream::iter([body]), boundary);
    let mut said = Vec::new();
    while let Some(part) = parts.next_field().await.ok()? {
        let is_field = part.name().is_some_and(is_field);
        let value = part.bytes().await.ok()?;
        if is_field {
            said.push(value.to_vec());
        }
    }
    Some(said)
}

fn is_field(name: &str) -> bool {
    name.eq_ignore_ascii_case(FIELD)
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, must_mean_it};
    use crate::refusal::Refusal;
    use lambda_http::http::{HeaderMap, HeaderValue};
    use proptest::prelude::*;

    const FORM: &str = "application/x-www-form-urlencoded";
    const PARTS: &str = "multipart/form-data; boundary=----mail";

    fn read(media_type: &str, body: &[u8]) -> Result<(), Refusal> {
        let value = HeaderValue::from_str(media_type).unwrap();
        let headers = HeaderMap::from_iter([("content-type".parse().unwrap(), value)]);
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(must_mean_it(&headers, body))
    }

    fn parts(fields: &[(&str, &str)]) -> Vec<u8> {
        let part = |(name, value): &(&str, &str)| {
            format!("------mail\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        (fields.iter().map(part).collect::<String>() + "------mail--\r\n").into_bytes()
    }

    #[test]
    fn an_empty_body_means_it_whatever_its_type() {
        for media_type in ["", FORM, PARTS, "text/plain", "application/json"] {
            assert!(read(media_type, b"").is_ok(), "{media_type}");
            assert!(read(media_type, b"\r\n").is_ok(), "{media_type}");
        }
    }

    #[test]
    fn the_one_field_means_it_in_both_spellings_of_a_form() {
        for body in
            [&b"List-Unsubscribe=One-Click"[..], b"list-unsubscribe=one-click\r\n", b"a=1&List-Unsubscribe=One-Click"]
        {
            assert!(read(FORM, body).is_ok());
            assert!(read("application/x-www-form-urlencoded; charset=UTF-8", body).is_ok());
        }
        assert!(read(PARTS, &parts(&[("List-Unsubscribe", "One-Click")])).is_ok());
        assert!(read(PARTS, &parts(&[("other", "1"), ("List-Unsubscribe", "One-Click")])).is_ok());
    }

    #[test]
    fn said_twice_alike_is_said_once_and_said_differently_is_400() {
        assert!(read(FORM, b"List-Unsubscribe=One-Click&List-Unsubscribe=One-Click").is_ok());
        assert!(read(PARTS, &parts(&[("List-Unsubscribe", "One-Click"); 2])).is_ok());
        assert!(matches!(read(FORM, b"List-Unsubscribe=One-Click&List-Unsubscribe=No"), Err(Refusal::Broken)));
        let no = parts(&[("List-Unsubscribe", "One-Click"), ("List-Unsubscribe", "No")]);
        assert!(matches!(read(PARTS, &no), Err(Refusal::Broken)));
    }

    #[test]
    fn what_says_something_else_is_400() {
        for body in [&b"List-Unsubscribe"[..], b"List-Unsubscribe=", b"One-Click", b"unsubscribe=yes", b"\xff=\xff"] {
            assert!(matches!(read(FORM, body), Err(Refusal::Broken)));
        }
        for body in
            [&b"List-Unsubscribe=One-Click"[..], b"------mail", b"------mail--\r\n", b"------mail\r\n\r\nOne-Click"]
        {
            assert!(matches!(read(PARTS, body), Err(Refusal::Broken)));
        }
        assert!(matches!(read("multipart/form-data", &parts(&[])), Err(Refusal::Broken)), "without a boundary");
    }

    #[test]
    fn other_media_types_are_415_and_what_is_over_4_kib_is_413() {
        for media_type in ["text/plain", "application/json", "multipart/mixed; boundary=----mail", ""] {
            assert!(matches!(read(media_type, b"List-Unsubscribe=One-Click"), Err(Refusal::MediaType)), "{media_type}");
        }
        let padded = |length: usize| [&b"List-Unsubscribe=One-Click&a="[..], &vec![b'a'; length - 29]].concat();
        assert!(read(FORM, &padded(LIMIT)).is_ok());
        assert!(matches!(read(FORM, &padded(LIMIT + 1)), Err(Refusal::TooLarge)));
        assert!(matches!(read("text/plain", &vec![b' '; LIMIT + 1]), Err(Refusal::TooLarge)));
    }

    proptest! {
        #[test]
        fn any_bytes_mean_it_or_are_refused(body in proptest::collection::vec(any::<u8>(), 0..200), parts: bool) {
            let _ = read(if parts { PARTS } else { FORM }, &body);
        }
    }
}
