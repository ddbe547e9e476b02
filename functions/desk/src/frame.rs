//! What stands around every page of the desk.

use crate::Desk;
use crate::respond::{Frame, Who};
use crate::roles::Role;
use crate::routes;
use crate::session::Open;
use crate::view::{Link, Tab};
use crate::words;
use chrono::{DateTime, Utc};

impl Desk {
    /// What stands around a page: for somebody who is signed in, at a time, on this page.
    pub(crate) fn frame(&self, who: Option<(&Open, DateTime<Utc>, &str)>) -> Frame {
        let menu = who.map_or_else(Vec::new, |(open, _, path)| menu(&open.roles, path));
        let who = who.map(|(open, now, _)| Who {
            staff: open.staff().as_str().to_uppercase(),
            ends: words::at(open.ends(now)),
            token: open.secret.form_token("/desk/sign-out"),
        });
        Frame {
            council: self.site.council.clone(),
            who,
            menu,
        }
    }
}

/// The pages that somebody with these roles begins with.
pub(crate) fn menu(roles: &[Role], path: &str) -> Vec<Tab> {
    const MENU: [(&str, &str); 9] = [
        ("Today", "/desk"),
        ("All requests", "/desk/requests"),
        ("Register a request", "/desk/register"),
        ("Tasks", "/desk/tasks"),
        ("Breaches", "/desk/breaches"),
        ("Who looked", "/desk/looks"),
        ("Figures", "/desk/figures"),
        ("Dates", "/desk/calendar"),
        ("Record of processing", "/desk/processing"),
    ];
    let may_see = |to: &str| {
        routes::find(to)
            .is_some_and(|(route, _)| route.roles.iter().any(|role| roles.contains(role)))
    };
    let items = MENU.into_iter().filter(|(_, to)| may_see(to));
    items
        .map(|(words, to)| Tab {
            link: Link::new(words, to),
            is_here: to == path,
        })
        .collect()
}
