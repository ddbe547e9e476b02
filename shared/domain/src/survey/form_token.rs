//! The hidden token of a form. It identifies a retry, and says how long a person took to answer and
//! which words they were shown.

use crate::identity::keyring::{FORM_TOKENS, Forms, Keyring};
use crate::identity::subject::mac;
use crate::survey::VersionId;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};

/// How long a form may still be sent after its survey closed or changed, and if the key of its
/// token was replaced since.
pub const GRACE: TimeDelta = TimeDelta::hours(12);

/// Makes and reads the tokens of forms. Stateless: a token carries its time and its version, and is
/// signed for one survey.
#[derive(Clone)]
pub struct FormTokens {
    key: [u8; 32],
    /// Keys of the earlier versions of the secret, for forms that were handed out a while ago.
    earlier: Vec<[u8; 32]>,
}

impl std::fmt::Debug for FormTokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("FormTokens(..)")
    }
}

/// A token that this council did not make, or made for another form.
#[derive(Debug, thiserror::Error)]
#[error("this token was not made for this form")]
pub struct ForeignToken;

/// What a token says about its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOut {
    /// When it was handed out, to the millisecond.
    pub at: DateTime<Utc>,
    /// The version of the survey that it showed; `None` on a form from before versions were kept.
    pub version: Option<VersionId>,
}

impl FormTokens {
    /// Tokens under these keys.
    #[must_use]
    pub fn new(keys: &Keyring<Forms>) -> Self {
        Self {
            key: keys.derive(FORM_TOKENS),
            earlier: keys.derive_earlier(FORM_TOKENS).collect(),
        }
    }

    /// A token for a form of `survey` handed out at `now` in this version; `random` tells it from
    /// all others.
    #[must_use]
    pub fn make(
        &self,
        survey: &str,
        version: &VersionId,
        now: DateTime<Utc>,
        random: [u8; 16],
    ) -> String {
        let (millis, random) = (now.timestamp_millis(), URL_SAFE_NO_PAD.encode(random));
        let body = format!("{millis:x}.{random}.{}", version.as_str());
        format!("{body}.{}", signature(&self.key, survey, &body))
    }

    /// When the form with this token was handed out, and what it showed. A token signed under an
    /// earlier version of the secret is accepted for [`GRACE`] only: somebody with that key could
    /// go on making tokens.
    ///
    /// # Errors
    /// [`ForeignToken`] if it was altered, or belongs to another survey.
    pub fn read(
        &self,
        survey: &str,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<HandedOut, ForeignToken> {
        let (body, signed) = token.rsplit_once('.').ok_or(ForeignToken)?;
        // Both sides are digests under a secret key, so a difference in time reveals nothing.
        let signs =
            |key: &[u8; 32]| mac(key, &[signed]) == mac(key, &[&signature(key, survey, body)]);
        let is_current = signs(&self.key);
        if !is_current && !self.earlier.iter().any(signs) {
            return Err(ForeignToken);
        }
        let mut parts = body.split('.');
        let millis = parts
            .next()
            .and_then(|millis| i64::from_str_radix(millis, 16).ok());
        let at = millis
            .and_then(DateTime::from_timestamp_millis)
            .ok_or(ForeignToken)?;
        if !is_current && !(TimeDelta::zero()..GRACE).contains(&(now - at)) {
            return Err(ForeignToken);
        }
        // A form that was open when versions were introduced has none in its token.
        let version = parts
            .nth(1)
            .map(|version| VersionId::try_from(version.to_owned()));
        Ok(HandedOut {
            at,
            version: version.transpose().map_err(|_| ForeignToken)?,
        })
    }
}

fn signature(key: &[u8; 32], survey: &str, body: &str) -> String {
    URL_SAFE_NO_PAD.encode(&mac(key, &[survey, body])[..16])
}

#[cfg(test)]
mod tests {
    use super::{FormTokens, GRACE, HandedOut, signature};
    use crate::identity::keyring::Keyring;
    use crate::survey::VersionId;
    use chrono::{DateTime, TimeDelta};
    use serde_json::json;

    fn tokens() -> FormTokens {
        FormTokens::new(
            &Keyring::parse(r#"{"version":"1","key":"0123456789abcdef0123456789abcdef"}"#).unwrap(),
        )
    }

    #[test]
    fn a_token_tells_when_its_form_was_handed_out_in_which_version_and_only_for_that_form() {
        let (tokens, at) = (
            tokens(),
            DateTime::from_timestamp(1_785_576_600, 0).unwrap(),
        );
        let version = VersionId::of(&json!({"id": "bins"}));
        let token = tokens.make("bins", &version, at, [7; 16]);
        assert_eq!(
            tokens.read("bins", &token, at).unwrap(),
            HandedOut {
                at,
                version: Some(version.clone())
            }
        );
        assert!(tokens.read("parks", &token, at).is_err());
        assert!(
            tokens
                .read("bins", &token.replacen('1', "2", 1), at)
                .is_err()
        );
        let other = VersionId::of(&json!({"id": "parks"}));
        assert!(
            tokens
                .read("bins", &token.replace(version.as_str(), other.as_str()), at)
                .is_err()
        );
        assert!(
            tokens
                .read(
                    "bins",
                    &token.replace(&format!(".{}", version.as_str()), ""),
                    at
                )
                .is_err()
        );
        for made_up in ["", ".", "..", "a.b.c", "19f.x", "\u{200B}"] {
            assert!(tokens.read("bins", made_up, at).is_err());
        }
    }

    #[test]
    fn a_form_that_was_handed_out_before_there_were_versions_is_taken() {
        let (tokens, at) = (
            tokens(),
            DateTime::from_timestamp(1_785_576_600, 0).unwrap(),
        );
        let body = format!("{:x}.BwcHBwcHBwcHBwcHBwcHBw", at.timestamp_millis());
        let token = format!("{body}.{}", signature(&tokens.key, "bins", &body));
        assert_eq!(
            tokens.read("bins", &token, at).unwrap(),
            HandedOut { at, version: None }
        );
    }

    #[test]
    fn after_a_rotation_a_form_is_known_for_twelve_hours_while_the_old_key_is_kept_and_not_at_all_after_a_leak()
     {
        let keyring = |rest: &str| {
            let document = format!(
                r#"{{"version":"2","key":"fedcba9876543210fedcba9876543210","previous":[{rest}]}}"#
            );
            FormTokens::new(&Keyring::parse(&document).unwrap())
        };
        let at = DateTime::from_timestamp(1_785_576_600, 0).unwrap();
        let token = tokens().make("bins", &VersionId::of(&json!({"id": "bins"})), at, [7; 16]);
        let old = r#"{"version":"1","key":"0123456789abcdef0123456789abcdef""#;
        let kept = keyring(&format!("{old}}}"));
        assert!(
            kept.read("bins", &token, at + GRACE - TimeDelta::seconds(1))
                .is_ok()
        );
        assert!(
            kept.read("bins", &token, at + GRACE).is_err(),
            "whoever has the old key makes none any more"
        );
        assert!(
            kept.read("bins", &token, at - TimeDelta::seconds(1))
                .is_err(),
            "nor one that is not handed out yet"
        );
        assert!(
            tokens().read("bins", &token, at + GRACE * 9).is_ok(),
            "under the current key it has no end"
        );
        for gone in [keyring(""), keyring(&format!(r#"{old},"leaked":true}}"#))] {
            assert!(gone.read("bins", &token, at).is_err());
        }
    }
}
