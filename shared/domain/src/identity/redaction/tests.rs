//! What is removed and what stays.

use super::{MARK, Names, titled_removed};
use proptest::prelude::*;

/// What is left of `text` once the names that its writer introduces are removed.
fn after(text: &str) -> String {
    Names::introduced_in([text]).removed_from(text)
}

#[test]
fn who_introduces_themselves_is_removed_and_who_is_greeted_stays() {
    for (said, left) in [
        (
            "Hello Priya, I am Jo Bloggs, I can help",
            "Hello Priya, I am [name removed], I can help",
        ),
        (
            "Hi Priya. I'm Jo and I can help",
            "Hi Priya. I'm [name removed] and I can help",
        ),
        ("I\u{2019}m Jo.", "I\u{2019}m [name removed]."),
        ("My name is: Siân Ó Briain", "My name is: [name removed]"),
        (
            "my name's Daniel O'Neill, hello",
            "my name's [name removed], hello",
        ),
        (
            "hi, my name is jo and i can help",
            "hi, my name is [name removed] and i can help",
        ),
        (
            "This is Jo Hardy-Smith from the council",
            "This is [name removed] from the council",
        ),
        (
            "You're speaking to Jo. You are through to Max",
            "You're speaking to [name removed]. You are through to [name removed]",
        ),
        (
            "It's Jo here again, Priya",
            "It's [name removed] here again, Priya",
        ),
        (
            "I am Mrs J. van der Berg, Dorset Council",
            "I am Mrs [name removed], Dorset Council",
        ),
        (
            "It is paid.\n\nKind regards,\nJo Bloggs\nCustomer Services",
            "It is paid.\n\nKind regards,\n[name removed]\nCustomer Services",
        ),
        ("Regards - Jo", "Regards - [name removed]"),
    ] {
        assert_eq!(after(said), left);
    }
}

#[test]
fn a_name_is_removed_in_full_and_in_part_in_any_case_and_as_a_whole_word() {
    let names = Names::introduced_in(["I am Jo Bloggs"]);
    for (said, left) in [
        (
            "Jo was rude; so was BLOGGS.",
            "[name removed] was rude; so was [name removed].",
        ),
        (
            "jo bloggs's answer, Jo’s answer",
            "[name removed]'s answer, [name removed]’s answer",
        ),
        ("Joan, Jo-Anne and jojo stay", "Joan, Jo-Anne and jojo stay"),
        ("Jo\nBloggs", "[name removed]\n[name removed]"),
    ] {
        assert_eq!(names.removed_from(said), left);
    }
}

#[test]
fn a_name_is_the_same_however_its_accents_and_apostrophes_are_written() {
    let names = Names::introduced_in(["I am Siân Ó Briain", "My name is Daniel O'Neill"]);
    assert_eq!(
        names.removed_from("SIA\u{302}N told me"),
        "[name removed] told me"
    );
    assert_eq!(
        names.removed_from("Ms Ó Briain told me"),
        "Ms [name removed] told me"
    );
    assert_eq!(
        names.removed_from("Mr O\u{2019}Neill told me"),
        "Mr [name removed] told me"
    );
}

#[test]
fn what_only_looks_like_an_introduction_is_none() {
    for said in [
        "I am sorry to hear that",
        "I am Sorry to hear that",
        "I AM LOOKING INTO IT",
        "I'm in Dorchester. I am, However, late",
        "This is Dorchester",
        "It's Monday",
        "It is Monday and I am 7 years old",
        "Thanks Priya. Thank you, Priya",
        "Am I speaking to Priya?",
        "My name is not on the list",
        "Please pass on my regards. Priya will know",
    ] {
        assert_eq!(Names::introduced_in([said]), Names::default(), "{said}");
        assert_eq!(after(said), said);
    }
}

#[test]
fn a_name_that_is_a_word_goes_where_it_has_a_capital() {
    let names = Names::introduced_in(["I am Will Young"]);
    assert_eq!(
        names.removed_from("Will said the young man will pay"),
        "[name removed] said the young man will pay"
    );
}

#[test]
fn an_initial_or_a_particle_alone_is_no_name() {
    let names = Names::introduced_in(["I am J. van Berg"]);
    assert_eq!(
        names.removed_from("J, a van, Berg, and J. van Berg"),
        "J, a van, [name removed], and [name removed]"
    );
}

