//! The person whom a case is about, as somebody typed them in this session: kept sealed under its
//! cookie until it ends, so that nobody types an address twice. No address is in a URL.

use crate::fields::Values;
use crate::orders::Refused;
use crate::secret::Secret;
use crate::session::Open;
use crate::visit::{Stop, Visit};
use custodian_aws::StorageError;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The kinds of identifiers: the field of the form, the kind in an order, and its label.
pub(crate) const KINDS: [(&str, &str, &str); 3] = [
    ("emails", "email", "Email addresses"),
    ("phones", "phone", "Telephone numbers"),
    ("references", "reference", "References"),
];

/// The hidden field of a form that says whom its page was about.
pub(crate) const WHO: &str = "who";

/// A person, by their identifiers and what was decided about links.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person {
    /// Each a kind and what was typed.
    identifiers: Vec<(String, String)>,
    /// Links that lead to the same person.
    confirmed: Vec<String>,
    /// Links that lead to somebody else.
    refused: Vec<String>,
}

impl Person {
    /// The person of a form; nobody if nothing was typed.
    pub(crate) fn typed(values: &Values) -> Option<Self> {
        let mut identifiers = Vec::new();
        for (field, kind, _) in KINDS {
            let lines = values.get(field).lines().map(str::trim);
            let lines = lines.filter(|line| !line.is_empty());
            identifiers.extend(lines.map(|line| (kind.to_owned(), line.to_owned())));
        }
        (!identifiers.is_empty()).then(|| Self {
            identifiers,
            ..Self::default()
        })
    }

    /// The fields of the form, as they were typed.
    pub(crate) fn fill(&self, values: &mut Values) {
        for (field, kind, _) in KINDS {
            let lines = self.identifiers.iter().filter(|(known, _)| known == kind);
            let lines: Vec<&str> = lines.map(|(_, line)| line.as_str()).collect();
            values.set(field, lines.join("\n"));
        }
    }

    /// The same person with what a form says of links: `link-NAME` is `same` or `other`.
    pub(crate) fn deciding(mut self, values: &Values) -> Self {
        for (name, said) in values.pairs() {
            let Some(link) = name.strip_prefix("link-") else {
                continue;
            };
            self.confirmed.retain(|known| known != link);
            self.refused.retain(|known| known != link);
            match said {
                "same" => self.confirmed.push(link.to_owned()),
                "other" => self.refused.push(link.to_owned()),
                _ => {}
            }
        }
        self
    }

    /// Stands for the person in a form, so that a form acts on nobody but whom its page was about.
    pub(crate) fn mark(&self, secret: &Secret) -> String {
        secret.name(&json!(self).to_string())
    }

    /// The hidden field with that mark.
    pub(crate) fn hidden(&self, secret: &Secret) -> (String, String) {
        (WHO.to_owned(), self.mark(secret))
    }

    /// How many identifiers there are.
    pub(crate) fn count(&self) -> usize {
        self.identifiers.len()
    }

    /// What was decided about a link, as the form spells it.
    pub(crate) fn decided(&self, link: &str) -> &'static str {
        if self.confirmed.iter().any(|known| known == link) {
            "same"
        } else if self.refused.iter().any(|known| known == link) {
            "other"
        } else {
            ""
        }
    }

    /// Adds the person to an order.
    pub(crate) fn add_to(&self, order: &mut Value) {
        let identifiers = self.identifiers.iter();
        let identifiers = identifiers.map(|(kind, value)| json!({"type": kind, "value": value}));
        order["identifiers"] = identifiers.collect();
        if !self.confirmed.is_empty() {
            order["confirmed_links"] = json!(self.confirmed);
        }
        if !self.refused.is_empty() {
            order["refused_links"] = json!(self.refused);
        }
    }

    /// The field of the form that a refusal such as `identifiers[1].value must be …` is about, and
    /// its rule.
    pub(crate) fn refused(&self, words: &str) -> Option<(&'static str, String)> {
        let rest = words.strip_prefix("identifiers[")?;
        let (place, rule) = rest.split_once(']')?;
        let (kind, _) = self.identifiers.get(place.parse::<usize>().ok()?)?;
        let of_kind = self.identifiers.iter().filter(|(known, _)| known == kind);
        let before = self.identifiers.iter().take(place.parse().ok()?);
        let line = before.filter(|(known, _)| known == kind).count() + 1;
        let (field, _, label) = KINDS.into_iter().find(|(_, known, _)| known == kind)?;
        let rule = rule
            .trim_start_matches(".value")
            .trim_start_matches(".type");
        let rule = rule.trim();
        let which = if of_kind.count() > 1 {
            format!("{label}, line {line}: {rule}")
        } else {
            format!("{label}: {rule}")
        };
        Some((field, which))
    }
}

fn name(case: &str) -> String {
    format!("person {case}")
}

impl Visit<'_> {
    /// The person whom somebody typed for this case in this session.
    pub(crate) async fn person(&self) -> Result<Option<Person>, Stop> {
        let (case, secret) = (self.part("case"), &self.open.secret);
        let (digest, place) = (secret.digest(), place(secret, case));
        let kept = self.desk.sessions.kept(&digest, &place, self.now).await;
        let kept = kept.map_err(|error| unavailable(&error))?;
        let plain = kept.and_then(|sealed| secret.unseal(&name(case), &sealed));
        Ok(plain.and_then(|plain| serde_json::from_slice(&plain).ok()))
    }

    /// Keeps the person until the session ends.
    pub(crate) async fn keep_person(&self, person: &Person) -> Result<(), Stop> {
        let (case, secret) = (self.part("case"), &self.open.secret);
        let plain = json!(person).to_string();
        let sealed = secret.seal(&name(case), plain.as_bytes());
        let (digest, place) = (secret.digest(), place(secret, case));
        let (sessions, ends) = (&self.desk.sessions, Open::ends_at_last(self.open));
        let kept = sessions.keep(&digest, &place, &sealed, ends).await;
        kept.map_err(|error| unavailable(&error))
    }
}

/// Where a person is kept: a name that says nothing to who reads the table.
fn place(secret: &Secret, case: &str) -> String {
    secret.name(&name(case))
}

fn unavailable(error: &StorageError) -> Stop {
    tracing::error!(error = %error, outcome = "unavailable", "session");
    Stop::Refused(Refused::Unavailable)
}

#[cfg(test)]
mod tests {
    use super::{Person, Values};
    use serde_json::json;

    #[test]
    fn each_line_is_an_identifier() {
        let typed = b"emails=a%40example.org%0Ab%40example.org&phones=+&references=K7M2PX9T";
        let person = Person::typed(&Values::read(typed)).unwrap();
        let decisions = b"link-aa=same&link-bb=other&link-cc=";
        let person = person.deciding(&Values::read(decisions));
        let mut order = json!({});
        person.add_to(&mut order);
        assert_eq!(
            order,
            json!({
                "identifiers": [
                    {"type": "email", "value": "a@example.org"},
                    {"type": "email", "value": "b@example.org"},
                    {"type": "reference", "value": "K7M2PX9T"},
                ],
                "confirmed_links": ["aa"], "refused_links": ["bb"],
            })
        );
        assert_eq!(
            person.refused("identifiers[1].value must be an address"),
            Some((
                "emails",
                "Email addresses, line 2: must be an address".to_owned()
            ))
        );
        assert_eq!(person.refused("ground must be"), None);
        assert_eq!(Person::typed(&Values::read(b"emails=+%0A")), None);
    }
}
