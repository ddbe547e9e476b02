//! What the stack invokes: the code of the template's functions.

use crate::host::Host;
use crate::template;
use async_trait::async_trait;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// An event, as the text that Lambda gives a function.
#[derive(Clone, Debug)]
pub struct Event(Arc<str>);

impl Event {
    /// The event in the type that a function is invoked with.
    ///
    /// # Errors
    /// If it is not of that type.
    pub fn read<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(&self.0)
    }
}

impl From<Value> for Event {
    fn from(event: Value) -> Self {
        Self(event.to_string().into())
    }
}

impl TryFrom<&[u8]> for Event {
    type Error = serde_json::Error;

    /// An event that somebody sent, if it is JSON. A field that it names twice stays there twice.
    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        let text = std::str::from_utf8(bytes).map_err(serde::de::Error::custom)?;
        let event = Self(text.into());
        event.read::<Value>().map(|_| event)
    }
}

/// The code of a function that has started.
#[async_trait]
pub trait Lambda: Send + Sync {
    /// Answers one event, as the function does on Lambda.
    async fn invoke(&self, event: LambdaEvent<Event>) -> Result<Value, Diagnostic>;
}

type Starting = Pin<Box<dyn Future<Output = Result<Arc<dyn Lambda>, String>> + Send>>;
type Start = Arc<dyn Fn(Host) -> Starting + Send + Sync>;

/// The code that a template can name, by its name: the last folder of `CodeUri`, or the function's
/// name without the stack's.
#[derive(Clone, Default)]
pub struct Lambdas(BTreeMap<String, Start>);

impl Lambdas {
    /// Adds code under a name, and how it starts.
    #[must_use]
    pub fn with<F, S>(mut self, name: &str, start: S) -> Self
    where
        S: Fn(Host) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Arc<dyn Lambda>, String>> + Send + 'static,
    {
        self.0
            .insert(name.to_owned(), Arc::new(move |host| Box::pin(start(host))));
        self
    }

    /// The name of the code that the template means.
    pub(crate) fn code_of(&self, function: &template::Function) -> Result<String, String> {
        let mut known = function
            .codes
            .iter()
            .filter(|name| self.0.contains_key(*name));
        match (known.next(), known.next()) {
            (Some(folder), Some(name)) if folder != name => Err(format!(
                "its code is of {folder} and its name of {name}: which of them is it?"
            )),
            (Some(name), _) => Ok(name.clone()),
            (None, _) => {
                let all: Vec<_> = self.0.keys().map(String::as_str).collect();
                let (tried, all) = (function.codes.join(" or "), all.join(", "));
                Err(format!("there is no function {tried} (there are: {all})"))
            }
        }
    }

    pub(crate) async fn start(&self, name: &str, host: Host) -> Result<Arc<dyn Lambda>, String> {
        let start = self
            .0
            .get(name)
            .ok_or_else(|| format!("there is no function {name}"))?;
        start(host).await
    }
}

impl fmt::Debug for Lambdas {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}