#[test]
fn who_has_a_title_is_removed_with_it() {
    for (said, left) in [
        (
            "her neighbour (Mrs Day) had to explain the letter",
            "her neighbour ([name removed]) had to explain the letter",
        ),
        ("Mr. J. Hardy-Smith's dog", "[name removed]'s dog"),
        (
            "Cllr Siân Ó Briain and Dr O'Neill",
            "[name removed] and [name removed]",
        ),
        ("mrs day explained it", "[name removed] explained it"),
        ("COUNCILLOR DAY", "[name removed]"),
        ("Miss van der Berg, Sir", "[name removed], Sir"),
    ] {
        assert_eq!(titled_removed(said, None), left);
    }
}

#[test]
fn a_person_s_own_name_stays_after_a_title() {
    let own = Some("Maureen Pike");
    for said in [
        "Mrs Pike felt rushed",
        "Mrs Maureen Pike’s letter",
        "MRS PIKE",
    ] {
        assert_eq!(titled_removed(said, own), said);
    }
    assert_eq!(
        titled_removed("Mrs Pike and Mrs Day", own),
        "Mrs Pike and [name removed]"
    );
    assert_eq!(
        titled_removed("Mr John Pike", own),
        "[name removed]",
        "another of the family is another person"
    );
}

#[test]
fn a_title_without_a_name_is_a_word() {
    for said in [
        "Dear Sir or Madam",
        "I miss Dorchester",
        "5 Damers Dr, Dorchester",
        "the councillor said",
        "Mr.",
        "Miss",
    ] {
        assert_eq!(titled_removed(said, None), said);
    }
}

#[test]
fn debugging_shows_no_name() {
    assert_eq!(
        format!("{:?}", Names::introduced_in(["I am Jo Bloggs"])),
        "Names(..)"
    );
}

/// Texts full of names, titles, introductions and the words between them.
fn talk() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        proptest::sample::select(vec![
            "I am",
            "I'm",
            "my name is",
            "This is",
            "from",
            "Regards",
            "Mrs",
            "mr",
            "Dr.",
            "Jo",
            "Bloggs",
            "jo",
            "S",
            "Ó",
            "O'Neill",
            "van",
            "'s",
            MARK,
            "[",
            "name",
            "Name",
            "removed]",
            "Removed",
            "will",
            "Will",
            "\u{302}",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,4}",
    ];
    let gap = proptest::sample::select(vec![" ", "", ", ", "\n", "-", "'"]);
    proptest::collection::vec((word, gap), 0..16)
        .prop_map(|parts| parts.into_iter().map(|(word, gap)| word + gap).collect())
}

proptest! {
    #[test]
    fn what_is_removed_once_is_removed(text in talk(), other in talk(), own in proptest::option::of("\\PC{0,12}")) {
        let names = Names::introduced_in([text.as_str(), other.as_str()]);
        let once = names.removed_from(&text);
        prop_assert_eq!(names.removed_from(&once), once);
        let once = titled_removed(&text, own.as_deref());
        prop_assert_eq!(titled_removed(&once, own.as_deref()), once);
    }

    #[test]
    fn a_text_without_introductions_or_titles_is_unchanged(text in "[A-HJ-LN-Za-hj-ln-z ,.'\n]{0,60}") {
        // Neither "I" nor "M", in either case: every introduction except the sign-offs contains
        // them, and these are words.
        let signed = ["regards", "sincerely", "faithfully", "truly"];
        prop_assume!(!signed.iter().any(|word| text.to_lowercase().contains(word)));
        let titled = ["dr", "prof", "cllr", "councillor", "sir", "rev"];
        prop_assume!(!text.to_lowercase().split(|c: char| !c.is_alphabetic()).any(|word| titled.contains(&word)));
        prop_assert_eq!(&after(&text), &text);
        prop_assert_eq!(&titled_removed(&text, None), &text);
    }

    #[test]
    fn an_agent_s_name_is_nowhere_in_what_is_left(first in "[A-Z][a-z]{2,8}x", last in "[A-Z][a-z]{2,8}q", before in "[a-z ]{0,20}") {
        let said = format!("{before} I am {first} {last}. {} or {}?", first.to_lowercase(), last.to_uppercase());
        let left = after(&said).to_lowercase();
        prop_assert!(!left.contains(&first.to_lowercase()) && !left.contains(&last.to_lowercase()), "{}", left);
    }
}
