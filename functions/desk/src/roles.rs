//! The roles of the council's staff, as the groups of the identity provider name them.

use serde_json::Value;

/// What somebody may do here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Role {
    /// The Data Protection Officer's office: everything about requests.
    Dpo,
    /// Whoever does tasks for people at a processor, and is told whom they are about.
    Handler,
    /// Whoever reads the audit trail and the evidence.
    Auditor,
    /// Whoever reads figures.
    Analyst,
    /// Whoever publishes figures.
    Publisher,
}

impl Role {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [
        Self::Dpo,
        Self::Handler,
        Self::Auditor,
        Self::Analyst,
        Self::Publisher,
    ];

    /// The name of its group.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Dpo => "dpo",
            Self::Handler => "handler",
            Self::Auditor => "auditor",
            Self::Analyst => "analyst",
            Self::Publisher => "publisher",
        }
    }

    /// What people call it.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Dpo => "Data Protection Officer",
            Self::Handler => "handler of tasks",
            Self::Auditor => "auditor",
            Self::Analyst => "analyst",
            Self::Publisher => "publisher",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// The roles among these names; other groups are nothing to us.
pub(crate) fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<Role> {
    let mut roles: Vec<Role> = names.into_iter().filter_map(Role::named).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// The roles of a claim `cognito:groups`: a list in a token, and text such as `[analyst dpo]` where
/// API Gateway passes it on. Whole words count, so `dpo-trainee` is no `dpo`.
pub(crate) fn of_claim(claim: Option<&Value>) -> Vec<Role> {
    match claim {
        Some(Value::Array(names)) => named(names.iter().filter_map(Value::as_str)),
        Some(Value::String(text)) => of_text(text),
        _ => Vec::new(),
    }
}

/// The roles of such a claim as text.
pub(crate) fn of_text(text: &str) -> Vec<Role> {
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    named(inner.unwrap_or(text).split(' '))
}

/// The names of roles, as a sentence lists them.
pub(crate) fn one_of(roles: &[Role]) -> String {
    let words: Vec<&str> = roles.iter().map(|role| role.words()).collect();
    match words.as_slice() {
        [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
        _ => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Role, of_claim, one_of};
    use serde_json::json;

    #[test]
    fn only_whole_words_are_roles() {
        for (claim, roles) in [
            (json!(["dpo", "analyst"]), vec![Role::Dpo, Role::Analyst]),
            (json!("[analyst dpo]"), vec![Role::Dpo, Role::Analyst]),
            (json!("dpo"), vec![Role::Dpo]),
            (json!("[dpo-trainee]"), vec![]),
            (json!(["dpo-trainee", "DPO", " dpo"]), vec![]),
            (json!("[xdpo dpox]"), vec![]),
            (json!("[]"), vec![]),
            (json!("[finance,dpo]"), vec![]),
            (json!(null), vec![]),
            (json!({"dpo": true}), vec![]),
        ] {
            assert_eq!(of_claim(Some(&claim)), roles, "{claim}");
        }
        assert_eq!(of_claim(None), vec![]);
    }

    #[test]
    fn roles_are_listed_as_in_a_sentence() {
        assert_eq!(
            one_of(&[Role::Dpo, Role::Auditor]),
            "Data Protection Officer or auditor"
        );
        assert_eq!(one_of(&[Role::Handler]), "handler of tasks");
    }
}
