//! When a file of a source was last read, and whose turn it is to read more.

use crate::keys;
use crate::{Item, s, text};
use chrono::{DateTime, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::record::source::Source;
use custodian_domain::retention::INVOCATION;
use custodian_dynamo::{Condition, Table, Write};

const AT: &str = "at";
const INVOCATION_ID: &str = "invocation";
/// How much longer a turn is than an invocation: as much as clocks may differ.
const APART: TimeDelta = TimeDelta::minutes(1);

/// The marks of imports in the Register.
#[derive(Clone, Debug)]
pub struct Imports(Table);

impl Imports {
    /// The marks in the Register named `name`.
    #[must_use]
    pub const fn new(client: custodian_dynamo::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// Stores that a file of a source was read whole at `now`.
    ///
    /// # Errors
    /// [`StorageError`] unless that is certain to be stored.
    pub async fn mark(&self, source: Source, now: DateTime<Utc>) -> Result<(), StorageError> {
        let item = Item::from([(AT.to_owned(), s(now.to_rfc3339()))]);
        self.0
            .put("remember an import", &keys::last_import(source), item)
            .await
    }

    /// When a file of a source was last read whole.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn last(
        &self,
        source: Source,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StorageError> {
        const OPERATION: &str = "look for the last import";
        let Some(item) = self
            .0
            .get(OPERATION, &keys::last_import(source), now)
            .await?
        else {
            return Ok(None);
        };
        text(&item, AT)
            .and_then(|at| at.parse().ok())
            .map(Some)
            .ok_or(StorageError::unreadable(OPERATION))
    }

    /// Takes the turn of a source, unless another invocation has it: of two that write the same
    /// record, one writes after the other. It ends by itself when no invocation can still be
    /// running. An invocation that has it may take it again, as when Lambda repeats it.
    ///
    /// # Errors
    /// [`StorageError`] if it is unknown who has it.
    pub async fn take_lease(
        &self,
        source: Source,
        invocation: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        self.turn(
            "take a source's turn",
            source,
            invocation,
            (now, now + INVOCATION + APART),
        )
        .await
    }

    /// Ends the turn of a source. A turn that another invocation has taken meanwhile continues.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to have ended.
    pub async fn end_lease(
        &self,
        source: Source,
        invocation: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        self.turn("end a source's turn", source, invocation, (now, now))
            .await
            .map(drop)
    }

    async fn turn(
        &self,
        operation: &'static str,
        source: Source,
        invocation: &str,
        (now, until): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<bool, StorageError> {
        let mine = Condition::is(INVOCATION_ID, s(invocation));
        let item = Item::from([(INVOCATION_ID.to_owned(), s(invocation))]);
        let turn = Write::put(&self.0, keys::import_turn(source), item)
            .ending(until.timestamp())
            .when(Condition::free(now).or(mine));
        Ok(turn.send(operation).await?.is_applied())
    }
}
