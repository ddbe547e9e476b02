//! Until when an item is kept, and whether statistics may use it.

use crate::keys::{EXPIRES_AT, RESTRICTED, RETENTION_DUE_AT};
use crate::{Item, number};
use chrono::{DateTime, Utc};
use custodian_domain::retention::{ExpiresAt, Retention};
use custodian_dynamo::is_live;

/// Until when an item is kept, if it has an end or a hold has removed it.
pub(crate) fn retention(item: &Item) -> Option<Retention> {
    time(item, EXPIRES_AT)
        .map(Retention::Until)
        .or_else(|| time(item, RETENTION_DUE_AT).map(Retention::Held))
}

/// Whether a statistic, or a list of comments, may use an item at `now`. A restricted item is only
/// stored. What a hold keeps beyond its date is kept for the hold's purpose and nothing else.
pub(crate) fn is_reportable(item: &Item, now: DateTime<Utc>) -> bool {
    let in_time = retention(item).is_some_and(|retention| !retention.due().has_passed(now));
    in_time && is_live(item, now) && !item.contains_key(RESTRICTED)
}

fn time(item: &Item, name: &str) -> Option<ExpiresAt> {
    number(item, name).and_then(|epoch| ExpiresAt::try_from(epoch).ok())
}

#[cfg(test)]
mod tests {
    use super::{is_reportable, retention};
    use crate::{Item, n};
    use chrono::{DateTime, TimeDelta};
    use custodian_domain::retention::{ExpiresAt, Retention};
    use custodian_dynamo::{AttributeValue, is_live};

    #[test]
    fn what_is_held_lives_on_and_is_not_told_beyond_its_date() {
        let due = DateTime::from_timestamp(1_785_576_600, 0).unwrap();
        let held = Item::from([("retention_due_at".to_owned(), n(due.timestamp()))]);
        assert_eq!(retention(&held), Some(Retention::Held(ExpiresAt::at(due))));
        let before = due - TimeDelta::seconds(1);
        assert!(is_live(&held, before) && is_reportable(&held, before));
        assert!(is_live(&held, due) && !is_reportable(&held, due));
    }

    #[test]
    fn what_is_restricted_lives_and_is_not_told() {
        let end = DateTime::from_timestamp(1_785_576_600, 0).unwrap();
        let mut item = Item::from([("expires_at".to_owned(), n(end.timestamp()))]);
        let before = end - TimeDelta::seconds(1);
        assert!(is_reportable(&item, before) && !is_reportable(&item, end));
        item.insert("restricted".to_owned(), AttributeValue::Bool(true));
        assert!(is_live(&item, before) && !is_reportable(&item, before));
    }
}
