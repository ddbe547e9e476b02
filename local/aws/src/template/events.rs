//! What invokes a function: a route, a stream, a schedule, an object.

use super::apis::EventAuth;
use super::creations::CreationEvent;
use super::resources::{flag, number, only, read};
use crate::filter::Filter;
use crate::http::routes::Route;
use crate::schedule::Expression;
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::Value;

/// One event source of a function.
#[derive(Debug)]
pub(crate) enum Event {
    Http(HttpEvent),
    Stream(StreamEvent),
    Schedule(ScheduleEvent),
    Creation(CreationEvent),
}

/// A route of an HTTP API.
#[derive(Debug)]
pub(crate) struct HttpEvent {
    /// The API, as the event refers to it; without one it is the API that SAM makes by itself.
    pub(crate) api: Option<String>,
    pub(crate) route: Route,
    pub(crate) auth: EventAuth,
}

/// A stream mapping: which records, in which batches, and what happens to those that fail.
#[derive(Debug)]
pub(crate) struct StreamEvent {
    pub(crate) table: String,
    pub(crate) from_start: bool,
    pub(crate) filters: Vec<Filter>,
    pub(crate) batch_size: usize,
    /// How often a failed batch is tried again; without limit by default.
    pub(crate) retries: Option<u32>,
    pub(crate) bisect: bool,
    pub(crate) report_failures: bool,
    /// How old a failing record may become before it is given up; any age by default.
    pub(crate) longest: Option<TimeDelta>,
    /// Where a batch that was given up is reported.
    pub(crate) failures: Option<Destination>,
}

/// Where batches go that are given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// A queue, by its ARN: it gets their place in the stream.
    Queue(String),
    /// A bucket, by its name: it gets their contents as well.
    Bucket(String),
}

impl Destination {
    fn of(arn: &str) -> Self {
        arn.strip_prefix("arn:aws:s3:::").map_or_else(
            || Self::Queue(arn.to_owned()),
            |name| Self::Bucket(name.to_owned()),
        )
    }
}

/// A schedule and what it sends.
#[derive(Debug)]
pub(crate) struct ScheduleEvent {
    pub(crate) expression: Expression,
    pub(crate) input: Value,
    pub(crate) failures: Option<String>,
}

const HTTP: [&str; 7] = [
    "ApiId",
    "Auth",
    "Method",
    "Path",
    "PayloadFormatVersion",
    "RouteSettings",
    "TimeoutInMillis",
];
const STREAM: [&str; 16] = [
    "BatchSize",
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "Enabled",
    "FilterCriteria",
    "FunctionResponseTypes",
    "KmsKeyArn",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "MetricsConfig",
    "ParallelizationFactor",
    "StartingPosition",
    "StartingPositionTimestamp",
    "Stream",
    "TumblingWindowInSeconds",
];
const SCHEDULE: [&str; 15] = [
    "DeadLetterConfig",
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "GroupName",
    "Input",
    "KmsKeyArn",
    "Name",
    "OmitName",
    "PermissionsBoundary",
    "RetryPolicy",
    "RoleArn",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "State",
];

