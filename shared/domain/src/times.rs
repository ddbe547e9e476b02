//! Instants as partners' systems write them. Only what is unambiguous is read; nothing is guessed.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

/// Why a text is not an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotATime {
    /// It is not a time.
    #[error("must be a time")]
    NoTime,
    /// It has no time zone.
    #[error("must say its zone")]
    NoZone,
    /// Its day may be its month.
    #[error("must be a date whose day and month can be told apart")]
    DayOrMonth,
}

/// Reads an instant.
///
/// RFC 3339 and other spellings of the same: an offset without its colon or of hours only, `UTC` or
/// `GMT` for `Z`, small letters, a space for the `T`, a comma before the fraction, the basic form
/// without separators, the form of emails (RFC 2822), and that of X's archives
/// (`Tue Nov 10 09:20:20 +0000 2026`).
///
/// # Errors
/// [`NotATime`], which repeats nothing of the text.
pub fn instant(text: &str) -> Result<DateTime<Utc>, NotATime> {
    let text = text.trim();
    if !text.is_ascii() || text.len() > 64 {
        return Err(NotATime::NoTime);
    }
    let read = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text));
    let read = read.or_else(|_| DateTime::parse_from_str(text, "%a %b %d %H:%M:%S %z %Y"));
    if let Ok(at) = read {
        return Ok(at.to_utc());
    }
    let plain = text.to_ascii_uppercase().replace(',', ".");
    let (local, zone) = split(&plain);
    let Some(local) = local_time(local) else {
        return Err(if is_day_first(text) {
            NotATime::DayOrMonth
        } else {
            NotATime::NoTime
        });
    };
    let seconds = zone
        .ok_or(NotATime::NoZone)
        .and_then(|zone| offset(zone).ok_or(NotATime::NoTime))?;
    local
        .checked_sub_signed(chrono::TimeDelta::seconds(seconds))
        .map(|local| local.and_utc())
        .ok_or(NotATime::NoTime)
}

/// Splits a time from its zone.
fn split(text: &str) -> (&str, Option<&str>) {
    for name in ["Z", "UTC", "GMT"] {
        if let Some(local) = text.strip_suffix(name) {
            return (local.trim_end(), Some("+00:00"));
        }
    }
    // A date has hyphens of its own: the offset comes after the time.
    let time = text.find([':', 'T', ' ']).unwrap_or(text.len());
    let sign = text
        .get(time..)
        .and_then(|rest| rest.rfind(['+', '-']))
        .map(|sign| time + sign);
    match sign.map(|sign| text.split_at(sign)) {
        Some((local, zone)) => (local.trim_end(), Some(zone)),
        None => (text, None),
    }
}

/// A local time, as ISO 8601 writes it.
fn local_time(text: &str) -> Option<NaiveDateTime> {
    [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
        "%Y%m%dT%H%M%S%.f",
        "%Y%m%dT%H%M",
    ]
    .iter()
    .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
    .filter(|time| (1900..=9999).contains(&chrono::Datelike::year(time)))
}

/// Seconds by which a zone's clocks are ahead: `+01:00`, `+0100`, `+01`.
fn offset(zone: &str) -> Option<i64> {
    let (sign, digits) = (zone.get(..1)?, zone.get(1..)?.replace(':', ""));
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i64, i64) = match digits.len() {
        2 => (digits.parse().ok()?, 0),
        4 => (
            digits.get(..2)?.parse().ok()?,
            digits.get(2..)?.parse().ok()?,
        ),
        _ => return None,
    };
    let seconds = hours * 3600 + minutes * 60;
    (hours < 24 && minutes < 60).then_some(if sign == "-" { -seconds } else { seconds })
}

/// Whether it is a date with slashes, dots or hyphens whose year comes last: `06/11/2026` can be
/// two days.
fn is_day_first(text: &str) -> bool {
    slashed(text).is_some()
}

/// The two numbers before the year of such a date, the year, and the rest.
fn slashed(text: &str) -> Option<(u32, u32, i32, &str)> {
    let (date, rest) = text.split_once([' ', 'T', ',']).unwrap_or((text, ""));
    let mut parts = date.split(['/', '.', '-']);
    let (one, two, year) = (parts.next()?, parts.next()?, parts.next()?);
    let is_date = parts.next().is_none()
        && (1..=2).contains(&one.len())
        && (1..=2).contains(&two.len())
        && year.len() == 4;
    if !is_date {
        return None;
    }
    Some((
        one.parse().ok()?,
        two.parse().ok()?,
        year.parse().ok()?,
        rest,
    ))
}

/// A local time of a known place: what [`instant`] reads without its zone, with a weekday and the
/// month's name as Five9 writes it, or with slashes if the day can be told from the month.
///
/// # Errors
/// [`NotATime`], and [`NotATime::DayOrMonth`] if it can't.
pub fn local(text: &str) -> Result<NaiveDateTime, NotATime> {
    let text = text.trim();
    if !text.is_ascii() || text.len() > 64 {
        return Err(NotATime::NoTime);
    }
    let named = [
        "%A, %d %B %Y %H:%M:%S%.f",
        "%A, %d %B %Y %H:%M",
        "%d %B %Y %H:%M:%S%.f",
        "%d %B %Y %H:%M",
    ];
    let named = named
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    if let Some(time) = named.or_else(|| local_time(&text.to_ascii_uppercase().replace(',', "."))) {
        return Ok(time);
    }
    let Some((one, two, year, rest)) = slashed(text) else {
        return Err(NotATime::NoTime);
    };
    let (day, month) = match (one, two) {
        (13..=31, 1..=12) => (one, two),
        (1..=12, 13..=31) => (two, one),
        _ if one == two => (one, two),
        (1..=12, 1..=12) => return Err(NotATime::DayOrMonth),
        _ => return Err(NotATime::NoTime),
    };
    let date = NaiveDate::from_ymd_opt(year, month, day).ok_or(NotATime::NoTime)?;
    let mut formats = ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p"].iter();
    let time =
        formats.find_map(|format| chrono::NaiveTime::parse_from_str(rest.trim(), format).ok());
    time.map(|time| date.and_time(time)).ok_or(NotATime::NoTime)
}

