//! The buckets of the template, in a folder.

use crate::template::{Bucket, DefaultRetention, LifecycleRule};
use custodian_local_s3::{Lifecycle, LockMode, Retention, Store};

/// Makes the buckets that are missing and gives them their lifecycles and locks; an error names the
/// bucket.
pub(crate) fn make(store: &Store, buckets: &[Bucket]) -> Result<(), (String, String)> {
    for bucket in buckets {
        let wrong = |problem: String| (bucket.id.clone(), problem);
        let rules = bucket
            .rules
            .iter()
            .map(lifecycle)
            .collect::<Result<Vec<_>, _>>()
            .map_err(wrong)?;
        store
            .create_bucket(&bucket.name)
            .map_err(|error| wrong(format!("{}: {error}", bucket.name)))?;
        if bucket.versioned {
            let lock = bucket
                .lock
                .as_ref()
                .map(retention)
                .transpose()
                .map_err(wrong)?;
            store
                .keep_versions(&bucket.name, lock)
                .map_err(|error| wrong(error.to_string()))?;
        }
        store
            .set_lifecycle(&bucket.name, rules)
            .map_err(|error| wrong(error.to_string()))?;
    }
    Ok(())
}

fn lifecycle(rule: &LifecycleRule) -> Result<Lifecycle, String> {
    let checked = |days: Option<i64>| {
        let days = days
            .map(|days| {
                u32::try_from(days)
                    .ok()
                    .filter(|days| *days > 0)
                    .ok_or(days)
            })
            .transpose();
        days.map_err(|days| format!("{days} days is not a lifecycle"))
    };
    Ok(Lifecycle {
        expire_after_days: checked(rule.expiration_in_days)?,
        abort_uploads_after_days: checked(rule.abort_after_days())?,
        prefix: rule.prefix.clone(),
    })
}

fn retention(lock: &DefaultRetention) -> Result<Retention, String> {
    let mode = match lock.mode.as_str() {
        "COMPLIANCE" => LockMode::Compliance,
        "GOVERNANCE" => LockMode::Governance,
        other => return Err(format!("{other} is not a mode of a lock")),
    };
    let days = lock
        .days
        .and_then(|days| u32::try_from(days).ok())
        .filter(|days| *days > 0);
    Ok(Retention {
        mode,
        days: days.ok_or("a lock is for one day or more")?,
    })
}
