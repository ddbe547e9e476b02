//! HTTP APIs, and whom their routes let in.

use super::resources::{only, read};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The authorizer that lets everybody in.
const NOBODY: &str = "NONE";
/// The only place where a token is looked for.
const HEADER: &str = "$request.header.authorization";

/// The properties of `AWS::Serverless::HttpApi` that change nothing here, or that are understood.
const API: [&str; 14] = [
    "AccessLogSettings",
    "Auth",
    "DefaultRouteSettings",
    "Description",
    "DisableExecuteApiEndpoint",
    "Domain",
    "FailOnWarnings",
    "Name",
    "PropagateTags",
    "RouteSettings",
    "SecurityPolicy",
    "StageName",
    "StageVariables",
    "Tags",
];

/// An HTTP API.
#[derive(Clone, Debug, Default)]
pub(crate) struct HttpApi {
    /// Its logical id.
    pub(crate) id: String,
    /// How events refer to it.
    pub(crate) name: String,
    authorizers: BTreeMap<String, JwtAuthorizer>,
    default_authorizer: Option<String>,
}

/// Whose tokens a route takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct JwtAuthorizer {
    /// The issuer's address, as its tokens have it.
    pub(crate) issuer: String,
    /// Whom tokens may be for: their `aud` or, without one, their `client_id`.
    pub(crate) audience: Vec<String>,
    /// One of these scopes is enough; none means that no scope is needed.
    pub(crate) scopes: Vec<String>,
}

/// The authorizer that an event names, and the scopes that it needs instead of the authorizer's.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct EventAuth {
    authorizer: Option<String>,
    #[serde(default)]
    authorization_scopes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    #[serde(default)]
    auth: Auth,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Auth {
    #[serde(default)]
    authorizers: BTreeMap<String, Authorizer>,
    default_authorizer: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Authorizer {
    identity_source: String,
    jwt_configuration: JwtConfiguration,
    #[serde(default)]
    authorization_scopes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JwtConfiguration {
    issuer: String,
    audience: Vec<String>,
}

impl HttpApi {
    pub(super) fn new(id: &str, name: String, properties: Value) -> Result<Self, String> {
        only(&properties, &API)?;
        let auth = read::<Properties>(properties)?.auth;
        let mut authorizers = BTreeMap::new();
        for (name, authorizer) in auth.authorizers {
            if !authorizer.identity_source.eq_ignore_ascii_case(HEADER) {
                return Err(format!(
                    "the authorizer {name} looks for tokens where the local stack does not"
                ));
            }
            let JwtConfiguration { issuer, audience } = authorizer.jwt_configuration;
            if issuer.is_empty() || audience.iter().all(String::is_empty) {
                return Err(format!(
                    "the authorizer {name} has no issuer or no audience"
                ));
            }
            let scopes = authorizer.authorization_scopes;
            authorizers.insert(
                name,
                JwtAuthorizer {
                    issuer,
                    audience,
                    scopes,
                },
            );
        }
        let default_authorizer = auth.default_authorizer;
        if let Some(default) = &default_authorizer
            && !authorizers.contains_key(default)
        {
            return Err(format!("there is no authorizer {default}"));
        }
        Ok(Self {
            id: id.to_owned(),
            name,
            authorizers,
            default_authorizer,
        })
    }

    /// Whose tokens an event's route takes; `None` if it lets everybody in.
    ///
    /// As SAM decides it: the event's authorizer before the API's default one, and its scopes, if
    /// it names any, before those of the authorizer.
    pub(crate) fn authorizer(&self, event: &EventAuth) -> Result<Option<JwtAuthorizer>, String> {
        let named = event.authorizer.as_ref();
        if named.is_none() && !event.authorization_scopes.is_empty() {
            return Err("AuthorizationScopes needs an Authorizer beside it".into());
        }
        if named.is_some_and(|name| name == NOBODY) && self.default_authorizer.is_none() {
            return Err("NONE stands where there is a DefaultAuthorizer".into());
        }
        let Some(name) = named
            .or(self.default_authorizer.as_ref())
            .filter(|name| *name != NOBODY)
        else {
            return Ok(None);
        };
        let known = self.authorizers.get(name).cloned();
        let mut authorizer = known.ok_or_else(|| format!("there is no authorizer {name}"))?;
        if !event.authorization_scopes.is_empty() {
            authorizer.scopes.clone_from(&event.authorization_scopes);
        }
        Ok(Some(authorizer))
    }
}

#[cfg(test)]
mod tests {
    use super::{EventAuth, HttpApi};
    use serde_json::{Value, json};

    fn api(auth: &Value) -> Result<HttpApi, String> {
        HttpApi::new("Api", "custodian-Api".into(), json!({ "Auth": auth }))
    }

    fn staff() -> Value {
        json!({
            "DefaultAuthorizer": "Staff",
            "Authorizers": {"Staff": {
                "IdentitySource": "$request.header.Authorization",
                "JwtConfiguration": {"issuer": "http://issuer", "audience": ["desk"]},
                "AuthorizationScopes": ["all"],
            }},
        })
    }

    fn scopes(event: &Value) -> Result<Option<Vec<String>>, String> {
        let event: EventAuth = serde_json::from_value(event.clone()).unwrap();
        let found = api(&staff()).unwrap().authorizer(&event)?;
        Ok(found.map(|authorizer| authorizer.scopes))
    }

    #[test]
    fn an_event_takes_the_default_authorizer_unless_it_says_otherwise() {
        assert_eq!(scopes(&json!({})), Ok(Some(vec!["all".into()])));
        assert_eq!(scopes(&json!({"Authorizer": "NONE"})), Ok(None));
        let own = json!({"Authorizer": "Staff", "AuthorizationScopes": ["read"]});
        assert_eq!(scopes(&own), Ok(Some(vec!["read".into()])));
        assert!(scopes(&json!({"Authorizer": "Others"})).is_err());
        assert!(scopes(&json!({"AuthorizationScopes": ["read"]})).is_err());
        let nobody: EventAuth = serde_json::from_value(json!({"Authorizer": "NONE"})).unwrap();
        assert!(
            api(&json!({})).unwrap().authorizer(&nobody).is_err(),
            "as SAM"
        );
    }

    #[test]
    fn an_authorizer_that_would_let_the_wrong_ones_in_is_refused() {
        for (path, value) in [
            ("/Authorizers/Staff/JwtConfiguration/issuer", json!("")),
            ("/Authorizers/Staff/JwtConfiguration/audience", json!([])),
            ("/Authorizers/Staff/JwtConfiguration/audience", json!([""])),
            (
                "/Authorizers/Staff/IdentitySource",
                json!("$request.querystring.token"),
            ),
            ("/DefaultAuthorizer", json!("Others")),
        ] {
            let mut auth = staff();
            *auth.pointer_mut(path).unwrap() = value;
            assert!(api(&auth).is_err(), "{path}");
        }
        let mut lambda = staff();
        lambda["Authorizers"]["Staff"]["FunctionArn"] = json!("arn");
        assert!(api(&lambda).is_err());
    }
}
