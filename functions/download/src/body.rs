//! The form of a person who fetches a file: the code, and which file.

use crate::pages::{CODE, FILE};
use crate::refusal::Rejection;
use custodian_domain::rights::package::File;

/// The largest body that is read: the two fields take some 30 bytes.
const LIMIT: usize = 4 * 1024;

/// The fields that were sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Typed {
    /// The code, as it was typed; `None` if the field was left empty.
    pub code: Option<String>,
    /// The button that was pressed; `None` if a program sent the form without one.
    pub file: Option<File>,
}

impl Typed {
    /// Reads a form. Other fields are ignored.
    ///
    /// # Errors
    /// [`Rejection`] 413 or 400, in this order. Each field may be there once at most, so that one
    /// request tries one code.
    pub fn read(body: &[u8]) -> Result<Self, Rejection> {
        if body.len() > LIMIT {
            return Err(Rejection::TooLarge);
        }
        let (mut codes, mut files) = (Vec::new(), Vec::new());
        for (name, value) in form_urlencoded::parse(body.trim_ascii()) {
            match &*name {
                CODE => codes.push(value.trim().to_owned()),
                FILE => files.push(
                    File::ALL
                        .into_iter()
                        .find(|file| file.as_str() == value)
                        .ok_or(Rejection::Broken)?,
                ),
                _ => {}
            }
        }
        if codes.len() > 1 || files.len() > 1 {
            return Err(Rejection::Broken);
        }
        Ok(Self {
            code: codes.pop().filter(|code| !code.is_empty()),
            file: files.pop(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, Typed};
    use crate::refusal::Rejection;
    use custodian_domain::rights::package::File;
    use proptest::prelude::*;

    #[test]
    fn a_form_has_a_code_and_the_button_that_was_pressed() {
        let typed = Typed::read(b"code=+k7m2-px9t+&file=report\r\n").unwrap();
        assert_eq!(
            typed,
            Typed {
                code: Some("k7m2-px9t".to_owned()),
                file: Some(File::Report)
            }
        );
        let typed = Typed::read(b"code=K7M2PX9T&other=1").unwrap();
        assert_eq!(
            typed,
            Typed {
                code: Some("K7M2PX9T".to_owned()),
                file: None
            }
        );
        for nothing in [
            &b""[..],
            b"code=",
            b"code=+&file=document",
            b"Code=K7M2PX9T",
        ] {
            assert_eq!(Typed::read(nothing).unwrap().code, None);
        }
    }

    #[test]
    fn two_codes_at_once_are_400_and_so_is_a_file_that_no_package_has() {
        for body in [
            &b"code=K7M2PX9T&code=K7M2PX9V"[..],
            b"file=report&file=document",
            b"code=1&file=key",
            b"file=",
        ] {
            assert!(
                matches!(Typed::read(body), Err(Rejection::Broken)),
                "{}",
                String::from_utf8_lossy(body)
            );
        }
    }

    #[test]
    fn what_is_over_4_kib_is_413() {
        assert!(matches!(
            Typed::read(&vec![b'a'; LIMIT + 1]),
            Err(Rejection::TooLarge)
        ));
        assert!(Typed::read(&vec![b'a'; LIMIT]).is_ok());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200), code: bool) {
            let _ = Typed::read(&[if code { &b"code="[..] } else { b"" }, &body].concat());
        }
    }
}