#[cfg(test)]
mod tests {
    use super::{NotATime, instant, local};
    use chrono::{DateTime, FixedOffset, SecondsFormat};
    use proptest::prelude::*;

    fn read(text: &str) -> Result<String, NotATime> {
        instant(text).map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }

    #[test]
    fn one_instant_is_read_in_every_spelling_that_says_its_zone() {
        for text in [
            "2026-11-10T09:20:20Z",
            "2026-11-10t09:20:20z",
            "2026-11-10 09:20:20Z",
            "2026-11-10T09:20:20+0000",
            "2026-11-10T09:20:20+00",
            "2026-11-10T10:20:20+01",
            "2026-11-10T14:50:20+0530",
            "2026-11-10 09:20:20+00:00",
            "2026-11-10 04:20:20 -0500",
            "2026-11-10 09:20:20 UTC",
            "2026-11-10T09:20:20 GMT",
            "20261110T092020Z",
            "20261110T102020+0100",
            "Tue Nov 10 09:20:20 +0000 2026",
            "Tue, 10 Nov 2026 09:20:20 +0000",
            "Tue, 10 Nov 2026 09:20:20 GMT",
        ] {
            assert_eq!(read(text).as_deref(), Ok("2026-11-10T09:20:20Z"), "{text}");
        }
        assert_eq!(
            read("2026-11-10T09:20:20,5+0000").as_deref(),
            Ok("2026-11-10T09:20:20.500Z")
        );
        assert_eq!(
            read("2026-11-09T09:12:00.000+0000").as_deref(),
            Ok("2026-11-09T09:12:00Z")
        );
        assert_eq!(
            read("2026-11-10 09:20Z").as_deref(),
            Ok("2026-11-10T09:20:00Z")
        );
        assert!(read("2026-06-30T23:59:60Z").is_ok(), "a leap second");
    }

    #[test]
    fn what_is_not_said_is_not_guessed() {
        for text in ["2026-11-10T09:20:20", "2026-11-10 09:20", "20261110T092020"] {
            assert_eq!(read(text), Err(NotATime::NoZone), "{text}");
        }
        for text in [
            "06/11/2026 10:00",
            "06/11/2026",
            "6.11.2026 10:00",
            "16/11/2026 09:00:12",
        ] {
            assert_eq!(read(text), Err(NotATime::DayOrMonth), "{text}");
        }
        for text in [
            "",
            "today",
            "1794302420000",
            "2026-11-10",
            "2026-13-10T09:20:20Z",
            "2026-11-10T09:20:20+99",
            "2026-11-10T25:00:00Z",
        ] {
            assert_eq!(read(text), Err(NotATime::NoTime), "{text}");
        }
    }

    #[test]
    fn a_local_time_is_read_where_day_and_month_can_be_told_apart() {
        let read = |text| local(text).map(|time| time.to_string());
        for text in [
            "Mon, 16 Nov 2026 09:00:12",
            "Monday, 16 November 2026 09:00:12",
            "16 Nov 2026 09:00:12",
            "2026-11-16 09:00:12",
            "2026-11-16T09:00:12",
            "16/11/2026 09:00:12",
            "11/16/2026 09:00:12",
            "11/16/2026 9:00:12 AM",
        ] {
            assert_eq!(read(text).as_deref(), Ok("2026-11-16 09:00:12"), "{text}");
        }
        assert_eq!(
            read("Mon, 16 Nov 2026 09:00:12.345").as_deref(),
            Ok("2026-11-16 09:00:12.345")
        );
        assert_eq!(
            read("Mon, 16 Nov 2026 09:00").as_deref(),
            Ok("2026-11-16 09:00:00")
        );
        assert_eq!(
            read("11/11/2026 09:00").as_deref(),
            Ok("2026-11-11 09:00:00")
        );
        assert_eq!(read("06/11/2026 09:00"), Err(NotATime::DayOrMonth));
        for text in [
            "Tue, 16 Nov 2026 09:00:00",
            "31/02/2026 09:00",
            "16/16/2026 09:00",
            "16/11/2026",
            "noon",
        ] {
            assert_eq!(read(text), Err(NotATime::NoTime), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_stands_there_nothing_panics(text in "\\PC{0,30}|[0-9:TZ+ /.-]{0,40}") {
            let read = (instant(&text), local(&text));
            prop_assert!(!text.is_empty() || read.0.is_err());
        }

        #[test]
        fn an_instant_is_the_same_in_every_spelling(epoch in 0_i64..4_000_000_000, quarters in -48_i32..56) {
            let zone = FixedOffset::east_opt(quarters * 900).unwrap();
            let at = DateTime::from_timestamp(epoch, 0).unwrap();
            let there = at.with_timezone(&zone);
            for format in ["%Y-%m-%dT%H:%M:%S%:z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S %z", "%Y%m%dT%H%M%S%z"] {
                let text = there.format(format).to_string();
                prop_assert_eq!(instant(&text), Ok(at), "{}", text);
                prop_assert_eq!(instant(&text.to_lowercase()), Ok(at), "{}", text);
            }
        }
    }
}
