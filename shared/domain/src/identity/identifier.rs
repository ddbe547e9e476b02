//! What identifies a person, in its one canonical spelling.

use super::telephone::{self, Telephone};
use crate::validation::text;
use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// The longest address that a mail server accepts (RFC 5321, 4.5.3.1.3, less the angle brackets).
const EMAIL_LENGTH: usize = 254;

/// An identifier in canonical spelling: two spellings of one address are equal.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier {
    kind: IdentifierKind,
    canonical: String,
}

/// The kinds of identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// An email address.
    Email,
    /// A telephone number.
    Phone,
    /// What another system calls the person, such as a customer number.
    Reference,
}

/// Why a text identifies nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnIdentifier {
    /// Not an email address.
    #[error("must be an email address, like name@example.org")]
    Email,
    /// Not a telephone number.
    #[error("must be a telephone number, like 01305 221000 or 07700 900982")]
    Phone,
    /// A telephone number that many people share: one with an extension.
    #[error("a number with an extension does not identify a person")]
    Extension,
    /// A character that is not on a British keyboard, but would be read as one that is.
    #[error(
        "must not have a sign that only looks like one of the keyboard, such as the Kelvin sign for K: type it anew"
    )]
    Disguised,
    /// An empty or overlong reference.
    #[error("must have 1 to 100 characters")]
    Reference,
}

impl Identifier {
    /// Reads an email address: without invisible characters, NFKC, lower case, the domain as IDNA
    /// ASCII. No address has the ligatures that come out of a PDF, or letters of another width (RFC
    /// 8264, 9.17), so they become the letters that they show.
    ///
    /// Plus-tags and dots stay: `a+b@x.org` is not `a@x.org`.
    ///
    /// # Errors
    /// [`NotAnIdentifier::Email`] for an address that mail cannot be sent to,
    /// [`NotAnIdentifier::Disguised`] for one that would become somebody else's: the reader sees
    /// another address than the one that is stored.
    pub fn email(typed: &str) -> Result<Self, NotAnIdentifier> {
        let visible = visible(typed);
        if visible.chars().any(|c| is_disguised(c, str::to_lowercase)) {
            return Err(NotAnIdentifier::Disguised);
        }
        // ASCII is unchanged in every form of Unicode.
        let plain = |text: &str| text.nfkc().collect::<String>();
        let visible = if visible.is_ascii() {
            visible.to_ascii_lowercase()
        } else {
            plain(&plain(&visible).to_lowercase())
        };
        let (local, domain) = visible.rsplit_once('@').ok_or(NotAnIdentifier::Email)?;
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| NotAnIdentifier::Email)?;
        let canonical = format!("{local}@{domain}");
        let options = Options::default()
            .without_display_text()
            .without_domain_literal()
            .with_required_tld();
        let sound = EmailAddress::parse_with_options(&canonical, options).is_ok()
            && canonical.len() <= EMAIL_LENGTH
            && !local.contains('"');
        if sound {
            Ok(Self {
                kind: IdentifierKind::Email,
                canonical,
            })
        } else {
            Err(NotAnIdentifier::Email)
        }
    }

    /// Reads a telephone number as E.164, British unless it says otherwise. Invisible characters
    /// are removed. Digits of any script count as digits, and dashes of any length as dashes.
    ///
    /// Ofcom's drama numbers are accepted although libraries call them invalid. The question here
    /// is whether a number could be dialled, not whether it is assigned.
    ///
    /// # Errors
    /// [`NotAnIdentifier::Phone`] for a number that cannot be dialled,
    /// [`NotAnIdentifier::Extension`] for a shared line.
    pub fn phone(typed: &str) -> Result<Self, NotAnIdentifier> {
        let visible = visible(typed);
        let visible = text::folded(&visible);
        let dialled = visible
            .chars()
            .all(|c| c.is_ascii_digit() || "+()-./ \t".contains(c));
        let extended = visible.to_ascii_lowercase();
        if !dialled
            && !["x", "ext", "#", ";"]
                .iter()
                .any(|mark| extended.contains(mark))
        {
            return Err(NotAnIdentifier::Phone);
        }
        let spelt = visible.replace("(0)", "");
        let number = Telephone::read(&spelt).or_else(|| {
            // A hyphen just after a country's code would be read as something else.
            let plain = dialled.then(|| spelt.replace(['(', ')', '-', '.', '/', ' ', '\t'], ""));
            plain.and_then(|plain| Telephone::read(&plain))
        });
        let Telephone {
            code,
            national,
            is_extended,
        } = number.ok_or(NotAnIdentifier::Phone)?;
        if is_extended {
            return Err(NotAnIdentifier::Extension);
        }
        let canonical = format!("+{code}{national}");
        let digits = canonical.len() - 1;
        let possible = if code == telephone::BRITISH {
            11..=12
        } else {
            8..=15
        };
        if possible.contains(&digits) {
            Ok(Self {
                kind: IdentifierKind::Phone,
                canonical,
            })
        } else {
            Err(NotAnIdentifier::Phone)
        }
    }

    /// Reads another system's name for the person: without invisible characters, with dashes,
    /// digits and full-width forms as on a British keyboard, trimmed, NFC, upper case. A network's
    /// handle is the same with its `@` and without: `x:@sam` is `x:sam`.
    ///
    /// # Errors
    /// [`NotAnIdentifier::Reference`] if nothing is left, or more than 100 characters are, and
    /// [`NotAnIdentifier::Disguised`] as for an address.
    pub fn reference(typed: &str) -> Result<Self, NotAnIdentifier> {
        if text::folded(&visible(typed))
            .chars()
            .any(|c| is_disguised(c, str::to_uppercase))
        {
            return Err(NotAnIdentifier::Disguised);
        }
        let mut canonical = upper_case(typed);
        if let Some((network, handle)) = canonical.split_once(':') {
            canonical = composed(&format!("{network}:{}", handle.trim_start_matches('@')));
        }
        if (1..=100).contains(&canonical.chars().count()) {
            Ok(Self {
                kind: IdentifierKind::Reference,
                canonical,
            })
        } else {
            Err(NotAnIdentifier::Reference)
        }
    }

    /// Reads `typed` as the given kind of identifier.
    ///
    /// # Errors
    /// The errors of the kind's own constructor.
    pub fn of(kind: IdentifierKind, typed: &str) -> Result<Self, NotAnIdentifier> {
        match kind {
            IdentifierKind::Email => Self::email(typed),
            IdentifierKind::Phone => Self::phone(typed),
            IdentifierKind::Reference => Self::reference(typed),
        }
    }

    /// What kind of identifier it is.
    #[must_use]
    pub const fn kind(&self) -> IdentifierKind {
        self.kind
    }

    /// The canonical spelling. It is personal data.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// Enough to recognise it, but not enough to learn it: `p•••@example.org`, `•••142`.
    #[must_use]
    pub fn masked(&self) -> String {
        let tail = |n: usize| {
            let length = self.canonical.chars().count();
            self.canonical
                .chars()
                .skip(length.saturating_sub(n))
                .collect::<String>()
        };
        match self.kind {
            IdentifierKind::Email => {
                let domain = self
                    .canonical
                    .rsplit_once('@')
                    .map_or("", |(_, domain)| domain);
                format!(
                    "{}•••@{domain}",
                    self.canonical.chars().next().unwrap_or('•')
                )
            }
            IdentifierKind::Phone => format!("•••{}", tail(3)),
            IdentifierKind::Reference => format!("•••{}", tail(2)),
        }
    }
}

