//! GOV.UK Notify's API, as far as an email needs it
//! (<https://docs.notifications.service.gov.uk/rest-api.html>).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use custodian_domain::record::processor_copy::Processor;
use custodian_domain::rights::confirmation::ConfirmationPurpose;
use custodian_egress::{Answer, Egress, ProcessorError};
use custodian_partner_auth::processor::{BadCredentials, CredentialCache, Settings};
use custodian_runtime::{Environment, StartError};
use custodian_store::confirmations::Tried;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{RequestBuilder, Url};
use serde_json::{Value, json};
use sha2::Sha256;

/// The length of a UUID as text: a key ends with two of them, the service's id and the secret.
const UUID: usize = 36;

/// Sends emails through GOV.UK Notify.
#[derive(Debug)]
pub struct GovUkNotify {
    egress: Egress,
    url: Url,
    template: String,
    credential_cache: CredentialCache,
}

/// An email.
#[derive(Debug)]
pub struct Mail<'a> {
    /// Who gets it.
    pub address: &'a str,
    /// Its name there: random, so that it says nothing of anybody.
    pub reference: &'a str,
    /// What it asks its reader to confirm.
    pub purpose: ConfirmationPurpose,
    /// The link in it.
    pub link: &'a str,
}

/// Why an email could not be sent. It says nothing about the recipient.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    /// There was no usable answer.
    #[error(transparent)]
    NotReached(#[from] ProcessorError),
    /// The secret cannot be read.
    #[error(transparent)]
    Secret(#[from] BadCredentials),
    /// The secret has no key of GOV.UK Notify.
    #[error(
        "the secret's token must be a key of GOV.UK Notify: a name, the service's id and a secret, each behind a hyphen"
    )]
    Key,
    /// The key was not accepted, or the clock is wrong.
    #[error("GOV.UK Notify does not accept the key: it may be revoked, or the clock may be wrong")]
    Unauthorised,
    /// The template or the type of the key is wrong: a person has to correct it.
    #[error("GOV.UK Notify takes no mail by this template, or none with this key, to this address")]
    Unfit,
    /// It was answered with this status.
    #[error("GOV.UK Notify answered {0}")]
    Status(u16),
}

impl NotSent {
    /// The outcome in a log line. A person has to act on `unauthorised` and `unfit`.
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::Secret(_) | Self::Key | Self::Unauthorised => "unauthorised",
            Self::Unfit => "unfit",
            Self::NotReached(_) | Self::Status(_) => "not_answered",
        }
    }
}

impl GovUkNotify {
    /// Reads its address, and the template.
    ///
    /// # Errors
    /// [`StartError`] if a setting is missing or cannot be used.
    pub fn start(environment: &Environment) -> Result<Self, StartError> {
        let template = environment.setting("NOTIFY_TEMPLATE_ID")?;
        if !is_template(template) {
            return Err(StartError::Invalid(
                "NOTIFY_TEMPLATE_ID",
                "must be the id of a template: a UUID that is not zero",
            ));
        }
        let egress = Egress::new(environment)?;
        Ok(Self {
            url: egress.address(environment, Settings::of(Processor::Notify).url)?,
            egress,
            template: template.to_owned(),
            credential_cache: CredentialCache::of(Processor::Notify, environment),
        })
    }

    /// Sends an email once. If it may have been sent `before`, it is looked up first.
    ///
    /// # Errors
    /// [`NotSent`] if another try may succeed.
    pub async fn send(
        &self,
        mail: &Mail<'_>,
        before: bool,
        now: DateTime<Utc>,
    ) -> Result<Tried, NotSent> {
        let credentials = self.credential_cache.open(now).await?;
        let key = credentials
            .token
            .as_deref()
            .and_then(ApiKey::parse)
            .ok_or(NotSent::Key)?;
        let authorised = |request: RequestBuilder| {
            request.header(AUTHORIZATION, format!("Bearer {}", key.token(now)))
        };
        if before && self.knows(mail, authorised).await? {
            return Ok(Tried::Sent);
        }
        let body = json!({
            "email_address": mail.address,
            "template_id": self.template,
            "personalisation": {"link": mail.link, "about": about(mail.purpose)},
            "reference": mail.reference,
        });
        let request = self
            .egress
            .client()
            .post(self.at("/v2/notifications/email"));
        let request = authorised(request)
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string());
        let answer = self.egress.send(request).await?;
        match answer.status {
            201 => Ok(Tried::Sent),
            400 if is_about_the_address(&answer.body) => {
                tracing::error!(outcome = "refused", "notify");
                Ok(Tried::Refused)
            }
            400 => Err(NotSent::Unfit),
            status => Err(refused(status)),
        }
    }

    /// Whether an email with this reference exists.
    async fn knows(
        &self,
        mail: &Mail<'_>,
        authorised: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<bool, NotSent> {
        let mut url = self.at("/v2/notifications");
        url.query_pairs_mut()
            .append_pair("template_type", "email")
            .append_pair("reference", mail.reference);
        let Answer { status, body, .. } = self
            .egress
            .send(authorised(self.egress.client().get(url)))
            .await?;
        if status != 200 {
            return Err(refused(status));
        }
        let found: Value =
            serde_json::from_slice(&body).map_err(|_| ProcessorError::new("unreadable"))?;
        let found = found["notifications"]
            .as_array()
            .ok_or(ProcessorError::new("unreadable"))?;
        Ok(found.iter().any(|one| one["reference"] == mail.reference))
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{path}", self.url.path().trim_end_matches('/')));
        url
    }
}

