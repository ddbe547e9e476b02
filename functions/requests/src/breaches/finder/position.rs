//! A position in the walk through the index by day.

use chrono::NaiveDate;
use custodian_store::{Key, SHARDS};
use std::fmt;

/// A position: behind a record, or at the beginning of a shard of a day. It names no holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// The day (UTC).
    pub(crate) day: NaiveDate,
    /// The shard.
    pub(crate) shard: u8,
    /// The sort key of the record that it is behind.
    pub(crate) after: Option<String>,
}

impl Position {
    /// The beginning of a day.
    pub(crate) const fn of(day: NaiveDate) -> Self {
        Self {
            day,
            shard: 0,
            after: None,
        }
    }

    /// The position behind a record of the same shard.
    pub(crate) fn behind(&self, sort: &str) -> Self {
        Self {
            after: Some(sort.to_owned()),
            ..self.clone()
        }
    }

    /// The beginning of the next shard; `None` after the last day that there is.
    pub(crate) fn next_shard(&self) -> Option<Self> {
        if self.shard + 1 < SHARDS {
            return Some(Self {
                shard: self.shard + 1,
                after: None,
                ..self.clone()
            });
        }
        self.day.succ_opt().map(Self::of)
    }

    /// Reads a position as it is written.
    pub(crate) fn read(written: &str) -> Option<Self> {
        let mut parts = written.splitn(3, '/');
        let position = Self {
            day: parts.next()?.parse().ok()?,
            shard: parts.next()?.parse().ok()?,
            after: parts.next().map(str::to_owned),
        };
        let is_sound =
            position.shard < SHARDS && position.after.as_deref().is_none_or(Key::is_record_sort);
        is_sound.then_some(position)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.day, self.shard)?;
        match &self.after {
            Some(after) => write!(formatter, "/{after}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Position;

    #[test]
    fn a_position_reads_back_and_moves_through_the_shards_of_each_day() {
        let mut position = Position::of("2026-12-31".parse().unwrap());
        let behind = position.behind("record#support#a-b_c");
        assert_eq!(behind.to_string(), "2026-12-31/0/record#support#a-b_c");
        assert_eq!(Position::read(&behind.to_string()), Some(behind.clone()));
        assert_eq!(behind.next_shard().unwrap().to_string(), "2026-12-31/1");
        for _ in 0..4 {
            position = position.next_shard().unwrap();
            assert_eq!(
                Position::read(&position.to_string()),
                Some(position.clone())
            );
        }
        assert_eq!(position.to_string(), "2027-01-01/0");
    }

    #[test]
    fn what_is_no_position_is_refused() {
        for wrong in [
            "",
            "rosa",
            "2026-12-31",
            "2026-12-31/4",
            "2026-12-31/0/rosa",
        ] {
            assert_eq!(Position::read(wrong), None, "{wrong}");
        }
    }
}
