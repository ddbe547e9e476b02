//! Works out again by when open requests of the register have to be answered, once a night: a
//! release may know more bank holidays than the one that listed them. And enters into their cases
//! what has followed by itself: every place of an erasure is done, or recipients are told.

use crate::Pass;
use crate::chore::Chore;
use async_trait::async_trait;
use chrono::NaiveDate;
use custodian_aws::StorageError;
use custodian_domain::london;
use custodian_domain::rights::register::CaseId;
use custodian_rights::case_steps::CaseSteps;
use std::collections::BTreeSet;

/// How many requests are read at a time; a sweep that is cut short looks again at these at most.
const AT_A_TIME: i32 = 100;
/// How many times it reads so many in one sweep. The next hour continues.
const PAGES: usize = 50;

/// How far it has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The last day on which it has looked at all.
    pub(crate) done_on: Option<NaiveDate>,
    /// Behind which request it continues today.
    pub(crate) behind: Option<String>,
}

/// Moves the dates of requests.
#[derive(Debug)]
pub(crate) struct MoveDates(pub(crate) CaseSteps);

#[async_trait]
impl Chore for MoveDates {
    fn name(&self) -> &'static str {
        "dates"
    }

    fn weight(&self) -> u32 {
        1
    }

    /// Each request whose date has moved has an event that says so, and is listed by its new date.
    async fn run(&self, pass: &mut Pass) -> Result<(), StorageError> {
        let (now, today) = (pass.now, london::date(pass.now));
        if pass.dates.done_on == Some(today) {
            return Ok(());
        }
        for _ in 0..PAGES {
            let behind = pass.dates.behind.as_deref();
            let page = self.0.cases.open(behind, AT_A_TIME, now).await?;
            let ids: BTreeSet<&CaseId> = page.notes.iter().map(|note| &note.case_id).collect();
            for id in ids {
                let caught_up = self.0.catch_up(id, now).await?;
                pass.report.moved_dates += u64::from(caught_up.moved);
                pass.report.followed_steps += u64::from(caught_up.followed);
            }
            pass.dates.behind = page.after;
            if pass.dates.behind.is_none() {
                pass.dates.done_on = Some(today);
                break;
            }
        }
        Ok(())
    }
}
