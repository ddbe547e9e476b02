//! The body of a request to unsubscribe: empty (GOV.UK Notify), or the one field of RFC 8058.
//!
//! The address alone proves enough, and a mail program that sends the words means them whatever
//! type it declares. So the type does not matter: only other contents are refused.

use crate::field::Field;
use crate::refusal::Rejection;
use futures_util::stream;
use multer::Multipart;
use multer::bytes::Bytes;
use std::convert::Infallible;

/// The largest body that is read: the field takes 26 bytes, as `multipart/form-data` some 200.
const LIMIT: usize = 4 * 1024;

/// The mark of UTF-8 that some programs put at the beginning.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Refuses a body with anything else. Other fields are ignored.
///
/// # Errors
/// [`Rejection`] 413 or 400, in this order.
pub async fn must_mean(field: &Field, body: &[u8]) -> Result<(), Rejection> {
    if body.len() > LIMIT {
        return Err(Rejection::TooLarge);
    }
    let body = body
        .strip_prefix(BYTE_ORDER_MARK)
        .unwrap_or(body)
        .trim_ascii();
    if body.is_empty() {
        return if field.empty {
            Ok(())
        } else {
            Err(Rejection::Broken)
        };
    }
    let values = if body.starts_with(b"--") {
        in_parts(field, body).await.ok_or(Rejection::Broken)?
    } else {
        in_fields(field, body)
    };
    let value = field.value.as_bytes();
    let means_it = !values.is_empty()
        && values
            .iter()
            .all(|values| values.trim_ascii().eq_ignore_ascii_case(value));
    if means_it {
        Ok(())
    } else {
        Err(Rejection::Broken)
    }
}

/// Every value of the field, in a form; in a form in plain text the fields are lines.
fn in_fields(field: &Field, body: &[u8]) -> Vec<Vec<u8>> {
    let lines = body.split(|byte| matches!(byte, b'\r' | b'\n'));
    let fields = lines
        .flat_map(form_urlencoded::parse)
        .filter(|(name, _)| field.is(name.trim()));
    fields
        .map(|(_, value)| value.into_owned().into_bytes())
        .collect()
}

/// The same in a body in parts, which begins with their boundary; `None` if it cannot be read.
async fn in_parts(field: &Field, body: &[u8]) -> Option<Vec<Vec<u8>>> {
    let body = with_line_breaks_of_mail(body);
    let first = body.split(|byte| *byte == b'\r').next()?;
    let boundary = std::str::from_utf8(first.strip_prefix(b"--")?)
        .ok()?
        .trim_end()
        .to_owned();
    let body = Ok::<_, Infallible>(Bytes::from(body));
    let mut parts = Multipart::new(stream::iter([body]), boundary);
    let mut values = Vec::new();
    while let Some(part) = parts.next_field().await.ok()? {
        let is_field = part.name().is_some_and(|name| field.is(name));
        let value = part.bytes().await.ok()?;
        if is_field {
            values.push(value.to_vec());
        }
    }
    Some(values)
}

