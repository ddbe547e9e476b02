//! Checks surveys, puts them into the Register, removes them, and lists them. Each command returns
//! its output and exit code: 0 if it is done, 1 if something is wrong with what was given.

use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::survey::check::{Checked, check};
use custodian_domain::survey::{Opening, Survey};
use custodian_store::surveys::Surveys;
use custodian_store::surveys::publishing::Put;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The output, and the exit code.
pub type Output = (String, u8);

/// A byte order mark, which is not part of a document.
const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// Reports everything that is wrong with a survey, and what somebody should look at. `name` is the
/// name of its file.
#[must_use]
pub fn checked(name: &str, document: &[u8]) -> Output {
    summary(name, &check(document))
}

fn summary(
    name: &str,
    Checked {
        survey,
        faults,
        doubts,
    }: &Checked,
) -> Output {
    let mut lines = String::new();
    for fault in faults {
        let _ = writeln!(lines, "{name}: {fault}");
    }
    for doubt in doubts {
        let _ = writeln!(lines, "{name}: check this: {doubt}");
    }
    let Some(Survey {
        id,
        version,
        questions,
        ..
    }) = survey
    else {
        let faults = format!(
            "{} fault{}",
            faults.len(),
            if faults.len() == 1 { "" } else { "s" }
        );
        return (format!("{lines}{name} is not a survey: {faults}."), 1);
    };
    let questions = format!(
        "{} question{}",
        questions.len(),
        if questions.len() == 1 { "" } else { "s" }
    );
    (
        format!(
            "{lines}{name} is a survey: {id}, {questions}, version {}.",
            version.as_str()
        ),
        0,
    )
}

/// Puts a survey into the Register, unless something is wrong with it.
///
/// # Errors
/// [`StorageError`] unless it is certain to be there; putting it again continues.
pub async fn put(
    surveys: &Surveys,
    name: &str,
    document: &[u8],
    now: DateTime<Utc>,
) -> Result<Output, StorageError> {
    let checked = check(document);
    let (text, code) = summary(name, &checked);
    let (Some(survey), Ok(text)) = (checked.survey, std::str::from_utf8(document)) else {
        return Ok((format!("{text} Nothing was put."), code.max(1)));
    };
    let put = surveys
        .put(&survey, text.trim_start_matches(BYTE_ORDER_MARK), now)
        .await?;
    let effect = match put {
        Put::New => "It is in the Register and takes effect within a minute.",
        Put::Changed => {
            "It is in the Register and takes effect within a minute. The earlier wording is kept for as long as any answer to it."
        }
        Put::Same => "The Register already has exactly this survey.",
    };
    Ok((format!("{text}\n{effect} {}", opening(&survey, now)), 0))
}

/// Removes a survey from the Register.
///
/// # Errors
/// [`StorageError`] unless it is certain to be gone; trying again continues.
pub async fn remove(
    surveys: &Surveys,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Output, StorageError> {
    Ok(if surveys.remove(id, now).await? {
        let kept = "Its wording is kept for as long as any answer to it.";
        (
            format!(
                "The survey {id} is removed. Within a minute nobody is shown it any more. {kept}"
            ),
            0,
        )
    } else {
        (format!("There is no survey {id} in the Register."), 1)
    })
}

/// Lists the surveys of the Register: id, whether it takes answers, version, how many earlier ones
/// are kept, title.
///
/// # Errors
/// [`StorageError`] if they cannot be read.
pub async fn list(surveys: &Surveys, now: DateTime<Utc>) -> Result<Output, StorageError> {
    let mut kept: BTreeMap<String, usize> = BTreeMap::new();
    for version in surveys.listed().await? {
        *kept.entry(version.survey).or_default() += usize::from(version.retired_at.is_some());
    }
    let today: BTreeMap<_, _> = surveys
        .all(now)
        .await?
        .iter()
        .map(|(id, survey)| (id.clone(), survey.clone()))
        .collect();
    let mut lines = String::new();
    for (id, survey) in &today {
        let earlier = kept.remove(id).unwrap_or_default();
        let _ = writeln!(
            lines,
            "{id}: {} Version {}, {earlier} earlier. {}",
            opening(survey, now),
            survey.version.as_str(),
            survey.title
        );
    }
    for (id, earlier) in kept.into_iter().filter(|(_, earlier)| *earlier > 0) {
        let _ = writeln!(
            lines,
            "{id}: removed. Earlier versions that are kept: {earlier}."
        );
    }
    let lines = lines.trim_end();
    Ok((
        if lines.is_empty() {
            "There is no survey in the Register.".to_owned()
        } else {
            lines.to_owned()
        },
        0,
    ))
}

fn opening(survey: &Survey, now: DateTime<Utc>) -> String {
    match survey.opening(now) {
        Opening::Open => "It takes answers.".to_owned(),
        Opening::Opens(day) => format!("It takes answers from {day}."),
        Opening::Closed(day) => format!("It has taken no answers since the end of {day}."),
    }
}

#[cfg(test)]
mod tests {
    use super::checked;

    const GOOD: &str = include_str!("../../surveys/recycling-centre.json");

    #[test]
    fn a_good_survey_is_said_to_be_one() {
        let (text, code) = checked("bins.json", GOOD.as_bytes());
        assert_eq!(code, 0);
        assert!(
            text.starts_with("bins.json is a survey: recycling-centre, 7 questions, version "),
            "{text}"
        );
    }

    #[test]
    fn every_fault_is_said_with_its_file_its_place_and_its_rule() {
        let bad = GOOD
            .replace("\"Wood\"", "\"wood \"")
            .replace("\"Metal\"", "\"WOOD\"")
            .replace("\"yes_no\"", "\"maybe\"");
        let (text, code) = checked("bins.json", bad.as_bytes());
        assert_eq!(code, 1);
        assert!(
            text.contains("bins.json: /questions/6/kind: must be one of satisfaction, "),
            "{text}"
        );
        assert!(
            text.ends_with("bins.json is not a survey: 3 faults."),
            "{text}"
        );
        assert!(
            text.contains("bins.json: /questions/2/options/1: does not come back from a form"),
            "{text}"
        );
        assert!(
            text.contains("bins.json: /questions/2/options/2: reads like an earlier option"),
            "{text}"
        );
    }
}
