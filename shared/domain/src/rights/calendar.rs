//! Working days in England and Wales: Monday to Friday, except the bank holidays.

use chrono::{Datelike, NaiveDate, Weekday};
use std::borrow::Cow;

/// The first day of the calendar.
pub const COVERS_FROM: NaiveDate = day(2025, 1, 1);
/// The last day of the calendar. The government publishes further years on
/// <https://www.gov.uk/bank-holidays>.
pub const COVERS_UNTIL: NaiveDate = day(2028, 12, 31);

/// The bank holidays of England and Wales, in order.
const BANK_HOLIDAYS: [NaiveDate; 32] = [
    day(2025, 1, 1),
    day(2025, 4, 18),
    day(2025, 4, 21),
    day(2025, 5, 5),
    day(2025, 5, 26),
    day(2025, 8, 25),
    day(2025, 12, 25),
    day(2025, 12, 26),
    day(2026, 1, 1),
    day(2026, 4, 3),
    day(2026, 4, 6),
    day(2026, 5, 4),
    day(2026, 5, 25),
    day(2026, 8, 31),
    day(2026, 12, 25),
    day(2026, 12, 28),
    day(2027, 1, 1),
    day(2027, 3, 26),
    day(2027, 3, 29),
    day(2027, 5, 3),
    day(2027, 5, 31),
    day(2027, 8, 30),
    day(2027, 12, 27),
    day(2027, 12, 28),
    day(2028, 1, 3),
    day(2028, 4, 14),
    day(2028, 4, 17),
    day(2028, 5, 1),
    day(2028, 5, 29),
    day(2028, 8, 28),
    day(2028, 12, 25),
    day(2028, 12, 26),
];

/// The calendar that is built in.
pub const ENGLAND_AND_WALES: Calendar = Calendar {
    from: COVERS_FROM,
    until: COVERS_UNTIL,
    bank_holidays: Cow::Borrowed(&BANK_HOLIDAYS),
};

/// Bank holidays, and the days for which they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    from: NaiveDate,
    until: NaiveDate,
    /// In order.
    bank_holidays: Cow<'static, [NaiveDate]>,
}

/// A day for which nobody has entered the bank holidays. What falls on it is flagged, never
/// guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bank holidays are known from {from} to {until} only")]
pub struct BeyondCalendar {
    /// The first day for which they are known.
    pub from: NaiveDate,
    /// The last.
    pub until: NaiveDate,
}

impl Calendar {
    /// The same calendar with more bank holidays, and known until a later day.
    #[must_use]
    pub fn extended(&self, until: NaiveDate, more: &[NaiveDate]) -> Self {
        let mut bank_holidays = [&self.bank_holidays, more].concat();
        bank_holidays.sort_unstable();
        bank_holidays.dedup();
        Self {
            from: self.from,
            until: self.until.max(until),
            bank_holidays: Cow::Owned(bank_holidays),
        }
    }

    /// The last day for which bank holidays are known.
    #[must_use]
    pub const fn until(&self) -> NaiveDate {
        self.until
    }

    /// Whether a date is a bank holiday.
    #[must_use]
    pub fn is_bank_holiday(&self, date: NaiveDate) -> bool {
        self.bank_holidays.binary_search(&date).is_ok()
    }

    /// Whether `date` is a working day of the council.
    ///
    /// # Errors
    /// [`BeyondCalendar`] if the calendar does not cover the date.
    pub fn is_working_day(&self, date: NaiveDate) -> Result<bool, BeyondCalendar> {
        if !(self.from..=self.until).contains(&date) {
            return Err(self.beyond());
        }
        let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        Ok(!weekend && !self.is_bank_holiday(date))
    }

    /// The date itself, or the next working day if it falls on a weekend or a bank holiday.
    ///
    /// # Errors
    /// [`BeyondCalendar`] if it reaches a date that the calendar does not cover.
    pub fn roll(&self, mut date: NaiveDate) -> Result<NaiveDate, BeyondCalendar> {
        while !self.is_working_day(date)? {
            date = date.succ_opt().ok_or(self.beyond())?;
        }
        Ok(date)
    }

    /// The working day that is `days` working days after `date`, which itself does not count.
    ///
    /// # Errors
    /// [`BeyondCalendar`] if the calendar does not cover every day in between.
    pub fn add_working_days(
        &self,
        date: NaiveDate,
        days: u32,
    ) -> Result<NaiveDate, BeyondCalendar> {
        if days == 0 {
            return self.roll(date);
        }
        self.is_working_day(date)?;
        (0..days).try_fold(date, |date, _| {
            self.roll(date.succ_opt().ok_or(self.beyond())?)
        })
    }

    /// The error for a day outside this calendar.
    #[must_use]
    pub const fn beyond(&self) -> BeyondCalendar {
        BeyondCalendar {
            from: self.from,
            until: self.until,
        }
    }
}

/// The working day that is `days` working days after `date`, by the calendar that is built in.
///
/// # Errors
/// [`BeyondCalendar`] if the calendar does not cover every day in between.
pub fn add_working_days(date: NaiveDate, days: u32) -> Result<NaiveDate, BeyondCalendar> {
    ENGLAND_AND_WALES.add_working_days(date, days)
}

