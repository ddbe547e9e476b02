//! `/authorize`: who wants to sign in says who they are, and goes back with a code
//! (RFC 6749, section 4.1; RFC 7636).

use super::grants::Grant;
use super::pages;
use super::parameters::Parameters;
use super::tokens::SignIn;
use super::{Client, Issuer};
use axum::body::Body;
use axum::http::header::LOCATION;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;

/// How long the SHA-256 of a verifier is in base64.
const CHALLENGE: usize = 43;

/// What a client asks for.
struct Asked {
    client: Client,
    redirect_uri: String,
    state: Option<String>,
    scopes: Vec<String>,
    nonce: Option<String>,
    challenge: String,
}

/// Why it does not get it.
enum Problem {
    /// Nobody is sent to an address that is not the client's: a page says why.
    Page(&'static str),
    /// The client is told.
    Error(String),
}

impl Issuer {
    /// The page that asks who it is.
    pub(super) fn ask(&self, query: &str) -> Response<Body> {
        match self.asked(query) {
            Ok(_) => pages::who(&self.people(), query).into_response(),
            Err(problem) => problem.into_response(),
        }
    }

    /// Sends a person back with a code.
    pub(super) fn authorize(&self, query: &str, form: &[u8]) -> Response<Body> {
        let asked = match self.asked(query) {
            Ok(asked) => asked,
            Err(problem) => return problem.into_response(),
        };
        let people = self.people();
        let form = Parameters::read(form);
        let named = form.as_ref().and_then(|form| form.get("person"));
        let Some(person) = people.iter().find(|it| Some(it.id.as_str()) == named) else {
            return (StatusCode::BAD_REQUEST, pages::who(&people, query)).into_response();
        };
        let grant = Grant {
            person: person.id.clone(),
            client: asked.client.id,
            sign_in: SignIn::new(asked.scopes, asked.nonce, self.now()),
        };
        let code = self.code(grant, &asked.redirect_uri, &asked.challenge);
        let state = asked.state.as_deref();
        redirect(
            &asked.redirect_uri,
            &[("code", Some(&code)), ("state", state)],
        )
    }

    fn asked(&self, query: &str) -> Result<Asked, Problem> {
        let parameters = Parameters::read(query.as_bytes());
        let parameters = parameters.ok_or(Problem::Page("A parameter is there twice."))?;
        let get = |name| parameters.get(name);
        let client = self.client(get("client_id"));
        let client = client.ok_or(Problem::Page("There is no client of this id."))?;
        let redirect_uri = get("redirect_uri").filter(|uri| {
            let mut known = client.redirect_uris.iter();
            known.any(|known| known == uri)
        });
        let redirect_uri = redirect_uri.ok_or(Problem::Page(
            "The redirect_uri is not one of the client's.",
        ))?;
        let state = get("state");
        let refused = |error| {
            let parameters = [("error", Some(error)), ("state", state)];
            Problem::Error(with(redirect_uri, &parameters))
        };
        if get("response_type") != Some("code") {
            return Err(refused("unsupported_response_type"));
        }
        // Nobody stays signed in, so there is nobody without a page.
        if get("prompt") == Some("none") {
            return Err(refused("login_required"));
        }
        let challenge = get("code_challenge").filter(|it| it.len() == CHALLENGE);
        let (Some(challenge), Some("S256")) = (challenge, get("code_challenge_method")) else {
            return Err(refused("invalid_request"));
        };
        let scopes = match get("scope") {
            None => client.scopes.clone(),
            Some(scopes) => scopes.split(' ').map(str::to_owned).collect(),
        };
        if !scopes.iter().all(|scope| client.scopes.contains(scope)) {
            return Err(refused("invalid_scope"));
        }
        Ok(Asked {
            redirect_uri: redirect_uri.to_owned(),
            state: state.map(str::to_owned),
            scopes,
            nonce: get("nonce").map(str::to_owned),
            challenge: challenge.to_owned(),
            client,
        })
    }

    /// `/logout`: sends a person back who has signed out.
    pub(super) fn log_out(&self, query: &str) -> Response<Body> {
        let parameters = Parameters::read(query.as_bytes());
        let get = |name| parameters.as_ref().and_then(|it| it.get(name));
        let known = self.client(get("client_id"));
        let known = known.map(|client| client.logout_uris).unwrap_or_default();
        match get("logout_uri").filter(|uri| known.iter().any(|known| known == uri)) {
            Some(uri) => (StatusCode::FOUND, [(LOCATION, uri)]).into_response(),
            None => Problem::Page("The logout_uri is not one of the client's.").into_response(),
        }
    }

    pub(super) fn client(&self, id: Option<&str>) -> Option<Client> {
        let state = self.state();
        let mut clients = state.clients.iter();
        clients.find(|it| Some(it.id.as_str()) == id).cloned()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        match self {
            Self::Page(words) => (StatusCode::BAD_REQUEST, pages::problem(words)).into_response(),
            Self::Error(uri) => (StatusCode::FOUND, [(LOCATION, uri)]).into_response(),
        }
    }
}

fn redirect(uri: &str, parameters: &[(&str, Option<&str>)]) -> Response<Body> {
    // 303: the browser has sent a form, and is not to send it again.
    (StatusCode::SEE_OTHER, [(LOCATION, with(uri, parameters))]).into_response()
}

/// An address with these parameters added to it.
fn with(uri: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let joint = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{joint}{}", query.finish())
}
