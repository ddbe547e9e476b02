//! Which function answers a request: the routes of an HTTP API.

use std::collections::BTreeMap;

/// One route; the default one is `$default`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Route {
    method: Option<String>,
    segments: Option<Vec<Segment>>,
}

/// A part of a path between slashes, ordered from the most to the least exact.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Segment {
    Fixed(String),
    Parameter(String),
    Rest(String),
}

const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

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
            return Ok(Self {
                method: None,
                segments: None,
            });
        }
        let inner = path
            .strip_prefix('/')
            .ok_or_else(|| format!("the path {path} does not start with /"))?;
        let segments = if inner.is_empty() {
            Vec::new()
        } else {
            inner.split('/').map(segment).collect::<Result<_, _>>()?
        };
        if segments
            .iter()
            .rev()
            .skip(1)
            .any(|segment| matches!(segment, Segment::Rest(_)))
        {
            return Err(format!(
                "only the last part of the path {path} can be greedy"
            ));
        }
        let names: Vec<_> = segments.iter().filter_map(Segment::name).collect();
        if names
            .iter()
            .collect::<std::collections::BTreeSet<_>>()
            .len()
            != names.len()
        {
            return Err(format!("the path {path} has a parameter twice"));
        }
        Ok(Self {
            method,
            segments: Some(segments),
        })
    }

    /// The route as AWS names it (`POST /surveys/{survey}/responses`).
    pub(crate) fn key(&self) -> String {
        let Some(segments) = &self.segments else {
            return "$default".into();
        };
        let path = segments
            .iter()
            .fold(String::new(), |path, segment| path + "/" + &segment.text());
        format!(
            "{} {}",
            self.method.as_deref().unwrap_or("ANY"),
            if path.is_empty() { "/" } else { &path }
        )
    }

    /// The decoded parameters, if the route answers this.
    fn parameters(&self, method: &str, path: &[String]) -> Option<BTreeMap<String, String>> {
        if self.method.as_deref().is_some_and(|own| own != method) {
            return None;
        }
        let mut parameters = BTreeMap::new();
        let Some(segments) = &self.segments else {
            return Some(parameters);
        };
        for (at, segment) in segments.iter().enumerate() {
            match (segment, path.get(at)) {
                (Segment::Fixed(fixed), Some(part)) if fixed == part => {}
                (Segment::Parameter(name), Some(part)) if !part.is_empty() => {
                    parameters.insert(name.clone(), part.clone());
                }
                (Segment::Rest(name), Some(_)) => {
                    parameters.insert(name.clone(), path.get(at..).unwrap_or_default().join("/"));
                    return Some(parameters);
                }
                _ => return None,
            }
        }
        (segments.len() == path.len()).then_some(parameters)
    }
}

impl Segment {
    fn text(&self) -> String {
        match self {
            Self::Fixed(text) => text.clone(),
            Self::Parameter(name) => format!("{{{name}}}"),
            Self::Rest(name) => format!("{{{name}+}}"),
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Fixed(_) => None,
            Self::Parameter(name) | Self::Rest(name) => Some(name),
        }
    }
}

fn segment(text: &str) -> Result<Segment, String> {
    let inside = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'));
    let name = |name: &str| {
        let plain = !name.is_empty()
            && name
                .chars()
                .all(|it| it.is_ascii_alphanumeric() || "._-:".contains(it));
        plain
            .then(|| name.to_owned())
            .ok_or_else(|| format!("{text} is no parameter"))
    };
    match inside {
        Some(inside) => match inside.strip_suffix('+') {
            Some(rest) => name(rest).map(Segment::Rest),
            None => name(inside).map(Segment::Parameter),
        },
        None if text.contains(['{', '}']) => Err(format!("{text} is no parameter")),
        None => Ok(Segment::Fixed(text.to_owned())),
    }
}

/// The most exact of the routes that answer the request, with its parameters.
pub(crate) fn find<'a, T>(
    routes: &'a [(Route, T)],
    method: &str,
    path: &[String],
) -> Option<(&'a Route, &'a T, BTreeMap<String, String>)> {
    let rank = |route: &Route| {
        let kinds = |segments: &Vec<Segment>| {
            let kind = |segment: &Segment| match segment {
                Segment::Fixed(_) => 0_u8,
                Segment::Parameter(_) => 1,
                Segment::Rest(_) => 2,
            };
            segments.iter().map(kind).collect::<Vec<_>>()
        };
        let segments = route.segments.as_ref();
        (
            segments.is_none(),
            segments.map(kinds),
            route.method.is_none(),
        )
    };
    let answering = routes
        .iter()
        .filter_map(|(route, target)| Some((route, target, route.parameters(method, path)?)));
    answering.min_by_key(|(route, _, _)| rank(route))
}

#[cfg(test)]
mod tests {
    use super::{Route, find};

    fn found(method: &str, path: &str) -> Option<String> {
        let routes: Vec<_> = [
            ("GET", "/surveys/{survey}"),
            ("POST", "/surveys/{survey}/responses"),
            ("GET", "/surveys/all"),
            ("ANY", "/files/{path+}"),
            ("GET", "/files/{path+}"),
        ]
        .map(|(method, path)| (Route::new(method, path).unwrap(), ()))
        .into();
        let path: Vec<_> = path
            .trim_start_matches('/')
            .split('/')
            .map(str::to_owned)
            .collect();
        find(&routes, method, &path).map(|(route, (), parameters)| {
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
}
