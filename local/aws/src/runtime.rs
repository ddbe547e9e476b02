//! What happens in the stack while it runs: streams, schedules, and everything that a moved clock
//! sets off.

use crate::backups::Backups;
use crate::dynamodb::Dynamo;
use crate::functions::{Functions, Running};
use crate::host::Endpoints;
use crate::http::api::Apis;
use crate::options::Intake;
use crate::schedule::Expression;
use crate::state::State;
use crate::streams::{Mapping, deliver, settle};
use crate::template::{Event, Queue, Table};
use chrono::{DateTime, Utc};
use custodian_clock::Clock;
use custodian_local_s3::Store;
use serde_json::Value;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{MissedTickBehavior, interval};

/// How often the streams are read.
const STREAMS: Duration = Duration::from_millis(200);
/// How often the schedules are looked at.
const SCHEDULES: Duration = Duration::from_secs(1);
/// How often TTL removes what expired (on AWS: "within a few days").
const EXPIRY: Duration = Duration::from_secs(30);

/// Why something that the clock set off could not be done.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RuntimeError(String);

/// A schedule of the template.
pub(crate) struct Schedule {
    /// The logical ids of the function and of the event.
    pub(crate) id: String,
    pub(crate) expression: Expression,
    pub(crate) input: Value,
    pub(crate) function: Running,
}

/// What somebody else does regularly, and after each move of the clock, at the stack's time.
pub type Upkeep =
    Arc<dyn Fn(DateTime<Utc>) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Everything that runs.
pub(crate) struct Runtime {
    pub(crate) clock: Clock,
    pub(crate) state: Arc<State>,
    pub(crate) dynamo: Dynamo,
    pub(crate) store: Store,
    pub(crate) backups: Backups,
    /// The tables of the template.
    pub(crate) tables: Vec<Table>,
    pub(crate) functions: Arc<Functions>,
    pub(crate) apis: Apis,
    /// The addresses of the APIs that have a port of their own, by their logical ids.
    pub(crate) api_urls: BTreeMap<String, String>,
    pub(crate) intake: Option<Intake>,
    pub(crate) queues: Vec<Queue>,
    pub(crate) endpoints: Endpoints,
    pub(crate) mappings: Vec<Mapping>,
    pub(crate) schedules: Vec<Schedule>,
    pub(crate) upkeep: Upkeep,
    /// Whether TTL removes what expired.
    pub(crate) ttl: bool,
    /// One upkeep at a time.
    pub(crate) turn: Mutex<()>,
}

impl Runtime {
    /// Adds an event source of the template that is not a route.
    pub(crate) fn add(
        &mut self,
        function: Running,
        event_id: &str,
        event: Event,
        schedules: bool,
    ) -> Result<(), String> {
        let id = format!("{}/{event_id}", function.template.id);
        match event {
            Event::Schedule(schedule) if schedules => {
                self.schedules.push(Schedule {
                    id,
                    expression: schedule.expression,
                    input: schedule.input,
                    function,
                });
            }
            // Routes are added to their API, and S3's events have their own place, since objects come
            // before the functions exist.
            Event::Http(_) | Event::Schedule(_) | Event::Creation(_) => {}
            Event::Stream(event) => {
                let (dynamo, state, clock) = (
                    self.dynamo.clone(),
                    Arc::clone(&self.state),
                    self.clock.clone(),
                );
                let mapping = Mapping {
                    id,
                    event,
                    function,
                    dynamo,
                    state,
                    endpoints: self.endpoints.clone(),
                    clock,
                    turn: Mutex::default(),
                };
                mapping.begin()?;
                self.mappings.push(mapping);
            }
        }
        Ok(())
    }

    /// The bucket that accepts files, and the ARN of the function that reads them, if the template
    /// has one.
    pub(crate) fn intake(&self) -> Option<(&str, &str)> {
        let intake = self.intake.as_ref()?;
        let function = &self.functions.find(&intake.function)?.template;
        Some((function.settings.get(&intake.setting)?, &function.arn))
    }

