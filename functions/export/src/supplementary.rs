//! What Article 15(1) and (2) UK GDPR want told beside the data itself.

use serde_json::{Value, json};
use shared::domain::satisfaction::Satisfaction;
use shared::domain::source::Source;

/// The council, as a package names it.
#[derive(Clone, Debug)]
pub struct Council {
    /// Its name.
    pub name: String,
    /// The address of its Data Protection Officer.
    pub dpo_email: String,
    /// The AWS region where everything lies.
    pub region: String,
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

    /// Every point of Article 15, in its order.
    pub fn points(&self) -> Vec<Point> {
        let Self { name, dpo_email, region } = self;
        let years = Source::WebForm.retention_months() / 12;
        let point = |name, heading, text: String| Point { name, heading, text };
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
                "What you told us in surveys and feedback, how satisfied you were, how to reach you where you said so, \
                 and the service and stage of your journey that we count it to."
                    .to_owned(),
            ),
            point(
                "recipients",
                "Who receives it",
                format!(
                    "{name}: staff who need it for their work. Amazon Web Services stores it for us as a processor. \
                     Nobody else receives it."
                ),
            ),
            point(
                "retention",
                "How long we keep it",
                format!("{years} years from the day on which you told us. Each record says when it is deleted."),
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
                "From you. Each record says through which survey or form.".to_owned(),
            ),
            point(
                "automated_decisions",
                "Automated decisions",
                "None are made, and nobody is profiled.".to_owned(),
            ),
            point(
                "transfers",
                "Where it lies",
                format!(
                    "In the AWS region {region}. It is not sent to another country; AWS is bound by its data processing \
                     addendum with the UK's international data transfer addendum."
                ),
            ),
        ]
    }

    /// All of it, as the document has it, with what the codes mean.
    pub fn supplementary(&self) -> Value {
        let mut all: serde_json::Map<String, Value> =
            self.points().into_iter().map(|point| (point.name.to_owned(), json!(point.text))).collect();
        let scale: serde_json::Map<String, Value> = Satisfaction::scale()
            .into_iter()
            .map(|point| (u8::from(point).to_string(), json!(point.label())))
            .collect();
        let sources: serde_json::Map<String, Value> =
            Source::ALL.into_iter().map(|source| (source.as_str().to_owned(), json!(source.label()))).collect();
        let bases = json!({
            "public_task": "Article 6(1)(e) UK GDPR: a task in the public interest",
            "consent": "Article 6(1)(a) UK GDPR: your consent",
        });
        all.insert("codes".to_owned(), json!({"satisfaction": scale, "source": sources, "lawful_basis": bases}));
        Value::Object(all)
    }
}
