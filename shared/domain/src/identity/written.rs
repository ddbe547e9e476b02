//! What people and systems write into a field when there is nothing to write, or more than one
//! thing.

use crate::identity::identifier::{Identifier, IdentifierKind, NotAnIdentifier};

/// Words that people write when they have nothing to write: in lower case, one space between words.
const NOTHING: [&str; 49] = [
    "anonymous",
    "blank",
    "declined",
    "declined to give",
    "deleted",
    "empty",
    "n.a",
    "n/a",
    "n\\a",
    "na",
    "nan",
    "nil",
    "no address",
    "no contact",
    "no email",
    "no email address",
    "no e-mail",
    "no mobile",
    "no name",
    "no number",
    "no phone",
    "no telephone",
    "no value",
    "none",
    "none given",
    "none provided",
    "none yet",
    "not applicable",
    "not available",
    "not disclosed",
    "not given",
    "not known",
    "not provided",
    "not recorded",
    "not stated",
    "not supplied",
    "not yet",
    "null",
    "pending",
    "prefer not to say",
    "removed",
    "tba",
    "tbc",
    "to be confirmed",
    "unavailable",
    "undisclosed",
    "unknown",
    "unspecified",
    "withheld",
];

/// What a spreadsheet shows for a cell that it read as a formula and can't work out, after its `#`.
/// A handle that begins with `@` or `-` is such a cell.
const ERRORS: [&str; 7] = ["calc", "div/0", "name", "num", "ref", "spill", "value"];
/// Who takes something back for whom, as networks write it.
const BY: [&str; 24] = [
    "account",
    "admin",
    "admins",
    "administrator",
    "author",
    "automod",
    "automoderator",
    "facebook",
    "instagram",
    "linkedin",
    "meta",
    "mod",
    "moderator",
    "moderators",
    "mods",
    "nextdoor",
    "op",
    "owner",
    "poster",
    "reddit",
    "tiktok",
    "twitter",
    "user",
    "youtube",
];

/// Whether a field for a person names nobody: empty, only punctuation, or a word for nothing such
/// as `n/a`, `None`, `[None]`, `-`, `unknown` or `not given`.
#[must_use]
pub fn is_nothing(text: &str) -> bool {
    let plain = text
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    let plain = plain
        .split(|c: char| c.is_whitespace() || c == '_')
        .filter(|word| !word.is_empty());
    let plain = plain.collect::<Vec<_>>().join(" ");
    // An address or a number is not a word, and a handle with its sign is somebody's.
    let is_error = text.trim_start().starts_with('#') && ERRORS.contains(&plain.as_str());
    plain.is_empty()
        || is_error
        || (!text.trim_start().starts_with('@') && NOTHING.contains(&plain.as_str()))
}

/// Whether a network, or a telephone system, leaves this text where something was taken back:
/// `[deleted]`, `[Removed]`, `[ Removed by Reddit ]`, `[deleted by user]`. Anything more or else in
/// the brackets is somebody's own text.
#[must_use]
pub fn is_taken_back(text: &str) -> bool {
    let inside = text
        .trim()
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    inside.is_some_and(|inside| {
        let inside = inside.to_lowercase();
        let words: Vec<&str> = inside.split_whitespace().collect();
        match words.as_slice() {
            ["deleted" | "removed"] => true,
            ["deleted" | "removed", "by", by]
            | ["deleted" | "removed", "by", "the" | "a" | "an" | "its", by] => BY.contains(by),
            [
                "deleted" | "removed",
                "by",
                "reddit",
                "in",
                "response",
                "to",
                ..,
            ] => words.len() <= 11,
            _ => false,
        }
    })
}

/// The identifiers in one field: usually one. Some systems write several addresses, or numbers,
/// into it.
///
/// # Errors
/// What is wrong with the field, if any part of it is neither an identifier nor a word for nothing.
pub fn several(kind: IdentifierKind, text: &str) -> Result<Vec<Identifier>, NotAnIdentifier> {
    let whole = Identifier::of(kind, text);
    // A number reader may take the first of several numbers for all of them. Two addresses are
    // never one.
    if kind != IdentifierKind::Phone && whole.is_ok() {
        return whole.map(|identifier| vec![identifier]);
    }
    let parts = if kind == IdentifierKind::Reference {
        Vec::new()
    } else {
        parts(kind, text)
    };
    let all = if parts.len() > 1 {
        each(kind, &parts)
    } else {
        None
    };
    match (all, whole) {
        (Some(found), _) => Ok(found),
        (None, Ok(identifier)) => Ok(vec![identifier]),
        // A number with an extension is a number, and identifies nobody.
        (None, Err(NotAnIdentifier::Extension)) => Err(NotAnIdentifier::Extension),
        // One identifier besides words for nothing, or only words for nothing.
        (None, Err(error)) if parts.len() < 2 && kind != IdentifierKind::Reference => {
            each(kind, &parts).ok_or(error)
        }
        (None, Err(error)) => Err(error),
    }
}

/// The parts as identifiers, if each of them is one, or is a number with an extension.
fn each(kind: IdentifierKind, parts: &[&str]) -> Option<Vec<Identifier>> {
    let mut found = Vec::new();
    for part in parts {
        match Identifier::of(kind, part) {
            Ok(identifier) if !found.contains(&identifier) => found.push(identifier),
            Ok(_) | Err(NotAnIdentifier::Extension) => {}
            Err(_) => return None,
        }
    }
    Some(found)
}

