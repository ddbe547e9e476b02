//! The buckets of the template, in a folder.

use crate::s3::{Lifecycle, Store};
use crate::template::{Bucket, LifecycleRule};

/// Makes the buckets that are not there and gives them their lifecycles; an error names the bucket.
pub(crate) fn make(store: &Store, buckets: &[Bucket]) -> Result<(), (String, String)> {
    for bucket in buckets {
        let wrong = |problem: String| (bucket.id.clone(), problem);
        let lifecycle = lifecycle(&bucket.rules).map_err(wrong)?;
        store.create_bucket(&bucket.name).map_err(|error| wrong(format!("{}: {error}", bucket.name)))?;
        store.set_lifecycle(&bucket.name, lifecycle).map_err(|error| wrong(error.to_string()))?;
    }
    Ok(())
}

/// All rules of a bucket as one: the store has a single lifecycle.
fn lifecycle(rules: &[LifecycleRule]) -> Result<Lifecycle, String> {
    let prefix = rules.first().map(|rule| rule.prefix.clone()).unwrap_or_default();
    if rules.iter().any(|rule| rule.prefix != prefix) {
        return Err("the local stack has one prefix for all lifecycle rules of a bucket".into());
    }
    let soonest = |days: fn(&LifecycleRule) -> Option<i64>| {
        let days = rules.iter().filter_map(days).min();
        days.map(|days| u32::try_from(days).map_err(|_| format!("{days} days is no lifecycle"))).transpose()
    };
    Ok(Lifecycle {
        expire_after_days: soonest(|rule| rule.expiration_in_days)?,
        abort_uploads_after_days: soonest(LifecycleRule::abort_after_days)?,
        prefix,
    })
}
