//! The HTTP APIs of a stack: the routes of each, and who is let in to them.

use super::authorizer::Authorizer;
use super::authorizer::keys::Keys;
use super::routes::{Route, Routes};
use crate::template::JwtAuthorizer;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The port that every stack has, among those of [`Apis`].
pub(crate) const OWN: usize = 0;

/// What answers the requests of a route.
pub(crate) struct Target {
    /// The name of the function's code.
    pub(crate) function: String,
    /// Who is let in; everybody, if there is none.
    pub(crate) authorizer: Option<Authorizer>,
}

/// What answers at a port.
pub(crate) struct Api {
    /// The logical id; empty at the stack's own port, where several APIs may answer.
    id: String,
    /// The path that is mapped to it, as on AWS.
    pub(crate) base: String,
    pub(crate) routes: Routes<Target>,
}

/// All HTTP APIs of a stack, by port: the stack's own, and then those that have one of their own.
pub(crate) struct Apis {
    ports: Vec<Api>,
    /// The keys of each issuer, which its authorizers share.
    keys: BTreeMap<String, Arc<Keys>>,
}

impl Apis {
    /// The stack's own port, to which the path `base` is mapped, and the APIs beside it.
    pub(crate) fn new(base: String, beside: impl Iterator<Item = String>) -> Self {
        let api = |id, base| Api {
            id,
            base,
            routes: Routes::new(),
        };
        let beside = beside.map(|id| api(id, String::new()));
        Self {
            ports: std::iter::once(api(String::new(), base))
                .chain(beside)
                .collect(),
            keys: BTreeMap::new(),
        }
    }

    /// Adds a route to the API of this id.
    pub(crate) fn add(
        &mut self,
        api: Option<&str>,
        route: Route,
        function: String,
        accepted: Option<JwtAuthorizer>,
    ) -> Result<(), String> {
        let authorizer = accepted.map(|accepted| {
            let keys = self.keys.entry(accepted.issuer.clone());
            let keys = keys.or_insert_with_key(|issuer| Arc::new(Keys::of(issuer)));
            Authorizer::new(accepted, Arc::clone(keys))
        });
        let port = self.ports.iter().position(|it| Some(it.id.as_str()) == api);
        let target = Target {
            function,
            authorizer,
        };
        self.ports[port.unwrap_or(OWN)].routes.add(route, target)
    }

    /// What answers at a port.
    pub(crate) fn at(&self, port: usize) -> &Api {
        &self.ports[port]
    }
}
