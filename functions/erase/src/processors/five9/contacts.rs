//! How Five9's contacts are searched and deleted: a telephone number may be in three fields, in any
//! spelling.

use super::soap::Element;
use custodian_domain::identity::identifier::{Identifier, IdentifierKind};

/// The fields of a contact with a telephone number, and the one with an address.
const NUMBERS: [&str; 3] = ["number1", "number2", "number3"];
const EMAIL: &str = "email";
/// The beginning of British numbers from abroad, and at home.
const BRITAIN: &str = "+44";

/// A field, and every value that a person's contact may have in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Search {
    pub(super) field: &'static str,
    pub(super) values: Vec<String>,
}

/// The searches for a person, and the kinds of identifiers that Five9 has no field for.
pub(super) fn searches(identities: &[Identifier]) -> (Vec<Search>, Vec<IdentifierKind>) {
    let of = |kind: IdentifierKind| identities.iter().filter(move |it| it.kind() == kind);
    let numbers: Vec<String> = of(IdentifierKind::Phone)
        .flat_map(|number| spellings(number.canonical()))
        .collect();
    let addresses: Vec<String> = of(IdentifierKind::Email)
        .map(|address| address.canonical().to_owned())
        .collect();
    let fields = NUMBERS
        .iter()
        .map(|field| (*field, numbers.clone()))
        .chain([(EMAIL, addresses)]);
    let searches = fields
        .map(|(field, values)| Search { field, values })
        .filter(|search| !search.values.is_empty());
    let unknown = of(IdentifierKind::Reference).next().map(Identifier::kind);
    (searches.collect(), unknown.into_iter().collect())
}

/// The spellings in which Five9 may have stored a number: international with and without its sign,
/// and national.
fn spellings(number: &str) -> Vec<String> {
    let mut spellings = vec![number.to_owned(), number.trim_start_matches('+').to_owned()];
    spellings.extend(number.strip_prefix(BRITAIN).map(|rest| format!("0{rest}")));
    spellings
}

impl Search {
    /// `getContactRecords` for each value: several criteria in one call would all have to match.
    pub(super) fn look_ups(&self) -> impl Iterator<Item = Element> + '_ {
        self.values.iter().map(|value| {
            let criterion = vec![
                Element::of("field", self.field),
                Element::of("value", value),
            ];
            let criteria =
                Element::with("lookupCriteria", vec![Element::with("criteria", criterion)]);
            Element::with("getContactRecords", vec![criteria])
        })
    }

    /// `deleteFromContacts`: every contact that has one of the values in this field.
    pub(super) fn deletion(&self) -> Element {
        let mapping = vec![
            Element::of("columnNumber", "1"),
            Element::of("fieldName", self.field),
            Element::of("key", "true"),
        ];
        // In the schema's order: those of basicImportSettings, then its own.
        let settings = vec![
            Element::of("allowDataCleanup", "false"),
            Element::of("failOnFieldParseError", "false"),
            Element::with("fieldsMapping", mapping),
            Element::of("separator", ","),
            Element::of("skipHeaderLine", "false"),
            Element::of("crmDeleteMode", "DELETE_ALL"),
        ];
        let rows = self
            .values
            .iter()
            .map(|value| Element::with("values", vec![Element::of("item", value)]));
        Element::with(
            "deleteFromContacts",
            vec![
                Element::with("crmDeleteSettings", settings),
                Element::with("importData", rows.collect()),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::searches;
    use custodian_domain::identity::identifier::{Identifier, IdentifierKind};

    #[test]
    fn a_number_is_searched_in_every_field_and_spelling() {
        let identities = [
            Identifier::phone("07700 900142").unwrap(),
            Identifier::phone("+1 212 555 0123").unwrap(),
            Identifier::email("Priya@example.org").unwrap(),
            Identifier::reference("UCRN-1").unwrap(),
        ];
        let (searches, unknown) = searches(&identities);
        let fields: Vec<&str> = searches.iter().map(|search| search.field).collect();
        assert_eq!(fields, ["number1", "number2", "number3", "email"]);
        for search in &searches[..3] {
            assert_eq!(
                search.values,
                [
                    "+447700900142",
                    "447700900142",
                    "07700900142",
                    "+12125550123",
                    "12125550123"
                ]
            );
        }
        assert_eq!(searches[3].values, ["priya@example.org"]);
        assert_eq!(unknown, [IdentifierKind::Reference]);
    }

    #[test]
    fn who_is_known_by_nothing_that_five9_has_is_not_searched() {
        assert_eq!(
            searches(&[Identifier::reference("UCRN-1").unwrap()]),
            (vec![], vec![IdentifierKind::Reference])
        );
    }
}
