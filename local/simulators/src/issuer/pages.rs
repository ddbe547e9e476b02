//! The pages that a person sees.

use super::people::Person;
use axum::response::Html;

/// Asks who it is. The form goes back to where the page came from, with the same query.
pub(super) fn who(people: &[Person], query: &str) -> Html<String> {
    let button = |person: &Person| {
        let groups = if person.groups.is_empty() {
            "no group".to_owned()
        } else {
            person.groups.join(", ")
        };
        format!(
            "<li><button name=\"person\" value=\"{}\">{}</button> ({})</li>",
            escaped(&person.id),
            escaped(&person.name),
            escaped(&groups)
        )
    };
    let people: String = people.iter().map(button).collect();
    page(
        "Who are you?",
        &format!(
            "<p>These are invented people, for trying out. There is no password.</p>\
             <form method=\"post\" action=\"/authorize?{}\"><ul>{people}</ul></form>",
            escaped(query)
        ),
    )
}

/// Says why a client's request cannot go on.
pub(super) fn problem(words: &str) -> Html<String> {
    page(
        "Sign-in does not work",
        &format!("<p>{}</p>", escaped(words)),
    )
}

fn page(title: &str, main: &str) -> Html<String> {
    Html(format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <style>body{{font:1.1875rem/1.5 sans-serif;margin:2rem}}ul{{list-style:none;padding:0}}li{{margin:1rem 0}}\
         button{{font:inherit;padding:.5rem 1rem}}</style></head>\
         <body><main><h1>{title}</h1>{main}</main></body></html>"
    ))
}

/// A text, in HTML.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}