/// A date that is written in this file.
const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => panic!("there is no such day"),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        BANK_HOLIDAYS, BeyondCalendar, COVERS_FROM, COVERS_UNTIL, ENGLAND_AND_WALES,
        add_working_days, day,
    };
    use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};
    use proptest::prelude::*;

    const UNKNOWN: BeyondCalendar = ENGLAND_AND_WALES.beyond();

    fn is_working_day(date: NaiveDate) -> Result<bool, BeyondCalendar> {
        ENGLAND_AND_WALES.is_working_day(date)
    }

    fn roll(date: NaiveDate) -> Result<NaiveDate, BeyondCalendar> {
        ENGLAND_AND_WALES.roll(date)
    }

    #[test]
    fn every_year_has_its_eight_bank_holidays_in_order_and_none_on_a_weekend() {
        assert!(BANK_HOLIDAYS.is_sorted());
        for year in COVERS_FROM.year()..=COVERS_UNTIL.year() {
            assert_eq!(
                BANK_HOLIDAYS
                    .iter()
                    .filter(|date| date.year() == year)
                    .count(),
                8,
                "{year}"
            );
        }
        assert!(
            BANK_HOLIDAYS
                .iter()
                .all(|date| !matches!(date.weekday(), Weekday::Sat | Weekday::Sun))
        );
    }

    #[test]
    fn weekends_and_bank_holidays_roll_to_the_next_working_day() {
        for (falls_on, rolled) in [
            (day(2026, 2, 1), day(2026, 2, 2)),
            (day(2026, 4, 3), day(2026, 4, 7)),
            (day(2026, 11, 7), day(2026, 11, 9)),
            (day(2026, 12, 25), day(2026, 12, 29)),
            (day(2027, 1, 1), day(2027, 1, 4)),
            (day(2028, 2, 29), day(2028, 2, 29)),
        ] {
            assert_eq!(roll(falls_on), Ok(rolled), "{falls_on}");
        }
    }

    #[test]
    fn working_days_are_counted_from_the_day_after() {
        assert_eq!(
            add_working_days(day(2026, 12, 18), 5),
            Ok(day(2026, 12, 29))
        );
        assert_eq!(
            add_working_days(day(2026, 12, 29), 10),
            Ok(day(2027, 1, 13))
        );
        assert_eq!(
            add_working_days(day(2026, 12, 19), 1),
            Ok(day(2026, 12, 21))
        );
        assert_eq!(
            add_working_days(day(2026, 12, 19), 0),
            Ok(day(2026, 12, 21))
        );
    }

    #[test]
    fn what_the_calendar_does_not_cover_is_flagged_and_not_guessed() {
        assert_eq!(is_working_day(day(2024, 12, 31)), Err(UNKNOWN));
        assert_eq!(is_working_day(day(2025, 1, 1)), Ok(false));
        assert_eq!(is_working_day(day(2028, 12, 29)), Ok(true));
        assert_eq!(is_working_day(day(2029, 1, 2)), Err(UNKNOWN));
        // A weekend, and still unknown: the Tuesday after it might be a holiday.
        assert_eq!(roll(day(2028, 12, 30)), Err(UNKNOWN));
        assert_eq!(
            add_working_days(day(2028, 12, 28), 1),
            Ok(day(2028, 12, 29))
        );
        assert_eq!(add_working_days(day(2028, 12, 28), 2), Err(UNKNOWN));
        assert_eq!(add_working_days(day(2024, 12, 31), 1), Err(UNKNOWN));
        assert_eq!(add_working_days(day(2026, 1, 5), u32::MAX), Err(UNKNOWN));
        assert_eq!(add_working_days(chrono::NaiveDate::MAX, 1), Err(UNKNOWN));
    }

    #[test]
    fn a_calendar_that_is_extended_knows_what_it_did_not() {
        let longer = ENGLAND_AND_WALES.extended(day(2029, 12, 31), &[day(2029, 1, 1)]);
        assert_eq!(longer.roll(day(2028, 12, 30)), Ok(day(2029, 1, 2)));
        assert_eq!(longer.roll(day(2026, 12, 25)), Ok(day(2026, 12, 29)));
        assert_eq!(longer.until(), day(2029, 12, 31));
        let shorter = ENGLAND_AND_WALES.extended(day(2026, 1, 1), &[]);
        assert_eq!(shorter, ENGLAND_AND_WALES);
    }

    proptest! {
        #[test]
        fn the_result_is_a_working_day_and_waiting_longer_never_ends_sooner(start in 0_i64..1400, days in 0_u32..40) {
            let date = COVERS_FROM + TimeDelta::days(start);
            let due = add_working_days(date, days).unwrap();
            prop_assert!(is_working_day(due).unwrap() && due >= date);
            prop_assert!(add_working_days(date, days + 1).unwrap() >= due);
            prop_assert!(add_working_days(date.succ_opt().unwrap(), days).unwrap() >= due);
        }
    }
}
