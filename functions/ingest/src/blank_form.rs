//! The empty form, the most common answer of all. It is rendered and compressed once for each
//! version of a survey, and sent with a new token each time.
//!
//! Only the token differs. So the page is kept in the parts around it, as text and compressed. The
//! compressed parts and the token become one gzip member (RFC 1952): each part is a run of deflate
//! blocks that ends on a byte (RFC 1951, 3.2), and the token is a stored block. So nothing secret
//! is ever compressed together with anything else.

use crate::random;
use custodian_domain::survey::{Survey, VersionId};
use flate2::{Compress, Compression, Crc, FlushCompress};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The start of a gzip member without name and time (RFC 1952, 2.3).
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];
/// An empty stored block that is the last.
const LAST_BLOCK: [u8; 5] = [1, 0, 0, 0xff, 0xff];

/// The empty forms of the surveys that were requested, in one version each.
#[derive(Debug, Default)]
pub struct BlankForms(Mutex<HashMap<String, Arc<BlankForm>>>);

/// The empty form of one version of a survey.
#[derive(Debug)]
pub struct BlankForm {
    version: VersionId,
    /// What comes before, between and after the places of the token.
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    text: String,
    /// The same, as deflate blocks, none of which is the last.
    deflated: Vec<u8>,
}

impl BlankForms {
    /// The form of a survey. If it was not rendered before, `render` renders it with the token that
    /// it is given.
    pub fn of(&self, survey: &Survey, render: impl FnOnce(String) -> String) -> Arc<BlankForm> {
        let mut forms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = forms.get(&survey.id)
            && known.version == survey.version
        {
            return Arc::clone(known);
        }
        let form = Arc::new(BlankForm::new(survey.version.clone(), render));
        forms.insert(survey.id.clone(), Arc::clone(&form));
        form
    }
}

impl BlankForm {
    fn new(version: VersionId, render: impl FnOnce(String) -> String) -> Self {
        // Nothing that anybody wrote into a survey contains this.
        let place = format!("{:032x}", u128::from_ne_bytes(random()));
        let page = render(place.clone());
        let parts = page.split(&place).map(|text| Part {
            text: text.to_owned(),
            deflated: deflated(text.as_bytes()),
        });
        Self {
            version,
            parts: parts.collect(),
        }
    }

    /// The page with a token.
    pub fn page(&self, token: &str) -> String {
        let parts: Vec<&str> = self.parts.iter().map(|part| part.text.as_str()).collect();
        parts.join(token)
    }

    /// The same, compressed with gzip.
    pub fn gzip(&self, token: &str) -> Vec<u8> {
        let (mut bytes, mut check) = (HEADER.to_vec(), Crc::new());
        for (place, part) in self.parts.iter().enumerate() {
            if place > 0 {
                check.update(token.as_bytes());
                store(token.as_bytes(), &mut bytes);
            }
            check.update(part.text.as_bytes());
            bytes.extend(&part.deflated);
        }
        bytes.extend(LAST_BLOCK);
        bytes.extend(check.sum().to_le_bytes());
        bytes.extend(check.amount().to_le_bytes());
        bytes
    }
}

/// A stored block: its length twice, the second time with every bit inverted.
fn store(token: &[u8], bytes: &mut Vec<u8>) {
    for some in token.chunks(usize::from(u16::MAX)) {
        let length = u16::try_from(some.len()).unwrap_or(u16::MAX);
        bytes.push(0);
        bytes.extend(length.to_le_bytes());
        bytes.extend((!length).to_le_bytes());
        bytes.extend(some);
    }
}

/// Deflate blocks that end on a byte.
#[expect(
    clippy::expect_used,
    reason = "compressing bytes in memory cannot fail: there is no state to be wrong"
)]
fn deflated(text: &[u8]) -> Vec<u8> {
    let mut compress = Compress::new(Compression::best(), false);
    let mut bytes = Vec::with_capacity(text.len() / 2 + 64);
    loop {
        let done = usize::try_from(compress.total_in()).unwrap_or(usize::MAX);
        let rest = text.get(done..).unwrap_or(&[]);
        compress
            .compress_vec(rest, &mut bytes, FlushCompress::Sync)
            .expect("bytes in memory can be compressed");
        // A flush that fills the buffer may have more to write.
        if bytes.len() < bytes.capacity() {
            return bytes;
        }
        bytes.reserve(text.len() / 2 + 64);
    }
}

#[cfg(test)]
mod tests {
    use super::{BlankForm, BlankForms};
    use custodian_domain::survey::Survey;
    use flate2::read::GzDecoder;
    use proptest::prelude::*;
    use std::io::Read;
    use std::sync::Arc;

    fn survey(title: &str) -> Survey {
        let document = include_str!("../../../surveys/planning-application.json");
        let mut document: serde_json::Value = serde_json::from_str(document).unwrap();
        document["title"] = title.into();
        Survey::parse(&document.to_string()).unwrap()
    }

    fn unpacked(bytes: &[u8]) -> String {
        let mut text = String::new();
        // One member, and nothing after it.
        let mut decoder = GzDecoder::new(bytes);
        decoder.read_to_string(&mut text).unwrap();
        assert!(decoder.into_inner().is_empty());
        text
    }

    proptest! {
        #[test]
        fn whatever_the_page_and_the_token_the_compressed_form_is_the_form(
            texts in proptest::collection::vec("\\PC{0,400}", 1..4), token in "[A-Za-z0-9_.-]{0,200}", times in 1_usize..40
        ) {
            let texts: Vec<String> = texts.iter().map(|text| text.repeat(times)).collect();
            let form = BlankForm::new(survey("A survey").version, |place| texts.join(&place));
            let page = form.page(&token);
            prop_assert_eq!(&page, &texts.join(&token));
            prop_assert_eq!(unpacked(&form.gzip(&token)), page);
        }
    }

    #[test]
    fn a_form_is_rendered_once_for_each_version() {
        let forms = BlankForms::default();
        let first = survey("First");
        let render = |token: String| format!("<input value=\"{token}\">");
        let one = forms.of(&first, render);
        assert_eq!(one.page("t-1"), "<input value=\"t-1\">");
        let same = forms.of(&first, |_| unreachable!("it was rendered before"));
        assert!(Arc::ptr_eq(&one, &same));
        let second = survey("Second");
        let other = forms.of(&second, |token| token + "!");
        assert_eq!(other.page("t-2"), "t-2!");
        assert_eq!(forms.0.lock().unwrap().len(), 1, "one version of each");
    }
}
