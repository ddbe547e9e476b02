//! Which function answers a request: the routes of an HTTP API.

use matchit::Router;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use std::collections::{BTreeMap, BTreeSet};

/// What would be read as more than text in a segment of a path.
const NOT_IN_A_SEGMENT: &AsciiSet = &CONTROLS.add(b'/').add(b'%').add(b'{').add(b'}');

const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// One route; the default one is `$default`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Route {
    method: Option<String>,
    /// As the template has it, such as `/surveys/{survey}`.
    path: Option<String>,
}

impl Route {
    /// A route of a method (or `ANY`) and a path such as `/surveys/{survey}`.
    pub(crate) fn new(method: &str, path: &str) -> Result<Self, String> {
        let upper = method.to_uppercase();
        let method = match upper.as_str() {
            "ANY" | "*" | "X-AMAZON-APIGATEWAY-ANY-METHOD" => None,
            known if METHODS.contains(&known) => Some(upper),
            _ => return Err(format!("the method {method} is not known")),
        };
        if path == "$default" {
            return Ok(Self::default());
        }
        let pattern = pattern(path)?;
        if let Err(problem) = Router::new().insert(pattern, ()) {
            return Err(format!("the path {path} is not understood: {problem}"));
        }
        Ok(Self {
            method,
            path: Some(path.to_owned()),
        })
    }

    /// The route as AWS names it (`POST /surveys/{survey}/responses`).
    pub(crate) fn key(&self) -> String {
        let method = self.method.as_deref().unwrap_or("ANY");
        self.path
            .as_ref()
            .map_or_else(|| "$default".to_owned(), |path| format!("{method} {path}"))
    }
}

/// The path in `matchit`'s spelling. What `matchit` allows and an HTTP API does not is refused.
fn pattern(path: &str) -> Result<String, String> {
    let inner = path
        .strip_prefix('/')
        .ok_or_else(|| format!("the path {path} does not start with /"))?;
    let (mut pattern, mut names) = (String::new(), BTreeSet::new());
    for segment in inner.split('/') {
        let parameter = segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        pattern.push('/');
        let Some(parameter) = parameter else {
            if segment.contains(['{', '}']) {
                return Err(format!("{segment} is not a parameter"));
            }
            pattern.extend(utf8_percent_encode(segment, NOT_IN_A_SEGMENT));
            continue;
        };
        let name = parameter.strip_suffix('+').unwrap_or(parameter);
        let is_plain = |it: char| it.is_ascii_alphanumeric() || "._-:".contains(it);
        if name.is_empty() || !name.chars().all(is_plain) {
            return Err(format!("{segment} is not a parameter"));
        }
        if !names.insert(name) {
            return Err(format!("the path {path} has a parameter twice"));
        }
        let rest = if name == parameter { "" } else { "*" };
        for part in ["{", rest, name, "}"] {
            pattern.push_str(part);
        }
    }
    Ok(pattern)
}

/// The routes of an API, and what answers each.
pub(crate) struct Routes<T> {
    /// The routes of each method. Those of every method are under no name.
    by_method: BTreeMap<String, Router<(Route, T)>>,
    /// The route `$default`.
    otherwise: Option<(Route, T)>,
}

impl<T> Routes<T> {
    /// No routes.
    pub(crate) const fn new() -> Self {
        Self {
            by_method: BTreeMap::new(),
            otherwise: None,
        }
    }

    /// Adds a route. Fails if it cannot be told apart from one that is there.
    pub(crate) fn add(&mut self, route: Route, target: T) -> Result<(), String> {
        let Some(path) = &route.path else {
            self.otherwise = Some((route, target));
            return Ok(());
        };
        let (key, pattern) = (route.key(), pattern(path)?);
        let method = route.method.clone().unwrap_or_default();
        let routes = self.by_method.entry(method).or_default();
        routes
            .insert(pattern, (route, target))
            .map_err(|problem| format!("the route {key}: {problem}"))
    }

