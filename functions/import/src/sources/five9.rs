//! How the council's Five9 tenant writes its reports: `config/five9.json`.

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The tenant's settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Five9 {
    /// The zone of the times in a report, which does not say it.
    time_zone: Tz,
    pub(super) columns: Names,
    /// Which of the council's services a campaign is about.
    #[serde(default)]
    pub(super) services: BTreeMap<String, String>,
}

/// What the columns of a report are called: they differ by tenant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Names {
    pub(super) call_id: String,
    pub(super) timestamp: String,
    pub(super) call_type: String,
    pub(super) ani: String,
    pub(super) dnis: String,
    pub(super) customer_name: Option<String>,
    pub(super) campaign: Option<String>,
    pub(super) skill: Option<String>,
    pub(super) disposition: Option<String>,
    pub(super) call_time: Option<String>,
    pub(super) survey: Option<String>,
    pub(super) satisfaction: Option<String>,
    pub(super) comment: Option<String>,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("config/five9.json: {0}")]
pub struct BadConfig(#[from] serde_json::Error);

impl Five9 {
    /// Reads the configuration.
    ///
    /// # Errors
    /// [`BadConfig`] with the place in it; nothing in it is personal.
    pub fn parse(document: &str) -> Result<Self, BadConfig> {
        Ok(serde_json::from_str(document)?)
    }

    /// The columns that a report must have: all that the configuration names.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        let Names { call_id, timestamp, call_type, ani, dnis, .. } = &self.columns;
        let Names { customer_name, campaign, skill, disposition, call_time, survey, satisfaction, comment, .. } =
            &self.columns;
        let named = [customer_name, campaign, skill, disposition, call_time, survey, satisfaction, comment];
        [call_id, timestamp, call_type, ani, dnis].into_iter().chain(named.into_iter().flatten()).map(String::as_str)
    }

    /// The instant of a time in a report, `Mon, 12 Oct 2026 09:00:12`.
    ///
    /// An hour that is there twice, when clocks go back, is the earlier: nothing is kept longer than its time. One that
    /// is not there, when they go forward, is no time.
    pub(super) fn instant(&self, text: &str) -> Option<DateTime<Utc>> {
        let local = NaiveDateTime::parse_from_str(text, "%a, %d %b %Y %H:%M:%S").ok()?;
        match self.time_zone.from_local_datetime(&local) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.to_utc()),
            LocalResult::None => None,
        }
    }
}