/// The same lines, each ended by CR LF, as parts must be; some programs send LF alone.
fn with_line_breaks_of_mail(body: &[u8]) -> Vec<u8> {
    let lines = body
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut lines = lines.collect::<Vec<_>>().join(&b"\r\n"[..]);
    lines.extend_from_slice(b"\r\n");
    lines
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, must_mean};
    use crate::field::{CONFIRM, ONE_CLICK};
    use crate::refusal::Rejection;
    use proptest::prelude::*;

    fn read(body: &[u8]) -> Result<(), Rejection> {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(must_mean(&ONE_CLICK, body))
    }

    fn parts(fields: &[(&str, &str)]) -> Vec<u8> {
        let part = |(name, value): &(&str, &str)| {
            format!(
                "------mail\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
        };
        (fields.iter().map(part).collect::<String>() + "------mail--\r\n").into_bytes()
    }

    #[test]
    fn an_empty_body_means_it() {
        for body in [&b""[..], b"\r\n", b" ", b"\xEF\xBB\xBF"] {
            assert!(read(body).is_ok());
        }
    }

    #[test]
    fn the_one_field_means_it_in_every_spelling_of_a_form() {
        for body in [
            &b"List-Unsubscribe=One-Click"[..],
            b"list-unsubscribe=one-click\r\n",
            b"a=1&List-Unsubscribe=One-Click",
            b"a=1\nList-Unsubscribe=One-Click\n",
            b"List-Unsubscribe=One%2DClick",
            b"\xEF\xBB\xBFList-Unsubscribe=One-Click",
        ] {
            assert!(read(body).is_ok(), "{}", String::from_utf8_lossy(body));
        }
        assert!(read(&parts(&[("List-Unsubscribe", "One-Click")])).is_ok());
        assert!(read(&parts(&[("other", "1"), ("List-Unsubscribe", "One-Click")])).is_ok());
    }

    #[test]
    fn parts_may_end_their_lines_by_themselves_and_leave_out_the_last_line_break() {
        let sent =
            String::from_utf8(parts(&[("other", "1"), ("List-Unsubscribe", "One-Click")])).unwrap();
        for sent in [
            sent.replace("\r\n", "\n"),
            sent.trim_end().to_owned(),
            format!("\r\n{sent}"),
            sent.replacen("\r\n", "\n", 1),
        ] {
            assert!(read(sent.as_bytes()).is_ok(), "{sent:?}");
        }
    }

    #[test]
    fn said_twice_alike_is_said_once_and_said_differently_is_400() {
        assert!(read(b"List-Unsubscribe=One-Click&List-Unsubscribe=One-Click").is_ok());
        assert!(read(&parts(&[("List-Unsubscribe", "One-Click"); 2])).is_ok());
        assert!(matches!(
            read(b"List-Unsubscribe=One-Click&List-Unsubscribe=No"),
            Err(Rejection::Broken)
        ));
        assert!(matches!(
            read(b"List-Unsubscribe=No\nList-Unsubscribe=One-Click"),
            Err(Rejection::Broken)
        ));
        let no = parts(&[
            ("List-Unsubscribe", "One-Click"),
            ("List-Unsubscribe", "No"),
        ]);
        assert!(matches!(read(&no), Err(Rejection::Broken)));
    }

    #[test]
    fn what_says_something_else_is_400() {
        for body in [
            &b"List-Unsubscribe"[..],
            b"List-Unsubscribe=",
            b"One-Click",
            b"unsubscribe=yes",
            b"{\"keep\": true}",
            b"\xff=\xff",
            b"------mail",
            b"--",
            b"------mail--\r\n",
            b"------mail\r\n\r\nOne-Click",
        ] {
            assert!(
                matches!(read(body), Err(Rejection::Broken)),
                "{}",
                String::from_utf8_lossy(body)
            );
        }
        assert!(matches!(
            read(&parts(&[("other", "1")])),
            Err(Rejection::Broken)
        ));
    }

    #[test]
    fn an_address_is_confirmed_by_its_own_button_and_by_nothing_less() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let read = |body: &[u8]| runtime.block_on(must_mean(&CONFIRM, body));
        assert!(read(b"confirm=yes").is_ok() && read(&parts(&[("confirm", "yes")])).is_ok());
        for body in [
            &b""[..],
            b" ",
            b"confirm=",
            b"confirm=no",
            b"List-Unsubscribe=One-Click",
            b"confirm=yes&confirm=no",
        ] {
            assert!(
                matches!(read(body), Err(Rejection::Broken)),
                "{}",
                String::from_utf8_lossy(body)
            );
        }
    }

    #[test]
    fn what_is_over_4_kib_is_413() {
        let padded = |length: usize| {
            [
                &b"List-Unsubscribe=One-Click&a="[..],
                &vec![b'a'; length - 29],
            ]
            .concat()
        };
        assert!(read(&padded(LIMIT)).is_ok());
        assert!(matches!(read(&padded(LIMIT + 1)), Err(Rejection::TooLarge)));
        assert!(matches!(
            read(&vec![b' '; LIMIT + 1]),
            Err(Rejection::TooLarge)
        ));
    }

    proptest! {
        #[test]
        fn any_bytes_mean_it_or_are_refused(body in proptest::collection::vec(any::<u8>(), 0..200), parts: bool) {
            let _ = read(&[if parts { &b"--"[..] } else { b"" }, &body].concat());
        }
    }
}