/// Whether a setting can be a template's id. The parameter's default, all zeros, cannot.
fn is_template(setting: &str) -> bool {
    uuid::Uuid::try_parse(setting).is_ok_and(|id| !id.is_nil())
}

/// Whether a refusal is about the address, which no later try changes. Any other is about the
/// template or the key.
fn is_about_the_address(body: &[u8]) -> bool {
    let Ok(answer) = serde_json::from_slice::<Value>(body) else {
        return false;
    };
    let about = |error: &Value| {
        error["error"] == "ValidationError"
            && error["message"]
                .as_str()
                .is_some_and(|message| message.starts_with("email_address "))
    };
    answer["errors"]
        .as_array()
        .is_some_and(|errors| !errors.is_empty() && errors.iter().all(about))
}

const fn refused(status: u16) -> NotSent {
    if status == 401 || status == 403 {
        NotSent::Unauthorised
    } else {
        NotSent::Status(status)
    }
}

/// What an email is about, as the rest of its template's sentence.
const fn about(purpose: ConfirmationPurpose) -> &'static str {
    match purpose {
        ConfirmationPurpose::Newsletter => "you asked for our newsletter",
        ConfirmationPurpose::Request => "you made a request about your personal information",
    }
}

/// A key of GOV.UK Notify: `{name}-{the service's id}-{secret}`.
struct ApiKey<'a> {
    service: &'a str,
    secret: &'a str,
}

impl<'a> ApiKey<'a> {
    fn parse(key: &'a str) -> Option<Self> {
        let (rest, secret) = key
            .trim()
            .split_at_checked(key.trim().len().checked_sub(UUID)?)?;
        let rest = rest.strip_suffix('-')?;
        let (name, service) = rest.split_at_checked(rest.len().checked_sub(UUID)?)?;
        let are_ids = [service, secret]
            .into_iter()
            .all(|id| uuid::Uuid::try_parse(id).is_ok());
        (are_ids && (name.is_empty() || name.ends_with('-'))).then_some(Self { service, secret })
    }

    /// Proof that we have the key: a JSON Web Token (RFC 7519) by HMAC-SHA-256, valid for thirty
    /// seconds.
    fn token(&self, now: DateTime<Utc>) -> String {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(json!({"typ": "JWT", "alg": "HS256"}));
        let signed = format!(
            "{header}.{}",
            part(json!({"iss": self.service, "iat": now.timestamp()}))
        );
        #[expect(
            clippy::expect_used,
            reason = "HMAC takes a key of any length (RFC 2104, 2)"
        )]
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).expect("any key");
        mac.update(signed.as_bytes());
        format!(
            "{signed}.{}",
            URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiKey, is_about_the_address, is_template};
    use chrono::DateTime;
    use serde_json::json;

    const SERVICE: &str = "26785a09-ab16-4eb0-8407-a37497a57506";
    const SECRET: &str = "3d844edf-8d35-48ac-975b-e847b4f122b0";

    #[test]
    fn a_key_has_its_two_ids_behind_any_name() {
        for name in ["my_test_key", "a-name-with-hyphens", "Custodian (live)"] {
            let text = format!("{name}-{SERVICE}-{SECRET}");
            let key = ApiKey::parse(&text).unwrap();
            assert_eq!((key.service, key.secret), (SERVICE, SECRET), "{name}");
        }
        for other in [
            "",
            SECRET,
            "x",
            &format!("{SERVICE}{SECRET}"),
            &format!("name-{SERVICE}-{}", "é".repeat(18)),
        ] {
            assert!(ApiKey::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_token_is_what_any_other_implementation_makes_of_it() {
        let key = ApiKey {
            service: SERVICE,
            secret: SECRET,
        };
        let token = key.token(DateTime::from_timestamp(1_568_818_578, 0).unwrap());
        assert_eq!(token, EXPECTED);
    }

    #[test]
    fn the_default_of_the_parameter_is_no_template() {
        assert!(is_template(SERVICE));
        for other in ["00000000-0000-0000-0000-000000000000", "", "template"] {
            assert!(!is_template(other), "{other}");
        }
    }

    #[test]
    fn only_what_is_said_of_the_address_is_about_it() {
        let about = |errors| {
            is_about_the_address(
                json!({"status_code": 400, "errors": errors})
                    .to_string()
                    .as_bytes(),
            )
        };
        let address = json!({"error": "ValidationError", "message": "email_address Not a valid email address"});
        let template =
            json!({"error": "ValidationError", "message": "template_id is not a valid UUID"});
        assert!(about(json!([address])));
        for other in [
            json!([]),
            json!([template]),
            json!([address, template]),
            json!([{"error": "BadRequestError", "message": "Missing personalisation: link"}]),
            json!([{"error": "BadRequestError", "message": "Can't send to this recipient using a team-only API key"}]),
            json!("email_address "),
        ] {
            assert!(!about(other.clone()), "{other}");
        }
        assert!(!is_about_the_address(
            b"email_address Not a valid email address"
        ));
    }

    const EXPECTED: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE1Njg4MTg1NzgsImlzcyI6IjI2Nzg1YTA5LWFiMTYtNGViMC04NDA3LWEzNzQ5N2E1NzUwNiJ9.uL9PA6FeLyeIVhWLHfHrja0BKO_p0w7JGoBSBFdqcz4";
}