impl Event {
    pub(super) fn new(event: &Value) -> Result<Self, String> {
        let kind = event
            .get("Type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let properties = event
            .get("Properties")
            .cloned()
            .unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        match kind {
            "HttpApi" => only(&properties, &HTTP)
                .and_then(|()| http(&properties))
                .map(Self::Http),
            "DynamoDB" => only(&properties, &STREAM)
                .and_then(|()| stream(properties))
                .map(Self::Stream),
            "ScheduleV2" => only(&properties, &SCHEDULE)
                .and_then(|()| schedule(properties))
                .map(Self::Schedule),
            "S3" => CreationEvent::new(properties).map(Self::Creation),
            other => Err(format!(
                "the type {other:?} is not understood by the local stack"
            )),
        }
    }
}

fn http(properties: &Value) -> Result<HttpEvent, String> {
    let auth = properties.get("Auth").cloned().map(read).transpose()?;
    let api = properties.get("ApiId").and_then(Value::as_str);
    Ok(HttpEvent {
        api: api.map(str::to_owned),
        route: route(properties)?,
        auth: auth.unwrap_or_default(),
    })
}

fn route(properties: &Value) -> Result<Route, String> {
    if properties
        .get("PayloadFormatVersion")
        .and_then(Value::as_str)
        .is_some_and(|version| version != "2.0")
    {
        return Err("only the payload format 2.0 is understood".into());
    }
    let field = |name| properties.get(name).and_then(Value::as_str);
    match (field("Method"), field("Path")) {
        (None, None) => Ok(Route::default()),
        (Some(method), Some(path)) => Route::new(method, path),
        _ => Err("a route needs both Method and Path".into()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Pattern {
    pattern: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Criteria {
    filters: Vec<Pattern>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StreamProperties {
    stream: String,
    starting_position: String,
    #[serde(default)]
    filter_criteria: Criteria,
    #[serde(default, deserialize_with = "number")]
    batch_size: Option<i64>,
    #[serde(default, deserialize_with = "number")]
    maximum_retry_attempts: Option<i64>,
    #[serde(default, deserialize_with = "number")]
    maximum_record_age_in_seconds: Option<i64>,
    #[serde(default, deserialize_with = "flag")]
    bisect_batch_on_function_error: bool,
    #[serde(default)]
    function_response_types: Vec<String>,
}

fn stream(properties: Value) -> Result<StreamEvent, String> {
    let failures = properties
        .pointer("/DestinationConfig/OnFailure/Destination")
        .and_then(Value::as_str)
        .map(Destination::of);
    if failures.is_none() && properties.get("DestinationConfig").is_some() {
        return Err("DestinationConfig has no OnFailure.Destination".into());
    }
    let properties: StreamProperties = read(properties)?;
    let table = properties
        .stream
        .split_once(":table/")
        .and_then(|(_, rest)| rest.split_once("/stream/"));
    let Some((table, _)) = table else {
        return Err(format!("{} is not a stream's ARN", properties.stream));
    };
    let from_start = match properties.starting_position.as_str() {
        "TRIM_HORIZON" => true,
        "LATEST" => false,
        other => return Err(format!("the StartingPosition {other} is not understood")),
    };
    let batch_size = properties.batch_size.unwrap_or(100);
    if !(1..=10_000).contains(&batch_size) {
        return Err(format!(
            "a BatchSize of {batch_size} is not between 1 and 10,000"
        ));
    }
    let retries = properties
        .maximum_retry_attempts
        .filter(|&retries| retries != -1);
    let retries = retries
        .map(|it| u32::try_from(it).map_err(|_| format!("{it} MaximumRetryAttempts")))
        .transpose()?;
    let longest = properties
        .maximum_record_age_in_seconds
        .filter(|&age| age != -1);
    if let Some(age) = longest.filter(|age| !(60..=604_800).contains(age)) {
        return Err(format!("{age} MaximumRecordAgeInSeconds"));
    }
    let report_failures = match properties.function_response_types.as_slice() {
        [] => false,
        [one] if one == "ReportBatchItemFailures" => true,
        _ => return Err("FunctionResponseTypes can only be ReportBatchItemFailures".into()),
    };
    let filters = properties.filter_criteria.filters;
    Ok(StreamEvent {
        table: table.to_owned(),
        from_start,
        filters: filters
            .iter()
            .map(|filter| Filter::parse(&filter.pattern))
            .collect::<Result<_, _>>()?,
        batch_size: usize::try_from(batch_size).unwrap_or(100),
        retries,
        bisect: properties.bisect_batch_on_function_error,
        report_failures,
        longest: longest.map(TimeDelta::seconds),
        failures,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ScheduleProperties {
    schedule_expression: String,
    schedule_expression_timezone: Option<String>,
    input: Option<String>,
    state: Option<String>,
}

fn schedule(properties: Value) -> Result<ScheduleEvent, String> {
    let failures = properties
        .pointer("/DeadLetterConfig/Arn")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let properties: ScheduleProperties = read(properties)?;
    let zone = properties
        .schedule_expression_timezone
        .as_deref()
        .unwrap_or("UTC");
    let expression = match properties.state.as_deref() {
        None | Some("ENABLED") => Expression::parse(&properties.schedule_expression, zone)?,
        Some("DISABLED") => Expression::Never,
        Some(other) => return Err(format!("the State {other} is not understood")),
    };
    let input = properties.input.as_deref().map_or(
        Ok(Value::Object(serde_json::Map::new())),
        serde_json::from_str,
    );
    let input = input.map_err(|error| format!("its Input is not JSON: {error}"))?;
    Ok(ScheduleEvent {
        expression,
        input,
        failures,
    })
}
