//! The page that gives people back what they typed, where no form can.

use super::Message;
use askama::Template;
use custodian_web::page::{self, Page, written};

/// The most fields that are given back: no survey asks so many, and a page stays in proportion to
/// what was sent.
pub const MOST_GIVEN_BACK: usize = 200;

/// What was typed into a form that was not saved.
#[derive(Clone, Debug)]
pub struct GivenBack {
    /// Where the form was sent to.
    pub action: String,
    /// The name of the token's field, and the form's token.
    pub token: Option<(&'static str, String)>,
    /// What was typed, in order.
    pub fields: Vec<TypedField>,
}

/// One thing that was typed.
#[derive(Clone, Debug)]
pub struct TypedField {
    /// The field's name in the form, if it can be sent again.
    pub name: Option<String>,
    /// The label above it.
    pub label: String,
    /// What was typed.
    pub value: String,
}

#[derive(Template)]
#[template(path = "given_back.html", whitespace = "minimize")]
struct GivenBackPage<'a> {
    page: Page<'a>,
    message: &'a page::Message,
    given_back: &'a GivenBack,
    fields: &'a [TypedField],
    /// Whether all of it can be sent again from here.
    again: bool,
}

/// A page that says why nothing was saved, with what was typed.
#[must_use]
pub fn given_back(page: Page<'_>, message: &Message, given_back: &GivenBack) -> String {
    let fields = given_back
        .fields
        .get(..MOST_GIVEN_BACK)
        .unwrap_or(&given_back.fields);
    let whole = fields.len() == given_back.fields.len() && !fields.is_empty();
    let again =
        whole && *message == Message::NotSaved && fields.iter().all(|field| field.name.is_some());
    let message = &message.to_page();
    written(&GivenBackPage {
        page,
        message,
        given_back,
        fields,
        again,
    })
}

impl TypedField {
    /// How many lines its box has.
    pub(super) fn rows(&self) -> usize {
        // This much fits into a line of the narrowest phone.
        let lines = self
            .value
            .lines()
            .map(|line| 1 + line.chars().count() / 25)
            .sum::<usize>();
        lines.clamp(1, 10)
    }
}
