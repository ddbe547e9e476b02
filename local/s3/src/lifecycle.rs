//! S3's lifecycle rules, when someone runs them.

use super::Store;
use chrono::{DateTime, Days, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use std::io;

/// One rule about what a bucket deletes by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifecycle {
    /// After how many days an object is removed.
    pub expire_after_days: Option<u32>,
    /// After how many days a multipart upload that nobody completed is aborted.
    pub abort_uploads_after_days: Option<u32>,
    /// The keys that it covers: those that begin with this.
    pub prefix: String,
}

/// How much a run of the lifecycle removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Objects that expired.
    pub objects: usize,
    /// Uploads that were aborted.
    pub uploads: usize,
}

impl Store {
    /// Sets the lifecycle rules of a bucket, replacing earlier ones.
    ///
    /// # Errors
    /// If there is no such bucket (`NotFound`), it keeps versions and a rule expires objects
    /// (`Unsupported`), or the folder can't be written.
    pub fn set_lifecycle(
        &self,
        bucket: &str,
        rules: impl IntoIterator<Item = Lifecycle>,
    ) -> io::Result<()> {
        let mut buckets = self.buckets();
        let settings = &mut buckets
            .get_mut(bucket)
            .ok_or(io::ErrorKind::NotFound)?
            .settings;
        let rules: Vec<Lifecycle> = rules.into_iter().collect();
        if settings.versions.is_some() && rules.iter().any(|rule| rule.expire_after_days.is_some())
        {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "versions do not expire here",
            ));
        }
        settings.rules = rules;
        self.disk.settle(bucket, settings)
    }

    /// Removes what is past its time at `now`, in all buckets.
    ///
    /// # Errors
    /// If the folder can't be written. What was removed by then is gone, and another run does the
    /// rest.
    pub fn run_lifecycle(&self, now: DateTime<Utc>) -> io::Result<Removed> {
        let mut removed = Removed::default();
        for (name, bucket) in self.buckets().iter_mut() {
            let rules = &bucket.settings.rules;
            // Of several rules for one key, the soonest counts.
            let due = |key: &str, since, days: fn(&Lifecycle) -> Option<u32>| {
                let days = rules
                    .iter()
                    .filter(|rule| key.starts_with(&rule.prefix))
                    .filter_map(days)
                    .min();
                days.is_some_and(|days| is_past(since, days, now))
            };
            let expired = bucket
                .objects
                .values()
                .filter(|it| due(&it.key, it.modified, |it| it.expire_after_days));
            for key in expired.map(|object| object.key.clone()).collect::<Vec<_>>() {
                let Some(object) = bucket.objects.get(&key) else {
                    continue;
                };
                self.disk.remove_object(name, object)?;
                bucket.objects.remove(&key);
                removed.objects += 1;
            }
            let left = bucket
                .uploads
                .values()
                .filter(|it| due(&it.key, it.started, |it| it.abort_uploads_after_days));
            for entry in left
                .map(|upload| (upload.key.clone(), upload.id.clone()))
                .collect::<Vec<_>>()
            {
                let Some(upload) = bucket.uploads.get(&entry) else {
                    continue;
                };
                self.disk.remove_upload(name, upload)?;
                bucket.uploads.remove(&entry);
                removed.uploads += 1;
            }
        }
        Ok(removed)
    }
}

/// Whether `days` have passed since `since`: the days are added, and the sum is moved on to the
/// next midnight in UTC (Amazon S3 User Guide, "Lifecycle rules based on an object's age").
fn is_past(since: DateTime<Utc>, days: u32, now: DateTime<Utc>) -> bool {
    let day = since
        .date_naive()
        .checked_add_days(Days::new(u64::from(days) + 1));
    day.is_some_and(|day| day.and_time(NaiveTime::MIN).and_utc() <= now)
}
