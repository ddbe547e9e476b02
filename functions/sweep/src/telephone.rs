//! Telephone data that Five9 is about to delete: whether it still comes in, and which days have
//! none.

use crate::chore::Chore;
use crate::{AT_ONCE, Pass};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::record::processor_copy::CALLS;
use custodian_domain::record::source::Source;
use custodian_store::imports::Imports;
use custodian_store::records::Records;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;

/// How long no file may come: people notice within a week, and seven more weeks are left to fetch
/// what is missing.
const PATIENCE: TimeDelta = TimeDelta::days(7);

/// Whether telephone data comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Telephone {
    /// When a file was last read whole.
    pub last_import: DateTime<Utc>,
    /// For how many days, including the current one, the next file is overdue.
    pub overdue_days: i64,
    /// While it is overdue: the days that Five9 still has and that have no record. In UTC, earliest
    /// first.
    pub missing_days: Vec<NaiveDate>,
    /// When Five9 deletes the first of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_on: Option<NaiveDate>,
}

/// Looks for telephone data.
#[derive(Debug)]
pub(crate) struct WatchTelephone {
    pub(crate) imports: Imports,
    pub(crate) records: Records,
}

#[async_trait]
impl Chore for WatchTelephone {
    fn name(&self) -> &'static str {
        "telephone"
    }

    fn weight(&self) -> u32 {
        1
    }

    async fn run(&self, pass: &mut Pass) -> Result<(), StorageError> {
        pass.report.telephone = self.look(pass.now).await?;
        Ok(())
    }
}

impl WatchTelephone {
    /// Checks whether telephone data comes in; `None` if there never was any.
    async fn look(&self, now: DateTime<Utc>) -> Result<Option<Telephone>, StorageError> {
        let Some(last_import) = self.imports.last(Source::Telephone, now).await? else {
            tracing::info!(outcome = "telephone_never", "sweep");
            return Ok(None);
        };
        let overdue_days = overdue_days(last_import, now);
        if overdue_days == 0 {
            tracing::info!(
                outcome = "telephone_current",
                telephone_overdue_days = 0,
                "sweep"
            );
            return Ok(Some(Telephone {
                last_import,
                overdue_days,
                missing_days: Vec::new(),
                lost_on: None,
            }));
        }
        let missing = self.missing_days(now).await;
        let count = missing.as_ref().ok().map(Vec::len);
        tracing::warn!(
            outcome = "telephone_overdue",
            telephone_overdue_days = overdue_days,
            count,
            "sweep"
        );
        let missing_days = missing?;
        let lost_on = missing_days
            .first()
            .and_then(|day| day.checked_add_signed(CALLS));
        Ok(Some(Telephone {
            last_import,
            overdue_days,
            missing_days,
            lost_on,
        }))
    }

    /// The days that Five9 still has, up to yesterday, without a telephone record.
    async fn missing_days(&self, now: DateTime<Utc>) -> Result<Vec<NaiveDate>, StorageError> {
        let looked = stream::iter(at_five9(now))
            .map(
                |day| async move { Ok((day, self.records.has_any(Source::Telephone, day).await?)) },
            )
            .buffered(AT_ONCE);
        looked
            .try_filter_map(async |(day, is_held)| Ok((!is_held).then_some(day)))
            .try_collect()
            .await
    }
}

/// The days before today that Five9 has not deleted yet, including those that it deletes today.
fn at_five9(now: DateTime<Utc>) -> impl Iterator<Item = NaiveDate> {
    let today = now.date_naive();
    let first = today.checked_sub_signed(CALLS).unwrap_or(today);
    first.iter_days().take_while(move |day| *day < today)
}

/// For how many days, including the current one, a file is overdue.
fn overdue_days(last_import: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    let overdue = (now - last_import - PATIENCE).max(TimeDelta::zero());
    overdue.num_days() + i64::from(overdue > TimeDelta::days(overdue.num_days()))
}

#[cfg(test)]
mod tests {
    use super::{at_five9, overdue_days};
    use chrono::{DateTime, NaiveDate, Utc};

    fn at(instant: &str) -> DateTime<Utc> {
        instant.parse().unwrap()
    }

    #[test]
    fn a_file_is_overdue_when_seven_days_have_passed_and_not_before() {
        let now = at("2026-11-23T10:00:00Z");
        for (last, overdue) in [
            ("2026-11-23T09:00:00Z", 0),
            ("2026-11-16T10:00:00Z", 0),
            ("2026-11-16T09:59:59Z", 1),
            ("2026-11-15T10:00:00Z", 1),
            ("2026-11-15T09:00:00Z", 2),
            ("2026-11-24T00:00:00Z", 0),
        ] {
            assert_eq!(overdue_days(at(last), now), overdue, "{last}");
        }
    }

    #[test]
    fn sixty_days_are_at_five9_and_the_first_goes_today() {
        let now = at("2026-11-23T10:00:00Z");
        let days: Vec<NaiveDate> = at_five9(now).collect();
        assert_eq!(
            (days.len(), days[0].to_string(), days[59].to_string()),
            (60, "2026-09-24".into(), "2026-11-22".into())
        );
        assert_eq!(
            days[0].checked_add_signed(super::CALLS),
            Some(now.date_naive())
        );
    }
}
