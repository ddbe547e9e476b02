//! Who makes a call, by the claims of the token that API Gateway has checked.

use super::refusal::Refusal;
use crate::roles::{self, Role};
use chrono::{DateTime, TimeDelta, Utc};
use custodian_domain::identity::staff::StaffNumber;
use std::collections::BTreeMap;

/// The scope of tokens for the desk.
pub(crate) const SCOPE: &str = "custodian/desk";
/// How far the provider's clock may be from ours.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// Who makes a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) staff: StaffNumber,
    pub(crate) roles: Vec<Role>,
    /// When they last proved who they are, if the token says it.
    proved_at: Option<DateTime<Utc>>,
}

impl Caller {
    /// Whoever the claims of an access token name. An ID token is for a browser's sign-in and calls
    /// nothing.
    pub(crate) fn of(claims: &BTreeMap<String, String>) -> Result<Self, Refusal> {
        let claim = |name: &str| claims.get(name).map(String::as_str);
        let has_scope = ["scope", "scp"].into_iter().any(|name| {
            let text = claim(name).unwrap_or_default();
            text.trim_matches(['[', ']'])
                .split([' ', ','])
                .any(|one| one == SCOPE)
        });
        if claim("token_use") != Some("access") || !has_scope {
            return Err(Refusal::NoToken);
        }
        let mut numbers = ["custom:staff_number", "username"].into_iter();
        let staff = numbers
            .find_map(|name| StaffNumber::try_from(claim(name)?.to_owned()).ok())
            .ok_or(Refusal::NoStaffNumber)?;
        let proved_at = claim("auth_time").and_then(|text| text.parse().ok());
        Ok(Self {
            staff,
            roles: roles::of_text(claim("cognito:groups").unwrap_or_default()),
            proved_at: proved_at.and_then(|epoch| DateTime::from_timestamp(epoch, 0)),
        })
    }

    /// Whether they have one of these roles.
    pub(crate) fn has(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.roles.contains(role))
    }

    /// Whether they proved who they are within this time. Who does not say when did not.
    pub(crate) fn proved_within(&self, time: TimeDelta, now: DateTime<Utc>) -> bool {
        self.proved_at
            .is_some_and(|at| now - at <= time && at - now <= LEEWAY)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::Caller;
    use crate::api::refusal::Refusal;
    use crate::roles::Role;
    use chrono::{DateTime, TimeDelta, Utc};
    use std::collections::BTreeMap;

    /// The claims of a good token, as API Gateway passes them on.
    pub(crate) fn claims(groups: &str) -> BTreeMap<String, String> {
        let claims = [
            ("token_use", "access"),
            ("scope", "openid custodian/desk"),
            ("username", "D-1"),
            ("cognito:groups", groups),
            ("auth_time", "1795428000"),
        ];
        let claims = claims.map(|(name, value)| (name.to_owned(), value.to_owned()));
        BTreeMap::from(claims)
    }

    fn but(name: &str, value: Option<&str>) -> BTreeMap<String, String> {
        let mut claims = claims("[dpo]");
        claims.remove(name);
        claims.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        claims
    }

    #[test]
    fn a_caller_has_a_staff_number_and_the_roles_of_whole_words() {
        let caller = Caller::of(&claims("[analyst dpo dpo-trainee]")).unwrap();
        assert_eq!(caller.staff.as_str(), "d-1");
        assert_eq!(caller.roles, [Role::Dpo, Role::Analyst]);
        let trainee = Caller::of(&claims("[dpo-trainee]")).unwrap();
        assert!(!trainee.has(&Role::ALL));
        let numbered = Caller::of(&but("custom:staff_number", Some("N-9"))).unwrap();
        assert_eq!(numbered.staff.as_str(), "n-9");
    }

    #[test]
    fn only_an_access_token_for_the_desk_calls() {
        let wrong = [
            BTreeMap::new(),
            but("token_use", Some("id")),
            but("token_use", None),
            but("scope", Some("openid")),
            but("scope", Some("custodian/desks xcustodian/desk")),
            but("scope", None),
        ];
        for claims in wrong {
            assert!(matches!(Caller::of(&claims), Err(Refusal::NoToken)));
        }
        for name in [None, Some("dana"), Some("rosa@example.org")] {
            let claims = but("username", name);
            assert!(matches!(Caller::of(&claims), Err(Refusal::NoStaffNumber)));
        }
        let mut listed = but("scope", None);
        listed.insert("scp".to_owned(), "[openid custodian/desk]".to_owned());
        assert!(Caller::of(&listed).is_ok());
    }

    #[test]
    fn who_does_not_say_when_they_signed_in_did_not_do_so_lately() {
        let at = |text: &str| DateTime::<Utc>::from_timestamp(text.parse().unwrap(), 0).unwrap();
        let within = |claims: &BTreeMap<String, String>, now: &str| {
            let caller = Caller::of(claims).unwrap();
            caller.proved_within(TimeDelta::minutes(15), at(now))
        };
        let good = claims("[dpo]");
        assert!(within(&good, "1795428000"));
        assert!(within(&good, "1795428900"));
        assert!(!within(&good, "1795428901"));
        assert!(!within(&good, "1795427900"), "not yet");
        for wrong in [None, Some("now"), Some("")] {
            assert!(!within(&but("auth_time", wrong), "1795428000"));
        }
    }
}