/// Debug output shows the kind and never the value.
impl std::fmt::Debug for Identifier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Identifier({:?}, ..)", self.kind)
    }
}

/// Whether a character is not ASCII, but turns into ASCII alone where an identifier is composed or
/// changes case: the Kelvin sign, the Greek question mark; in capitals the dotless i and the sharp
/// s. A ligature or a wide letter does not count: it is the letters that it shows.
fn is_disguised(c: char, cased: fn(&str) -> String) -> bool {
    if c.is_ascii() {
        return false;
    }
    let one = c.to_string();
    let shows = || one.nfkc().all(|c| c.is_ascii());
    composed(&one).is_ascii() || (composed(&cased(&one)).is_ascii() && !shows())
}

/// NFC. Changing case can undo it, so it is applied before and after.
fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// A system's name for something, in its canonical spelling: without invisible characters, with
/// dashes, digits and full-width forms as on a British keyboard, trimmed, NFC, upper case.
pub(crate) fn upper_case(typed: &str) -> String {
    composed(&composed(&text::folded(&visible(typed))).to_uppercase())
}

/// The text without what is copied along with it: invisible marks, and other kinds of spaces than
/// the keyboard's. A line break or a tab becomes a space.
fn visible(typed: &str) -> String {
    let seen = typed
        .chars()
        .filter(|c| !text::is_unseen(*c) && !text::is_hard_space(*c));
    seen.map(|c| if c.is_whitespace() { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Identifier, NotAnIdentifier};
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    fn email(typed: &str) -> Option<String> {
        Identifier::email(typed).ok().map(|found| found.canonical)
    }

    fn phone(typed: &str) -> Option<String> {
        Identifier::phone(typed).ok().map(|found| found.canonical)
    }

    #[test]
    fn spellings_of_one_address_are_one_address() {
        for typed in [
            "Priya.Nair@Example.org",
            " priya.nair@example.org\u{200B}",
            "priya\u{FEFF}.nair@EXAMPLE.ORG",
        ] {
            assert_eq!(email(typed).as_deref(), Some("priya.nair@example.org"));
        }
        for typed in [
            "ﬁona.ﬂeming@example.org",
            "ｆｉｏｎａ．ｆｌｅｍｉｎｇ＠ｅｘａｍｐｌｅ。ｏｒｇ",
            "𝐟𝐢𝐨𝐧𝐚.fleming@example.org",
        ] {
            assert_eq!(
                email(typed).as_deref(),
                Some("fiona.fleming@example.org"),
                "{typed}"
            );
        }
        assert_eq!(
            email("siân@dorset.example"),
            email("sia\u{302}n@dorset.example")
        );
        assert_eq!(
            email("a@bücher.example").as_deref(),
            Some("a@xn--bcher-kva.example")
        );
    }

    #[test]
    fn no_character_of_any_script_turns_into_one_of_the_keyboard() {
        let refused = |read: Reader, typed: String| read(&typed) == Err(NotAnIdentifier::Disguised);
        let (mut in_addresses, mut in_references) = (Vec::new(), Vec::new());
        for c in (0x80..=0x0010_FFFF).filter_map(char::from_u32) {
            let one = c.to_string();
            let becomes_ascii = |spelt: &str| super::composed(spelt).is_ascii();
            let address = refused(Identifier::email, format!("m{c}y@example.org"));
            assert_eq!(
                address,
                becomes_ascii(&one) || (becomes_ascii(&one.to_lowercase())),
                "{c:?}"
            );
            assert_eq!(
                address,
                refused(Identifier::email, format!("may@e{c}ample.org")),
                "{c:?}"
            );
            in_addresses.extend(address.then_some(c));
            let reference = refused(Identifier::reference, format!("UC{c}N-1"));
            let shows = one.nfkc().all(|c| c.is_ascii());
            let turns = becomes_ascii(&one) || (becomes_ascii(&one.to_uppercase()) && !shows);
            assert_eq!(reference, turns, "{c:?}");
            in_references.extend(reference.then_some(c));
        }
        assert_eq!(
            in_addresses,
            ['\u{37E}', '\u{1FEF}', '\u{212A}'],
            "the Greek question mark, a varia, the Kelvin sign"
        );
        assert_eq!(in_references, ['ß', 'ı', '\u{37E}', '\u{1FEF}', '\u{212A}']);
        assert!(
            in_addresses
                .iter()
                .all(|c| Identifier::phone(&format!("07700 90014{c}")).is_err())
        );
        assert!(email("zoë@example.org").is_some() && email("strauß@dorset.example").is_some());
        assert_eq!(
            email("\u{212B}sa@example.org"),
            email("åsa@example.org"),
            "a letter that no keyboard here has"
        );
    }

    #[test]
    fn a_tagged_address_is_another_address() {
        assert_ne!(email("a+b@example.org"), email("a@example.org"));
        assert_ne!(email("a.b@example.org"), email("ab@example.org"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for typed in [
            "",
            "a",
            "a@",
            "@b.org",
            "a@b",
            "a b@example.org",
            "a@exa mple.org",
            "a@[127.0.0.1]",
            "a@-b.org",
        ] {
            assert_eq!(email(typed), None, "{typed}");
        }
        assert_eq!(email("Alice <a@example.org>"), None);
        assert_eq!(email("\"a b\"@example.org"), None);
        assert_eq!(email(&format!("{}@example.org", "a".repeat(65))), None);
    }

    #[test]
    fn spellings_of_one_number_are_one_number() {
        for typed in [
            "+44 (0)7723 456 789",
            "07723456789",
            "0044 7723-456-789",
            "+447723456789",
            "(07723) 456789",
        ] {
            assert_eq!(phone(typed).as_deref(), Some("+447723456789"), "{typed}");
        }
        assert_eq!(phone("0117 496 0860").as_deref(), Some("+441174960860"));
        assert_eq!(phone("+1 212 555 0123").as_deref(), Some("+12125550123"));
    }

    #[test]
    fn the_numbers_of_ofcom_for_drama_are_numbers() {
        assert_eq!(phone("07700 900142").as_deref(), Some("+447700900142"));
        assert_eq!(phone("01632 960055").as_deref(), Some("+441632960055"));
    }

    #[test]
    fn what_nobody_could_dial_is_refused() {
        for typed in [
            "",
            "anonymous",
            "withheld",
            "[None]",
            "12",
            "07700",
            "0770090014200000",
            "call me",
            "+44",
        ] {
            assert_eq!(phone(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_number_with_an_extension_identifies_nobody() {
        assert_eq!(
            Identifier::phone("01305 251010 ext 22"),
            Err(NotAnIdentifier::Extension)
        );
    }

    #[test]
    fn a_handle_is_the_same_with_and_without_its_sign() {
        let handle = |typed| Identifier::reference(typed).unwrap();
        assert_eq!(
            handle("x:@Grumpy_of_Wareham"),
            handle("X:grumpy_of_wareham")
        );
        assert_ne!(handle("x:sam.t"), handle("facebook:sam.t"));
        assert_eq!(
            handle("@sam").canonical(),
            "@SAM",
            "without a network it is somebody's own number or name"
        );
    }

    #[test]
    fn debugging_and_masking_do_not_show_it() {
        let found = Identifier::email("priya.nair@example.org").unwrap();
        assert_eq!(format!("{found:?}"), "Identifier(Email, ..)");
        assert_eq!(found.masked(), "p•••@example.org");
        assert_eq!(
            Identifier::phone("07700 900142").unwrap().masked(),
            "•••142"
        );
    }

    /// Marks that are copied along with text, and spaces that do not break.
    const UNSEEN: &str = "\u{0}\u{3}\u{92}\u{AD}\u{34F}\u{61C}\u{180E}\u{200B}\u{200C}\u{200D}\u{200E}\u{200F}\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}\u{2060}\u{2061}\u{2064}\u{2066}\u{2067}\u{2068}\u{2069}\u{206A}\u{FE00}\u{FE0D}\u{FE0F}\u{FEFF}\u{FFF9}\u{FFFE}\u{E0001}\u{E0100}\u{A0}\u{1680}\u{2000}\u{2009}\u{200A}\u{202F}\u{205F}\u{3000}";

    #[test]
    fn a_number_with_any_dashes_digits_and_spaces_is_one_number() {
        for typed in [
            "\u{202a}+44 7700 900142\u{202c}",
            "\u{200e}07700 900142",
            "\u{2068}07700 900142\u{2069}",
            "07700\u{FE0D}900142",
            "0770\u{AD}0900142",
            "07700\u{2011}900142",
            "07700\u{2013}900\u{2212}142",
            "07700\u{2009}900\u{3000}142",
            "０７７００ ９００１４２",
            "＋４４（０）７７００－９００１４２",
            "٠٧٧٠٠٩٠٠١٤٢",
            "07700\t900142",
        ] {
            assert_eq!(phone(typed).as_deref(), Some("+447700900142"), "{typed:?}");
        }
        let reference = |typed| Identifier::reference(typed).unwrap();
        assert_eq!(
            reference("\u{200e}ucrn\u{2011}0009\u{AD}３３２1\u{202c}"),
            reference("UCRN-00093321")
        );
        assert_eq!(
            email("\u{202a}alex.example@example.org\u{202c}"),
            email("alex.example@example.org")
        );
    }

    type Reader = fn(&str) -> Result<Identifier, NotAnIdentifier>;

    proptest! {
        #[test]
        fn a_decorated_identifier_has_the_same_key_and_no_other(
            kind in 0_usize..6, marks in proptest::collection::vec((0_usize..60, proptest::sample::select(UNSEEN.chars().collect::<Vec<_>>())), 0..8)
        ) {
            let (read, plain): (Reader, _) = [
                (Identifier::email as _, "Priya.Nair+b@Example.org"),
                (Identifier::email as _, "siân@bücher.example"),
                (Identifier::phone as _, "07700 900142"),
                (Identifier::phone as _, "+1 (212) 555-0123"),
                (Identifier::reference as _, "UCRN-00093321"),
                (Identifier::reference as _, "x:@Sam T"),
            ][kind];
            let mut decorated: Vec<char> = plain.chars().collect();
            for (place, mark) in marks { decorated.insert(place % (decorated.len() + 1), mark); }
            let decorated: String = decorated.into_iter().collect();
            prop_assert_eq!(read(&decorated), read(plain), "{:?}", decorated);
        }

        #[test]
        fn reading_what_was_read_changes_nothing(typed in "\\PC{0,40}", at in 0_usize..3) {
            let typed = match at { 0 => typed, 1 => format!("{typed}@example.org"), _ => format!("+44 7{typed}") };
            for read in [Identifier::email, Identifier::phone, Identifier::reference] {
                if let Ok(first) = read(&typed) {
                    prop_assert_eq!(read(&first.canonical).unwrap(), first);
                }
            }
        }

        #[test]
        fn any_british_mobile_in_any_spelling_is_one(digits in "7[0-9]{9}", gaps in proptest::collection::vec(0_usize..10, 0..4)) {
            let plain = phone(&format!("0{digits}"));
            let mut spelt = digits.clone();
            for gap in gaps { spelt.insert(gap, ' '); }
            prop_assert_eq!(phone(&format!("0{spelt}")), phone(&format!("+44 (0){digits}")));
            prop_assert_eq!(plain, phone(&format!("0044 {digits}")), "the short way is no other way");
        }
    }
}