    /// The most exact of the routes that answer a request, with its parameters: a route of the
    /// method before one of any method, and `$default` last. The segments of the path are decoded.
    pub(crate) fn find(
        &self,
        method: &str,
        path: &[String],
    ) -> Option<(&Route, &T, BTreeMap<String, String>)> {
        let segments = path
            .iter()
            .map(|segment| utf8_percent_encode(segment, NOT_IN_A_SEGMENT).to_string());
        let path = format!("/{}", segments.collect::<Vec<_>>().join("/"));
        let found = [method, ""]
            .into_iter()
            .filter_map(|method| self.by_method.get(method))
            .find_map(|routes| routes.at(&path).ok());
        let Some(found) = found else {
            let (route, target) = self.otherwise.as_ref()?;
            return Some((route, target, BTreeMap::new()));
        };
        let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let parameters = found.params.iter();
        let parameters = parameters.map(|(name, value)| (name.to_owned(), decoded(value)));
        let (route, target) = found.value;
        Some((route, target, parameters.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Route, Routes};

    fn found(method: &str, path: &str) -> Option<String> {
        let mut routes = Routes::new();
        for (method, path) in [
            ("GET", "/surveys/{survey}"),
            ("POST", "/surveys/{survey}/responses"),
            ("GET", "/surveys/all"),
            ("ANY", "/files/{path+}"),
            ("GET", "/files/{path+}"),
        ] {
            routes.add(Route::new(method, path).unwrap(), ()).unwrap();
        }
        let path: Vec<_> = path
            .trim_start_matches('/')
            .split('/')
            .map(str::to_owned)
            .collect();
        routes.find(method, &path).map(|(route, (), parameters)| {
            format!(
                "{} {}",
                route.key(),
                parameters.into_values().collect::<String>()
            )
        })
    }

    #[test]
    fn the_most_exact_route_answers() {
        assert_eq!(found("GET", "/surveys/all").unwrap(), "GET /surveys/all ");
        assert_eq!(
            found("GET", "/surveys/x").unwrap(),
            "GET /surveys/{survey} x"
        );
        assert_eq!(
            found("GET", "/files/a/b").unwrap(),
            "GET /files/{path+} a/b"
        );
        assert_eq!(
            found("PUT", "/files/a/b").unwrap(),
            "ANY /files/{path+} a/b"
        );
    }

    #[test]
    fn another_method_or_a_slash_more_is_not_found() {
        for (method, path) in [
            ("POST", "/surveys/x"),
            ("HEAD", "/surveys/x"),
            ("GET", "/surveys/x/"),
            ("GET", "/surveys/"),
            ("GET", "/"),
        ] {
            assert_eq!(found(method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn a_route_that_aws_would_refuse_is_refused() {
        for (method, path) in [
            ("FETCH", "/"),
            ("GET", "x"),
            ("GET", "/{a+}/b"),
            ("GET", "/{a}/{a}"),
            ("GET", "/a{b}"),
            ("GET", "/{}"),
        ] {
            assert!(Route::new(method, path).is_err(), "{method} {path}");
        }
    }

    #[test]
    fn a_slash_or_a_percent_sign_within_a_segment_is_text() {
        let mut routes = Routes::new();
        let route = Route::new("GET", "/pages/{page}").unwrap();
        routes.add(route, ()).unwrap();
        let (_, (), parameters) = routes
            .find("GET", &["pages".to_owned(), "a/b%2F\u{e9}".to_owned()])
            .unwrap();
        assert_eq!(parameters["page"], "a/b%2F\u{e9}");
    }

    #[test]
    fn what_no_route_answers_goes_to_the_default() {
        let mut routes = Routes::new();
        routes.add(Route::new("GET", "/a").unwrap(), 1).unwrap();
        routes.add(Route::default(), 2).unwrap();
        let found = |path: &str| routes.find("GET", &[path.to_owned()]).map(|it| *it.1);
        assert_eq!((found("a"), found("b")), (Some(1), Some(2)));
    }

    #[test]
    fn two_routes_that_answer_the_same_are_refused() {
        let mut routes = Routes::new();
        routes.add(Route::new("GET", "/{a}").unwrap(), ()).unwrap();
        assert!(routes.add(Route::new("GET", "/{b}").unwrap(), ()).is_err());
    }
}
