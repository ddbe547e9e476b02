//! The hidden token of a form: makes a retry known, and tells how long a person took to answer.

use super::subject::{SubjectKeys, mac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};

/// Makes and reads the tokens of forms. Stateless: a token carries its time and is signed, for one survey.
#[derive(Clone)]
pub struct FormTokens([u8; 32]);

impl std::fmt::Debug for FormTokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("FormTokens(..)")
    }
}

/// A token that this council did not make, or made for another form.
#[derive(Debug, thiserror::Error)]
#[error("this token was not made for this form")]
pub struct ForeignToken;

impl FormTokens {
    /// The tokens that go with these keys.
    #[must_use]
    pub fn new(keys: &SubjectKeys) -> Self {
        Self(keys.derive("form token"))
    }

    /// A token for a form of `survey` handed out at `now`, told apart from all others by `random`.
    #[must_use]
    pub fn make(&self, survey: &str, now: DateTime<Utc>, random: [u8; 16]) -> String {
        let body = format!("{:x}.{}", now.timestamp_millis(), URL_SAFE_NO_PAD.encode(random));
        format!("{body}.{}", self.signature(survey, &body))
    }

    /// When the form with this token was handed out.
    ///
    /// # Errors
    /// [`ForeignToken`] if it was altered, or belongs to another survey.
    pub fn handed_out_at(&self, survey: &str, token: &str) -> Result<DateTime<Utc>, ForeignToken> {
        let (body, signature) = token.rsplit_once('.').ok_or(ForeignToken)?;
        // Both sides are digests under a secret key, so that how they differ tells nothing.
        let same = mac(&self.0, &[signature]) == mac(&self.0, &[&self.signature(survey, body)]);
        let millis = body.split_once('.').and_then(|(millis, _)| i64::from_str_radix(millis, 16).ok());
        match millis.and_then(DateTime::from_timestamp_millis) {
            Some(instant) if same => Ok(instant),
            _ => Err(ForeignToken),
        }
    }

    fn signature(&self, survey: &str, body: &str) -> String {
        URL_SAFE_NO_PAD.encode(&mac(&self.0, &[survey, body])[..16])
    }
}

#[cfg(test)]
mod tests {
    use super::FormTokens;
    use crate::domain::subject::SubjectKeys;
    use chrono::DateTime;

    #[test]
    fn a_token_tells_when_its_form_was_handed_out_and_only_for_that_form() {
        let keys = SubjectKeys::parse(r#"{"version":"1","key":"0123456789abcdef0123456789abcdef"}"#).unwrap();
        let (tokens, at) = (FormTokens::new(&keys), DateTime::from_timestamp(1_785_576_600, 0).unwrap());
        let token = tokens.make("bins", at, [7; 16]);
        assert_eq!(tokens.handed_out_at("bins", &token).unwrap(), at);
        assert!(tokens.handed_out_at("parks", &token).is_err());
        assert!(tokens.handed_out_at("bins", &token.replacen('1', "2", 1)).is_err());
        for made_up in ["", ".", "..", "a.b.c", "19f.x", "\u{200B}"] {
            assert!(tokens.handed_out_at("bins", made_up).is_err());
        }
    }
}
