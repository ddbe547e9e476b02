//! What the council knows of a breach, in the order in which the Commissioner's form asks for it
//! (<https://ico.org.uk/for-organisations/report-a-breach/>), as text to copy. Nothing is sent.

use super::clock::spelt_time;
use super::lists::{Discovery, Exemption};
use super::{Breach, BreachEvent};
use crate::rights::register::Listed;
use std::collections::BTreeSet;

/// What stands where nothing is known.
const NOT_YET: &str = "not yet known";

/// Who reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// The council's name.
    pub council: String,
    /// The Data Protection Officer's address.
    pub dpo_email: String,
}

/// A question of the form, and what the register says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormAnswer {
    /// The question, in a few words.
    pub question: &'static str,
    /// The answer; `not yet known` where there is none.
    pub answer: String,
}

/// A part of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What it is about.
    pub heading: &'static str,
    /// Its questions.
    pub answers: Vec<FormAnswer>,
}

/// The form, filled in from what was entered.
#[must_use]
pub fn form(breach: &Breach, organisation: &Organisation) -> Vec<Section> {
    let (scope, clock) = (breach.scope(), breach.clock());
    let happened = scope.happened_at.map(spelt_time);
    let yes_or_no = |is: Option<bool>| is.map(|is| if is { "yes" } else { "no" }.to_owned());
    let number = |number: Option<u32>| number.map(|number| format!("about {number}"));
    vec![
        section(
            "About the report",
            vec![
                ("Reference of the Commissioner", reference(breach)),
                ("Initial report or a later one", Some(phase(breach))),
                ("Why the report is late", late(breach)),
            ],
        ),
        section(
            "About the incident",
            vec![
                ("What happened", scope.what.clone()),
                ("What happened to the data", words(&scope.effects)),
                (
                    "How it was discovered",
                    Some(discovered(breach.discovery())),
                ),
                ("When it happened", happened),
                ("When it was discovered", Some(spelt_time(clock.aware_at))),
                ("Caused by a cyber incident", yes_or_no(scope.cyber)),
                ("Categories of personal data", words(&scope.categories)),
                ("Number of records", number(scope.about_records)),
                ("Number of people", number(scope.about_people)),
                ("Categories of people", words(&scope.whose)),
                ("Potential consequences", scope.consequences.clone()),
                (
                    "Likelihood of significant consequences",
                    scope.likelihood.map(|it| plain(it.as_str())),
                ),
                ("High risk to people", yes_or_no(scope.high_risk)),
            ],
        ),
        section(
            "Measures",
            vec![
                ("Measures in place before", scope.before.clone()),
                ("What was done to contain it", done(breach, "contained")),
                ("What was done about its effects", done(breach, "remedied")),
            ],
        ),
        section(
            "Who was told",
            vec![
                ("The people concerned", people(breach)),
                ("Other organisations", words(&scope.others)),
            ],
        ),
        section(
            "Who reports",
            vec![
                ("Organisation", Some(organisation.council.clone())),
                (
                    "Data Protection Officer",
                    Some(organisation.dpo_email.clone()),
                ),
                ("Our reference", Some(breach.id().as_str().to_owned())),
            ],
        ),
    ]
}

/// The form as text to copy.
#[must_use]
pub fn text(sections: &[Section]) -> String {
    let mut text = String::new();
    for section in sections {
        text.push_str(section.heading);
        text.push('\n');
        for FormAnswer { question, answer } in &section.answers {
            for part in [question, ": ", answer.as_str(), "\n"] {
                text.push_str(part);
            }
        }
        text.push('\n');
    }
    text.trim_end().to_owned()
}

fn section(heading: &'static str, answers: Vec<(&'static str, Option<String>)>) -> Section {
    let answers = answers.into_iter().map(|(question, answer)| FormAnswer {
        question,
        answer: answer.unwrap_or_else(|| NOT_YET.to_owned()),
    });
    Section {
        heading,
        answers: answers.collect(),
    }
}

fn plain(word: &str) -> String {
    word.replace('_', " ")
}

fn words<T: Listed>(words: &BTreeSet<T>) -> Option<String> {
    let words: Vec<String> = words.iter().map(|word| plain(word.as_str())).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

const fn discovery(how: Discovery) -> &'static str {
    match how {
        Discovery::Staff => "a member of staff noticed it",
        Discovery::PersonConcerned => "a person whose data it is told us",
        Discovery::SomebodyElse => "somebody else told us",
        Discovery::Processor => "a processor told us",
        Discovery::Monitoring => "a system noticed it",
        Discovery::Audit => "an audit showed it",
        Discovery::Authority => "an authority told us",
        Discovery::Published => "it was published",
    }
}

fn discovered(how: Discovery) -> String {
    discovery(how).to_owned()
}

fn reference(breach: &Breach) -> Option<String> {
    breach
        .entries()
        .iter()
        .find_map(|entry| match &entry.event {
            BreachEvent::ToldIco { reference, .. } => Some(reference.clone()),
            _ => None,
        })
}

fn phase(breach: &Breach) -> String {
    let told = breach.clock().told_at;
    told.map_or_else(
        || "initial report".to_owned(),
        |at| format!("follow-up to what was reported {}", spelt_time(at)),
    )
}

fn late(breach: &Breach) -> Option<String> {
    let told = breach
        .entries()
        .iter()
        .find_map(|entry| match &entry.event {
            BreachEvent::ToldIco { late, text, .. } => Some((late, text)),
            _ => None,
        });
    let (late, text) = told?;
    if late.is_empty() {
        return Some("it is not late".to_owned());
    }
    let reasons = words(late)?;
    Some(match text {
        Some(text) => format!("{reasons}: {text}"),
        None => reasons,
    })
}

/// What was done, in the order in which it was, each with its time.
fn done(breach: &Breach, name: &str) -> Option<String> {
    let events = breach.entries().iter().map(|entry| &entry.event);
    let done: Vec<String> = events
        .filter(|event| event.name() == name)
        .filter_map(|event| match event {
            BreachEvent::Contained { at, what } | BreachEvent::Remedied { at, what } => {
                Some(format!("{what} ({})", spelt_time(*at)))
            }
            _ => None,
        })
        .collect();
    (!done.is_empty()).then(|| done.join("; "))
}

fn people(breach: &Breach) -> Option<String> {
    let told = breach
        .entries()
        .iter()
        .filter_map(|entry| match &entry.event {
            BreachEvent::PeopleTold { how, at } => Some(format!(
                "told by {}, {}",
                plain(how.as_str()),
                spelt_time(*at)
            )),
            BreachEvent::PeopleExempt { exempt, why } => {
                Some(format!("not told one by one, {}: {why}", article(*exempt)))
            }
            _ => None,
        });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join("; "))
}

const fn article(exempt: Exemption) -> &'static str {
    match exempt {
        Exemption::Unreadable => "Article 34(3)(a)",
        Exemption::NoLongerHigh => "Article 34(3)(b)",
        Exemption::Disproportionate => "Article 34(3)(c)",
    }
}
