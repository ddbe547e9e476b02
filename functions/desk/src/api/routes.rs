//! The calls of the API: the address of each, who may make it, and the order that it gives. All are
//! in one [`table`].

mod table;

use crate::roles::Role;
use crate::routes::Parts;
use custodian_domain::rights::register::lists::RequestKind;
use custodian_web::http::Method;
use std::collections::BTreeMap;
use std::sync::LazyLock;
pub(crate) use table::all;

/// What is done at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    Get,
    Post,
}

impl Verb {
    /// The one of a method; `None` if no address has it.
    pub(crate) fn of(method: &Method) -> Option<Self> {
        match *method {
            Method::GET => Some(Self::Get),
            Method::POST => Some(Self::Post),
            _ => None,
        }
    }

    /// What `Allow` says of it.
    pub(crate) const fn allowed(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Post => "POST",
        }
    }
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    /// Gives the order of this name to `requests`.
    Requests(&'static str),
    /// Gives `export` the order that this field names, about an existing package.
    Export(&'static str),
    /// Has `export` make a package.
    Package,
    /// Works out a date.
    Clocks,
    /// Lists bank holidays.
    Calendar,
}

/// What the address says that an order is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// Nothing.
    Nothing,
    /// A case: `{case}` becomes `case_id`.
    Case,
    /// One request of a case: `{id}` becomes `case_id` and `kind`.
    CaseRequest,
    /// The case of a request: `{id}` becomes `case_id` alone.
    CaseOfRequest,
    /// A request of a case: `{id}` becomes `request_id`.
    Request,
    /// A breach: `{breach}` becomes `breach_id`.
    Breach,
    /// Whatever has tasks, such as the processors who are told of a restriction: `{id}` becomes
    /// `request_id`.
    Tasks,
}

/// What of an answer is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// All of it.
    Whole,
    /// A case, or a breach, without its history.
    Present,
    /// Its history.
    History,
}

/// A call of the API.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    pub(crate) verb: Verb,
    /// The address; a part in braces is any one part.
    pub(crate) path: &'static str,
    /// Who may make it; one of these is enough.
    pub(crate) roles: &'static [Role],
    pub(crate) does: Does,
    pub(crate) about: About,
    /// Of which kinds the request may be; any, if there is none.
    pub(crate) kinds: &'static [RequestKind],
    /// The fields of the body, or of the query of a GET.
    pub(crate) fields: &'static [&'static str],
    /// The field that `If-Match` becomes.
    pub(crate) seen: Option<&'static str>,
    pub(crate) shown: Shown,
}

impl Route {
    const fn about(self, about: About) -> Self {
        Self { about, ..self }
    }

    const fn fields(self, fields: &'static [&'static str]) -> Self {
        Self { fields, ..self }
    }

    const fn of(self, kinds: &'static [RequestKind]) -> Self {
        Self { kinds, ..self }
    }

    const fn seen(self, field: &'static str) -> Self {
        Self {
            seen: Some(field),
            ..self
        }
    }

    const fn shown(self, shown: Shown) -> Self {
        Self { shown, ..self }
    }

    /// Whether it makes something new, which has an address of its own then.
    pub(crate) const fn registers(&self) -> bool {
        matches!(self.does, Does::Requests(order)
            if matches!(order.as_bytes(), b"register" | b"breach_register"))
    }

    /// Whether it searches for whoever its identifiers lead to, which is counted.
    pub(crate) fn is_search(&self) -> bool {
        self.fields.contains(&"identifiers")
    }

    /// Whether it enters an event into a case, which is entered once by its id.
    pub(crate) fn enters(&self) -> bool {
        self.seen == Some(REVISION) || self.registers()
    }
}

/// The field for the revision of a case that somebody has looked at.
pub(crate) const REVISION: &str = "revision";
/// The same for a record.
pub(crate) const VERSION: &str = "version";

/// Who may read the whole audit trail.
pub(crate) const AUDITOR: &[Role] = &[Role::Auditor];

/// What there is at one address.
type Calls = BTreeMap<Verb, &'static Route>;

static ROUTER: LazyLock<matchit::Router<Calls>> = LazyLock::new(|| {
    let mut paths = BTreeMap::<&str, Calls>::new();
    for route in all() {
        paths
            .entry(route.path)
            .or_default()
            .insert(route.verb, route);
    }
    let mut router = matchit::Router::new();
    for (path, calls) in paths {
        #[expect(
            clippy::expect_used,
            reason = "the table is fixed, and a test reads it"
        )]
        router.insert(path, calls).expect("a table of addresses");
    }
    router
});

/// What is found at an address.
#[derive(Debug)]
pub(crate) enum Found {
    /// A call, with the variable parts of its address.
    Route(&'static Route, Parts),
    /// Something with other methods: what `Allow` says.
    Other(String),
    /// Nothing.
    Nothing,
}

/// What is at an address.
pub(crate) fn find(method: &Method, path: &str) -> Found {
    let Ok(found) = ROUTER.at(path) else {
        return Found::Nothing;
    };
    let Some(route) = Verb::of(method).and_then(|verb| found.value.get(&verb)) else {
        let allowed: Vec<&str> = found.value.keys().map(|verb| verb.allowed()).collect();
        return Found::Other(allowed.join(", "));
    };
    let parts = found.params.iter();
    let parts = parts.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Found::Route(route, parts.collect())
}

#[cfg(test)]
mod tests {
    use super::{Found, Verb, all, find};
    use custodian_web::http::Method;
    use std::collections::BTreeSet;

    /// An address of a route.
    fn address(path: &str) -> String {
        path.replace("{case}", "C-2026-0042")
            .replace("{breach}", "B-2026-0007")
            .replace("{id}", "C-2026-0042-access")
            .replace("{n}", "1")
            .replace("{letter}", "acknowledge")
            .replace("{reference}", "K7M2PX9T")
    }

    #[test]
    fn every_call_is_found_at_its_address_and_has_somebody_who_may_make_it() {
        let mut known = BTreeSet::new();
        for route in all() {
            assert!(known.insert((route.verb, route.path)), "{}", route.path);
            assert!(!route.roles.is_empty(), "{}", route.path);
            let method = match route.verb {
                Verb::Get => Method::GET,
                Verb::Post => Method::POST,
            };
            let found = find(&method, &address(route.path));
            assert!(
                matches!(&found, Found::Route(it, _) if it.path == route.path && it.verb == route.verb),
                "{found:?}"
            );
        }
    }

    #[test]
    fn another_method_is_told_which_there_are_and_another_address_is_nowhere() {
        let allowed = |method, path: &str| match find(&method, path) {
            Found::Other(allowed) => allowed,
            found => format!("{found:?}"),
        };
        assert_eq!(allowed(Method::DELETE, "/api/cases"), "GET, HEAD, POST");
        assert_eq!(
            allowed(Method::GET, "/api/requests/C-1-access/plan"),
            "POST"
        );
        assert_eq!(allowed(Method::PUT, "/api/calendar"), "GET, HEAD");
        for path in ["/api", "/api/", "/api/cases/", "/api/cases/C-1/x", "/desk"] {
            assert!(matches!(find(&Method::GET, path), Found::Nothing), "{path}");
        }
    }
}
