//! The functions of a template.

use super::events::{Destination, Event};
use super::intrinsics::text;
use chrono::TimeDelta;
use serde_json::Value;
use std::collections::BTreeMap;

/// How long a function may take if the template does not say.
const TIMEOUT: i64 = 3;
/// The longest that Lambda allows, in seconds.
const LONGEST: i64 = 900;

/// A function: what its code is called, its settings and what invokes it.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) arn: String,
    /// The names that its code may have: the last folder of its code, and its name without the
    /// stack's.
    pub(crate) codes: Vec<String>,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) events: Vec<(String, Event)>,
    /// How long an invocation may take.
    pub(crate) timeout: TimeDelta,
    /// How often an asynchronous invocation that failed is tried again.
    pub(crate) retries: i64,
    /// How many invocations run at a time; any number by default.
    pub(crate) at_once: Option<usize>,
    /// The queue for an asynchronous invocation that failed for good.
    pub(crate) failures: Option<String>,
    /// The role that it has, by its ARN.
    pub(crate) role: Option<String>,
}

impl Function {
    pub(super) fn new(
        id: &str,
        name: String,
        arn: String,
        stack: &str,
        properties: &Value,
    ) -> Result<Self, String> {
        let folder = properties
            .get("CodeUri")
            .and_then(Value::as_str)
            .map(|uri| uri.trim_end_matches('/'));
        let folder = folder
            .and_then(|uri| uri.rsplit('/').next())
            .map(str::to_owned);
        let short = name
            .strip_prefix(stack)
            .and_then(|rest| rest.strip_prefix('-'))
            .map(str::to_owned);
        let mut settings = BTreeMap::new();
        let variables = properties
            .pointer("/Environment/Variables")
            .and_then(Value::as_object);
        for (key, value) in variables.into_iter().flatten() {
            settings.insert(
                key.clone(),
                text(value).map_err(|problem| format!("{key}: {problem}"))?,
            );
        }
        let mut events = Vec::new();
        for (event, value) in properties
            .get("Events")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let parsed =
                Event::new(value).map_err(|problem| format!("event {event}: {problem}"))?;
            events.push((event.clone(), parsed));
        }
        let timeout = properties.get("Timeout").map(text).transpose()?;
        let timeout = timeout.map_or(Ok(TIMEOUT), |timeout| {
            let seconds = timeout
                .parse()
                .ok()
                .filter(|seconds| (1..=LONGEST).contains(seconds));
            seconds.ok_or_else(|| {
                format!("a Timeout of {timeout} is not between 1 and {LONGEST} seconds")
            })
        });
        let at_once = properties
            .get("ReservedConcurrentExecutions")
            .map(text)
            .transpose()?;
        let at_once = at_once.map(|it| {
            it.parse()
                .map_err(|_| format!("{it} ReservedConcurrentExecutions"))
        });
        let asynchronous = properties.get("EventInvokeConfig");
        let retries = asynchronous
            .and_then(|config| config.get("MaximumRetryAttempts"))
            .map(text)
            .transpose()?;
        let failures =
            properties.pointer("/EventInvokeConfig/DestinationConfig/OnFailure/Destination");
        let failures = failures.or_else(|| properties.pointer("/DeadLetterQueue/TargetArn"));
        Ok(Self {
            id: id.into(),
            name,
            arn,
            codes: folder.into_iter().chain(short).collect(),
            settings,
            events,
            timeout: TimeDelta::seconds(timeout?),
            at_once: at_once.transpose()?,
            retries: retries
                .and_then(|retries| retries.parse().ok())
                .unwrap_or(2),
            failures: failures.map(text).transpose()?,
            role: properties.get("Role").map(text).transpose()?,
        })
    }

    /// Every queue that this function's failures go to.
    pub(super) fn queues(&self) -> impl Iterator<Item = &str> {
        let of_streams = self.events.iter().filter_map(|(_, event)| match event {
            Event::Stream(stream) => match &stream.failures {
                Some(Destination::Queue(queue)) => Some(queue.as_str()),
                Some(Destination::Bucket(_)) | None => None,
            },
            Event::Schedule(schedule) => schedule.failures.as_deref(),
            Event::Http(_) | Event::Creation(_) => None,
        });
        self.failures.as_deref().into_iter().chain(of_streams)
    }
}

/// A function's properties with what `Globals` says for every function.
pub(super) fn with_globals(mut properties: Value, globals: Option<&Value>) -> Value {
    if let (Some(timeout), Value::Object(properties)) =
        (globals.and_then(|it| it.get("Timeout")), &mut properties)
    {
        properties
            .entry("Timeout")
            .or_insert_with(|| timeout.clone());
    }
    let variables = globals
        .and_then(|globals| globals.pointer("/Environment/Variables"))
        .and_then(Value::as_object);
    if let (Some(variables), Value::Object(properties)) = (variables, &mut properties) {
        let environment = properties
            .entry("Environment")
            .or_insert_with(|| serde_json::json!({}));
        if let Value::Object(environment) = environment
            && let Value::Object(own) = environment
                .entry("Variables")
                .or_insert_with(|| serde_json::json!({}))
        {
            for (key, value) in variables {
                own.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    properties
}
