//! The one place that decides what has expired.

use crate::item::{Item, number};
use crate::key::EXPIRES_AT;
use chrono::{DateTime, Utc};

/// When an item is over, epoch seconds; `None` if it has no end, or one that cannot be read.
#[must_use]
pub fn end(item: &Item) -> Option<i64> {
    number(item, EXPIRES_AT)
}

/// Whether an item may be seen at `now`. It is over at the very second of its end, whatever TTL has
/// done.
///
/// TTL deletes days later
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html>).
#[must_use]
pub fn is_live(item: &Item, now: DateTime<Utc>) -> bool {
    // An end that cannot be read cannot be kept: such an item is shown to nobody.
    !item.contains_key(EXPIRES_AT)
        || end(item)
            .and_then(|end| DateTime::from_timestamp(end, 0))
            .is_some_and(|end| now < end)
}

#[cfg(test)]
mod tests {
    use super::is_live;
    use crate::{AttributeValue, EXPIRES_AT, Item, n, s};
    use chrono::{DateTime, TimeDelta};

    #[test]
    fn an_item_is_live_up_to_the_second_before_its_end() {
        let end = DateTime::from_timestamp(1_785_576_600, 0).unwrap();
        let item = Item::from([(EXPIRES_AT.to_owned(), n(end.timestamp()))]);
        assert!(is_live(&item, end - TimeDelta::seconds(1)));
        assert!(!is_live(&item, end));
        assert!(is_live(&Item::new(), end));
    }

    #[test]
    fn an_end_that_cannot_be_read_shows_the_item_to_nobody() {
        let now = DateTime::from_timestamp(1_785_576_600, 0).unwrap();
        for end in [
            s("2026-08-01"),
            AttributeValue::N("soon".to_owned()),
            n(i64::MAX),
            AttributeValue::Null(true),
        ] {
            let item = Item::from([(EXPIRES_AT.to_owned(), end)]);
            assert!(!is_live(&item, now));
        }
    }
}
