//! The information that Article 15(1) and (2) UK GDPR demand besides the data itself.

use crate::gathering::Gathered;
use custodian_domain::record::Record;
use custodian_domain::record::facts::FactCode;
use custodian_domain::record::facts::codes::{in_words, names};
use custodian_domain::record::processor_copy::Processor;
use custodian_domain::record::satisfaction::Satisfaction;
use custodian_domain::record::source::Source;
use custodian_domain::rights::holding::Holding;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The council, as a package names it.
#[derive(Clone, Debug)]
pub struct Council {
    /// Its name.
    pub name: String,
    /// The address of its Data Protection Officer.
    pub dpo_email: String,
    /// The AWS region where everything is stored.
    pub region: String,
    /// How long backups of the tables reach back, in days.
    pub recovery_days: u8,
}

/// The short names in the records of a package, by fact. They are explained like codes.
#[derive(Default)]
pub struct Seen(BTreeMap<&'static str, BTreeSet<String>>);

impl Seen {
    /// Adds those of a record.
    pub fn add(&mut self, record: &Record) {
        for (fact, name) in names(record) {
            let Some(name) = name else { continue };
            let seen = self.0.entry(fact).or_default();
            if !seen.contains(name) {
                seen.insert(name.to_owned());
            }
        }
    }
}

/// One point of the supplementary information.
pub struct Point {
    /// Its name in the document.
    pub name: &'static str,
    /// Its heading in the report.
    pub heading: &'static str,
    /// What it says.
    pub text: String,
}

impl Council {
    /// The controller, in the document.
    pub fn controller(&self) -> Value {
        json!({"name": self.name, "data_protection_officer": self.dpo_email})
    }

    /// Who receives the person's data: named as in the plan of an erasure.
    fn recipients(&self, gathered: &Gathered) -> String {
        let does =
            Processor::ALL.map(|processor| format!("{} {}", processor.label(), processor.role()));
        let of = |processor: &Processor| gathered.count(Holding::Copies(*processor));
        let holding = Processor::ALL
            .into_iter()
            .filter(|processor| of(processor) > 0);
        let mut holding: Vec<String> = holding
            .map(|processor| {
                let (label, number) = (capital(processor.label()), of(&processor));
                let records = if number == 1 {
                    "1 record".to_owned()
                } else {
                    format!("{number} records")
                };
                format!(
                    "{label} is known to hold something of {records}. {}",
                    processor.holds()
                )
            })
            .collect();
        if holding.is_empty() {
            holding.push("None of them is known to hold anything of yours.".to_owned());
        }
        let nobody = if gathered.is_whole() {
            "Nobody else receives it."
        } else {
            "We know of nobody else who receives it."
        };
        format!(
            "{}: staff who need it for their work. Amazon Web Services stores it for us. As processors, {}. {} Reviews were \
             published on Google and posts on their social network, by who wrote them. {nobody}",
            self.name,
            does.join(", "),
            holding.join(" "),
        )
    }

    /// Every point of Article 15, in order.
    pub fn points(&self, gathered: &Gathered) -> Vec<Point> {
        let Self {
            name: _,
            dpo_email,
            region,
            recovery_days,
        } = self;
        let (five9, granicus) = (Processor::Five9.label(), Processor::Granicus.label());
        let point = |name, heading, text: String| Point {
            name,
            heading,
            text,
        };
        vec![
            point(
                "purposes",
                "Why we hold it",
                "To understand how people experience the council's services and to improve them. The lawful basis is \
                 given with each record; it is usually our public task."
                    .to_owned(),
            ),
            point(
                "categories",
                "What kinds of data it is",
                "What you told us in surveys, calls, chats, emails, interviews, reviews, posts, complaints and compliments; \
                 how satisfied you were; who you are and how to reach you where you or the source said so; what was \
                 noted as it happened, such as when, through which service, how long it took and how it ended; and what \
                 we concluded: the journey, its stage, themes and the tone of a post."
                    .to_owned(),
            ),
            point(
                "recipients",
                "Who receives it",
                self.recipients(gathered),
            ),
            point(
                "retention",
                "How long we keep it",
                format!(
                    "{} Each record says when it is deleted, and so does what else we hold, where it has an end. Backups hold what was \
                     deleted for up to {recovery_days} days more.",
                    retention_in_words(&Source::ALL.map(period))
                ),
            ),
            point(
                "rights",
                "Your rights",
                format!(
                    "You can ask for a copy, for a correction, for erasure, and for restriction; you can object, and \
                     you can have what you provided in a form that other systems read. Write to {dpo_email}."
                ),
            ),
            point(
                "complaint_to_the_council",
                "Complaining to us",
                format!("Write to the Data Protection Officer at {dpo_email}. We acknowledge it within 30 days."),
            ),
            point(
                "complaint_to_the_ico",
                "Complaining to the regulator",
                "You can complain to the Information Commissioner's Office: https://ico.org.uk/make-a-complaint, 0303 \
                 123 1113."
                    .to_owned(),
            ),
            point(
                "source",
                "Where we have it from",
                format!(
                    "From you: through our surveys and forms, on the telephone, in chats, emails, interviews, complaints \
                     and compliments. Calls reach us through {five9}, some forms through {granicus}, reviews from Google, \
                     and posts from the social network on which you published them. Our staff noted down how a call, a \
                     chat or a complaint went, and what was said in an interview. Each record says how it reached us."
                ),
            ),
            point(
                "left_out",
                "What we left out",
                "The names of staff and of other people were removed from conversations and notes, as far as they were \
                 recognised; [name removed] stands in their place. What is in another copy that was made for you is not \
                 repeated here."
                    .to_owned(),
            ),
            point(
                "automated_decisions",
                "Automated decisions",
                "None are made, and nobody is profiled. The tone of a post, where one is given, decides nothing about you."
                    .to_owned(),
            ),
            point(
                "transfers",
                "Where it lies",
                format!(
                    "In the AWS region {region}. We do not send it to another country; AWS is bound by its data \
                     processing addendum with the UK's international data transfer addendum. Ask {dpo_email} where {five9} \
                     and {granicus} hold their copies, and under which safeguards."
                ),
            ),
        ]
    }

    /// All of it, in the document's form, with the meanings of the codes and of the short names
    /// that occurred.
    pub fn supplementary(&self, gathered: &Gathered, seen: &Seen) -> Value {
        let mut all: serde_json::Map<String, Value> = self
            .points(gathered)
            .into_iter()
            .map(|point| (point.name.to_owned(), json!(point.text)))
            .collect();
        let scale: serde_json::Map<String, Value> = Satisfaction::scale()
            .into_iter()
            .map(|point| (u8::from(point).to_string(), json!(point.label())))
            .collect();
        let sources: serde_json::Map<String, Value> = Source::ALL
            .into_iter()
            .map(|source| (source.as_str().to_owned(), json!(source.label())))
            .collect();
        let bases = json!({
            "public_task": "Article 6(1)(e) UK GDPR: a task in the public interest",
            "consent": "Article 6(1)(a) UK GDPR: your consent",
        });
        let mut codes = json!({"satisfaction": scale, "source": sources, "lawful_basis": bases});
        for (fact, words) in FactCode::all()
            .into_iter()
            .chain(FactCode::beside_records())
        {
            codes[fact] = words
                .into_iter()
                .map(|word| (word.code.to_owned(), json!(word.label)))
                .collect();
        }
        for (fact, names) in &seen.0 {
            codes[*fact] = names
                .iter()
                .map(|name| (name.clone(), json!(in_words(name))))
                .collect();
        }
        all.insert("codes".to_owned(), codes);
        Value::Object(all)
    }
}

/// The same, beginning with a capital.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// How long a source's records are kept, in calendar months.
type Period = (&'static str, u32);

const fn period(source: Source) -> Period {
    (source.label(), source.retention_months())
}

/// The retention table in words: one period if all sources share it, else each with its own.
fn retention_in_words(table: &[Period]) -> String {
    let long = |months: u32| {
        if months.is_multiple_of(12) {
            format!("{} years", months / 12)
        } else {
            format!("{months} months")
        }
    };
    match table {
        [(_, first), rest @ ..] if rest.iter().all(|(_, months)| months == first) => {
            format!("{} from the day on which you told us.", long(*first))
        }
        _ => {
            let each: Vec<String> = table
                .iter()
                .map(|(source, months)| format!("{source}: {}", long(*months)))
                .collect();
            format!("From the day on which you told us. {}.", each.join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, period, retention_in_words};

    #[test]
    fn what_is_said_of_retention_is_the_table() {
        let said = retention_in_words(&Source::ALL.map(period));
        for source in Source::ALL {
            assert!(
                said.contains(&format!("{} years", source.retention_months() / 12)),
                "{}: {said}",
                source.as_str()
            );
        }
    }

    #[test]
    fn sources_that_are_kept_for_different_times_are_told_apart() {
        assert_eq!(
            retention_in_words(&[("Form", 36), ("Call", 36)]),
            "3 years from the day on which you told us."
        );
        let apart = retention_in_words(&[("Form", 36), ("Call", 18)]);
        assert_eq!(
            apart,
            "From the day on which you told us. Form: 3 years; Call: 18 months."
        );
    }
}
