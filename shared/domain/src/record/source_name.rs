//! A source's name for a record: one canonical spelling, and the spellings under which an earlier
//! version knew it.

use crate::identity::identifier::upper_case;
use crate::record::source::Source;
use crate::validation::text::is_unseen;
use unicode_normalization::UnicodeNormalization;

/// The canonical spelling, from which a record's id is made.
///
/// A case reference is the same in capitals or not. A review is named by its place and its own id:
/// two accounts can name one place, so the account before them does not count. Everything else
/// stays as the source writes it, without invisible characters, and with its accents in one
/// spelling (NFC).
pub(super) fn canonical(source: Source, name: &str) -> String {
    match source {
        Source::WebForm | Source::Complaints => upper_case(name),
        Source::Reviews => review(&seen(name)).to_owned(),
        Source::Telephone | Source::Social | Source::Interviews | Source::Support => seen(name),
    }
}

/// A name without invisible characters, in its own case.
fn seen(name: &str) -> String {
    let seen: String = name.nfc().filter(|c| !is_unseen(*c)).collect();
    seen.nfc().collect::<String>().trim().to_owned()
}

/// The spellings under which an earlier version may have stored the same record: as it was written
/// then. For a case at Granicus they include the usual spellings, because a case may come in
/// another case than before.
pub(super) fn formerly(source: Source, name: &str) -> Vec<String> {
    let canonical = canonical(source, name);
    let mut spellings = vec![name.to_owned()];
    if source == Source::WebForm {
        spellings.extend([canonical.to_lowercase(), in_words(&canonical)]);
    }
    spellings.retain(|spelling| *spelling != canonical);
    spellings.sort();
    spellings.dedup();
    spellings
}

/// `locations/{place}/reviews/{id}`, without what comes before; another name is unchanged.
fn review(name: &str) -> &str {
    let place = name
        .rfind("/reviews/")
        .and_then(|reviews| name.get(..reviews)?.rfind("locations/"));
    let place = place.filter(|place| {
        *place == 0
            || name
                .get(..*place)
                .is_some_and(|before| before.ends_with('/'))
    });
    place.and_then(|place| name.get(place..)).unwrap_or(name)
}

/// `FS-CASE-718` as Granicus writes it: `FS-Case-718`.
fn in_words(canonical: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if word.chars().count() > 2 => {
                format!("{first}{}", letters.as_str().to_lowercase())
            }
            _ => word.to_owned(),
        }
    };
    canonical.split('-').map(word).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::{Source, canonical, formerly};
    use crate::record::RecordId;
    use proptest::prelude::*;

    #[test]
    fn a_case_in_other_letters_is_the_same_case() {
        for spelt in ["fs-w00", "FS-W00", " Fs-w00 ", "FS-w00\u{200b}"] {
            assert_eq!(
                RecordId::at_source(Source::WebForm, spelt),
                RecordId::at_source(Source::WebForm, "FS-W00")
            );
        }
        assert_eq!(
            canonical(Source::Complaints, "cmp-e\u{301}1"),
            "CMP-\u{c9}1"
        );
        assert_ne!(
            canonical(Source::Social, "x:aB"),
            canonical(Source::Social, "x:ab"),
            "a post's id has both letters"
        );
    }

    #[test]
    fn an_id_is_one_whatever_nobody_sees_in_it_and_was_another_for_an_earlier_version() {
        for source in [
            Source::Social,
            Source::Telephone,
            Source::Interviews,
            Source::Support,
            Source::Reviews,
        ] {
            for spelt in [
                "cafe\u{301}1",
                "caf\u{e9}\u{ad}1",
                "caf\u{e9}1\u{200b}",
                "caf\u{e9}\u{0}1",
                "\u{feff}caf\u{e9}1",
            ] {
                assert_eq!(canonical(source, spelt), "caf\u{e9}1", "{spelt:?}");
                assert_eq!(formerly(source, spelt), [spelt], "{spelt:?}");
            }
            assert_eq!(formerly(source, "caf\u{e9}1"), [""; 0]);
        }
    }

    #[test]
    fn a_review_is_one_whichever_account_names_its_place() {
        let one = canonical(Source::Reviews, "accounts/111/locations/22/reviews/R09a");
        assert_eq!(one, "locations/22/reviews/R09a");
        assert_eq!(
            one,
            canonical(Source::Reviews, "accounts/222/locations/22/reviews/R09a")
        );
        assert_eq!(one, canonical(Source::Reviews, "locations/22/reviews/R09a"));
        assert_ne!(
            one,
            canonical(Source::Reviews, "accounts/111/locations/23/reviews/R09a")
        );
        for other in [
            "R1",
            "/reviews/R1",
            "relocations/2/reviews/R1",
            "reviews/R1",
        ] {
            assert_eq!(canonical(Source::Reviews, other), other);
        }
    }

    #[test]
    fn what_an_earlier_version_took_as_it_was_spelt_is_found_again() {
        let old = "FS-Case-718204411";
        for spelt in [old, "fs-case-718204411", "FS-CASE-718204411"] {
            assert!(
                formerly(Source::WebForm, spelt).contains(&old.to_owned()),
                "{spelt}"
            );
        }
        assert_eq!(
            formerly(Source::Reviews, "accounts/1/locations/22/reviews/A"),
            ["accounts/1/locations/22/reviews/A"]
        );
        assert!(
            formerly(Source::Complaints, "CMP-1").is_empty(),
            "that is its one spelling already"
        );
        assert!(formerly(Source::Telephone, "3000000021").is_empty());
    }

    proptest! {
        #[test]
        fn the_one_spelling_of_the_one_spelling_is_itself(name in "\\PC{0,30}|(accounts/[0-9]/)?locations/[a-z]{0,3}/reviews/[A-Za-z]{0,3}") {
            for source in Source::ALL {
                let one = canonical(source, &name);
                prop_assert_eq!(canonical(source, &one), one.clone());
                prop_assert!(!formerly(source, &name).contains(&one));
            }
        }
    }
}