/// The parts of a field with several values, without the words for nothing.
fn parts(kind: IdentifierKind, text: &str) -> Vec<&str> {
    let strong = text
        .split([';', ',', '|', '\n', '\r'])
        .map(str::trim)
        .filter(|part| !is_nothing(part));
    let joined = strong
        .flat_map(|part| part.split(" or "))
        .flat_map(|part| part.split(" and "));
    let joined = joined
        .flat_map(|part| part.split(" & "))
        .map(str::trim)
        .filter(|part| !is_nothing(part));
    // A word for nothing may contain these, and a telephone number spaces.
    let parts = joined.flat_map(|part| {
        part.split(move |c: char| c == '/' || (kind == IdentifierKind::Email && c.is_whitespace()))
    });
    parts
        .map(str::trim)
        .filter(|part| !is_nothing(part))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{is_nothing, is_taken_back, several};
    use crate::identity::identifier::IdentifierKind;
    use proptest::prelude::*;

    fn read(kind: IdentifierKind, text: &str) -> Option<Vec<String>> {
        let read = several(kind, text).ok()?;
        Some(
            read.iter()
                .map(|identifier| identifier.canonical().to_owned())
                .collect(),
        )
    }

    #[test]
    fn a_word_for_nothing_is_nothing() {
        for text in [
            "", " ", "-", "--", "\u{2013}", ".", "?", "n/a", "N/A", "N.A.", "na", "None", "[None]",
            "(none)", "unknown",
        ] {
            assert!(is_nothing(text), "{text}");
        }
        for text in [
            "Not given",
            "NOT  PROVIDED",
            "not_given",
            "null",
            "<null>",
            "#N/A",
            "Withheld",
            "anonymous",
            "*none*",
        ]
        .into_iter()
        .chain(["not yet", "#NAME?", "#REF!", "#DIV/0!", "####", "\u{200b}"])
        {
            assert!(is_nothing(text), "{text}");
        }
        for text in [
            "@none",
            "Nonesuch",
            "Alex None-Smith",
            "a@na.org",
            "0",
            "07700900142",
            "Nil Example",
            "x",
            "name",
            "#name it",
        ] {
            assert!(!is_nothing(text), "{text}");
        }
    }

    #[test]
    fn what_was_taken_back_is_told_in_brackets() {
        for text in [
            "[deleted]",
            "[Deleted]",
            "[removed]",
            " [ Removed by Reddit ] ",
            "[deleted by user]",
            "[REMOVED]",
        ]
        .into_iter()
        .chain([
            "[removed by the moderators]",
            "[ Removed by reddit in response to a copyright notice ]",
        ]) {
            assert!(is_taken_back(text), "{text}");
        }
        for text in [
            "[deleted by the council, shame]",
            "[removed by hand]",
            "[deleted by]",
            "deleted",
            "[removed the bin]",
            "[deleted] it was",
            "[]",
            "[ ]",
            "Removed by Reddit",
            "[undeleted]",
        ] {
            assert!(!is_taken_back(text), "{text}");
        }
    }

    #[test]
    fn several_in_one_field_are_all_read() {
        let two = Some(vec![
            "alex@example.org".to_owned(),
            "sam@example.org".to_owned(),
        ]);
        for text in [
            "alex@example.org; sam@example.org",
            "Alex@Example.org,sam@example.org",
            "alex@example.org / sam@example.org",
            "alex@example.org or sam@example.org",
            "alex@example.org sam@example.org",
            "alex@example.org\nsam@example.org; n/a; alex@example.org",
        ] {
            assert_eq!(read(IdentifierKind::Email, text), two, "{text}");
        }
        let two = Some(vec!["+447700900322".to_owned(), "+441632960322".to_owned()]);
        for text in [
            "07700 900322 / 01632 960322",
            "07700900322; 01632960322",
            "07700 900322 or 01632 960322",
        ] {
            assert_eq!(read(IdentifierKind::Phone, text), two, "{text}");
        }
        assert_eq!(
            read(IdentifierKind::Phone, "07700 900322, 01305 251010 ext 2"),
            Some(vec!["+447700900322".to_owned()])
        );
    }

    #[test]
    fn a_part_that_is_none_refuses_the_field() {
        for text in [
            "alex@example.org; sam",
            "Alex <alex@example.org>",
            "a@b",
            "alex at home",
        ] {
            assert_eq!(read(IdentifierKind::Email, text), None, "{text}");
        }
        for text in ["07700 900322 / 2", "07700 900322 or call me", "4.47701E+11"] {
            assert_eq!(read(IdentifierKind::Phone, text), None, "{text}");
        }
        assert!(
            several(IdentifierKind::Phone, "01305 251010 ext 2").is_err(),
            "that is a number, and nobody's"
        );
    }

    proptest! {
        #[test]
        fn whatever_stands_in_a_field_it_is_read_or_refused(text in "\\PC{0,40}", address in "[a-z]{1,8}") {
            for kind in [IdentifierKind::Email, IdentifierKind::Phone, IdentifierKind::Reference] {
                drop(several(kind, &text));
            }
            let one = format!("{address}@example.org");
            prop_assert_eq!(read(IdentifierKind::Email, &one), Some(vec![one.clone()]));
            prop_assert_eq!(read(IdentifierKind::Email, &format!("{one}; n/a")), Some(vec![one]));
        }
    }
}
