//! What statistics and lists of comments may use: the only read that they have.

use crate::keys::{self, Key, RECORD};
use crate::records::Records;
use crate::{Item, number, text};
use chrono::{DateTime, NaiveDate, Utc};
use custodian_domain::record::satisfaction::Satisfaction;
use custodian_domain::record::source::Source;
use custodian_dynamo::Pages;

/// One record, as the index by day has it: nothing identifies anybody, except its key.
#[derive(Clone, Debug)]
pub struct ReportableRecord {
    /// Its key.
    pub key: Key,
    /// How it reached the council.
    pub source: Source,
    /// The survey that it answers.
    pub survey: Option<String>,
    /// The council's service that it is about.
    pub service: Option<String>,
    /// The journey that the council counts it towards.
    pub journey: Option<String>,
    /// The stage of the journey.
    pub stage: Option<String>,
    /// How satisfied the person was.
    pub satisfaction: Option<Satisfaction>,
}

impl Records {
    /// What was collected on a day, in one of its shards, and may be used at `now`; in pages.
    ///
    /// It leaves out what is over, what is restricted (it may only be stored), and what a hold
    /// keeps beyond its date.
    #[must_use]
    pub fn reportable_on(
        &self,
        day: NaiveDate,
        shard: u8,
        now: DateTime<Utc>,
    ) -> Pages<ReportableRecord> {
        let from = Key::new(keys::day_shard(day, shard), RECORD);
        self.reportable_like("read reportable records", from, now, |item| {
            read_reportable(&item)
        })
    }
}

fn read_reportable(item: &Item) -> Option<ReportableRecord> {
    let field = |name: &str| text(item, name).map(str::to_owned);
    let satisfaction =
        number(item, "satisfaction").map(|point| u8::try_from(point).ok()?.try_into().ok());
    Some(ReportableRecord {
        key: Key::of(item)?,
        source: Source::named(text(item, "source")?)?,
        survey: field("survey"),
        service: field("service"),
        journey: field("journey"),
        stage: field("stage"),
        satisfaction: match satisfaction {
            Some(point) => Some(point?),
            None => None,
        },
    })
}
