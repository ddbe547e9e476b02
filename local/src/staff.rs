//! The invented people who sign in at the desk, and the desk as their issuer knows it.

use custodian_simulators::{Client, Person};

/// The logical id of the desk's HTTP API, which has a port of its own.
pub(crate) const API: &str = "DeskApi";
/// The id by which the issuer knows the desk.
pub(crate) const CLIENT: &str = "custodian-desk";

/// The claim of the number by which a member of staff is named, as the user pool spells it.
const STAFF_NUMBER: &str = "custom:staff_number";
/// What the desk may ask for.
const SCOPES: [&str; 2] = ["openid", "custodian/desk"];

/// Their ids, names, staff numbers and group.
const PEOPLE: [(&str, &str, &str, Option<&str>); 7] = [
    ("dana", "Dana, Data Protection Officer", "D-1", Some("dpo")),
    (
        "dilys",
        "Dilys, Data Protection Officer",
        "D-2",
        Some("dpo"),
    ),
    ("hana", "Hana, request handler", "H-1", Some("handler")),
    ("ari", "Ari, auditor", "A-1", Some("auditor")),
    ("ola", "Ola, analyst", "N-1", Some("analyst")),
    ("petra", "Petra, publisher", "P-1", Some("publisher")),
    ("nobody", "Nobody in particular", "X-1", None),
];

pub(crate) fn people() -> Vec<Person> {
    let person = |(id, name, number, group): (&str, &str, &str, Option<&str>)| Person {
        id: id.to_owned(),
        name: name.to_owned(),
        // The council creates accounts under staff numbers: an access token says nothing else.
        username: number.to_lowercase(),
        groups: group.map(str::to_owned).into_iter().collect(),
        attributes: [(STAFF_NUMBER.to_owned(), number.to_owned())].into(),
    };
    PEOPLE.map(person).into()
}

/// The desk at this address.
pub(crate) fn client(desk: &str) -> Client {
    Client {
        id: CLIENT.to_owned(),
        redirect_uris: vec![format!("{desk}/desk/signed-in")],
        logout_uris: vec![format!("{desk}/desk/signed-out")],
        scopes: SCOPES.map(str::to_owned).into(),
    }
}