    /// The names of the tables, by the setting by which functions know them.
    pub(crate) fn table_names(&self) -> BTreeMap<&str, &str> {
        let settings = self
            .functions
            .all()
            .flat_map(|function| &function.template.settings);
        settings
            .filter(|(name, _)| name.ends_with("_TABLE"))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    /// The names of the buckets, by the setting by which functions know them. One that stores what
    /// is given up of a stream is also there by the ids of its function and event, `Reader/Events`.
    pub(crate) fn bucket_names(&self) -> BTreeMap<&str, &str> {
        let settings = self
            .functions
            .all()
            .flat_map(|function| &function.template.settings);
        settings
            .filter(|(name, _)| name.ends_with("_BUCKET"))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .chain(self.mappings.iter().filter_map(Mapping::failures_bucket))
            .collect()
    }

    /// Keeps this moment of all tables. Returns the second under which it is found.
    pub(crate) fn back_up(&self) -> Result<DateTime<Utc>, String> {
        self.backups.take(&self.dynamo, self.clock.now())
    }

    /// Makes `copy` of a table as it was at a kept moment. Returns how many items it has.
    pub(crate) async fn restore(
        &self,
        table: &str,
        moment: DateTime<Utc>,
        copy: &str,
    ) -> Result<usize, String> {
        let table = self.tables.iter().find(|known| known.name == table);
        let table = table.ok_or_else(|| "the template has no table of that name".to_owned())?;
        let client = self.endpoints.dynamodb_client();
        self.backups
            .restore(&self.dynamo, &client, table, moment, copy)
            .await
    }

    /// Moves the clock; TTL's removals are delivered and due schedules have begun when it returns.
    pub(crate) async fn move_clock(&self, to: DateTime<Utc>) -> Result<(), RuntimeError> {
        let _turn = self.turn.lock().await;
        self.clock.set(to);
        let ahead = self.clock.ahead().num_milliseconds();
        self.state.update(|saved| saved.ahead = ahead);
        self.expire().await?;
        self.run_schedules();
        (self.upkeep)(self.clock.now()).await;
        Ok(())
    }

    /// Delivers what waits in the streams, whatever else is in progress.
    async fn deliver(&self) -> Result<(), RuntimeError> {
        deliver(&self.mappings)
            .await
            .map(drop)
            .map_err(RuntimeError)
    }

    /// Waits until nothing is in progress and nothing waits in the streams.
    pub(crate) async fn settle(&self) -> Result<(), RuntimeError> {
        settle(&self.mappings, &self.functions)
            .await
            .map_err(RuntimeError)
    }

    /// Lets TTL and the buckets' lifecycles remove what is past its time, and delivers the streams.
    async fn expire(&self) -> Result<(), RuntimeError> {
        if self.ttl {
            self.dynamo.expire().await.map_err(RuntimeError)?;
        }
        let (store, now) = (self.store.clone(), self.clock.now());
        let removed = tokio::task::spawn_blocking(move || store.run_lifecycle(now)).await;
        removed
            .map_err(|error| error.to_string())
            .and_then(|it| it.map_err(|error| error.to_string()))
            .map_err(RuntimeError)?;
        self.deliver().await
    }

    /// Begins each schedule that came due, once and one after another: rates, then those with an
    /// hour. A rate is due for the first time as soon as it exists.
    pub(crate) fn run_schedules(&self) {
        let mut turns = Vec::new();
        for schedule in &self.schedules {
            let now = self.clock.now();
            let last = self
                .state
                .read(|saved| saved.schedules.get(&schedule.id).copied());
            let (due, counted) = match last.filter(|last| *last <= now) {
                None => (last.is_none() && schedule.expression.is_rate(), Some(now)),
                Some(last) => {
                    let counted = schedule.expression.due(last, now);
                    (counted.is_some(), counted)
                }
            };
            if let Some(counted) = counted {
                self.state.update(|saved| {
                    saved.schedules.insert(schedule.id.clone(), counted);
                });
            }
            if due {
                turns.push((
                    schedule.expression.is_rate(),
                    schedule.function.clone(),
                    schedule.input.clone(),
                ));
            }
        }
        turns.sort_by_key(|(is_rate, ..)| !is_rate);
        if !turns.is_empty() {
            let turns = turns
                .into_iter()
                .map(|(_, function, input)| (function, input.into()));
            self.functions.invoke_in_turn(turns.collect());
        }
    }

    /// Maintains the stack until the task is dropped.
    pub(crate) async fn keep(self: Arc<Self>) {
        let every = |period| {
            let mut interval = interval(period);
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        };
        let (mut streams, mut schedules, mut expiry) =
            (every(STREAMS), every(SCHEDULES), every(EXPIRY));
        // What is past its time when the stack starts is removed as late as if it had been running.
        expiry.reset();
        loop {
            let done = tokio::select! {
                _ = streams.tick() => self.deliver().await,
                _ = schedules.tick() => {
                    let _turn = self.turn.lock().await;
                    self.run_schedules();
                    (self.upkeep)(self.clock.now()).await;
                    Ok(())
                }
                _ = expiry.tick() => {
                    let _turn = self.turn.lock().await;
                    self.expire().await
                }
            };
            if let Err(error) = done {
                tracing::error!(
                    error = error.to_string(),
                    "the stack could not do its regular work"
                );
            }
        }
    }
}
