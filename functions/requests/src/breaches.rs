//! The orders about the register of breaches. Each has its own file.

mod affected;
mod breach_view;
mod close;
mod contained;
mod count;
mod entering;
mod finder;
mod follow_up;
mod form;
mod hold;
mod list;
mod people;
mod register;
mod remedied;
mod scope;
mod show;
mod told_ico;
mod unlikely;

use crate::certificate::Controller;
use crate::order::OrderHandler;
pub(crate) use entering::EnteringBreach;
pub(crate) use finder::{Finder, Position};
use std::sync::Arc;

/// The handler of each order, by its name.
pub(crate) fn orders(
    entering: EnteringBreach,
    finder: Finder,
    controller: Controller,
) -> [(&'static str, Box<dyn OrderHandler>); 15] {
    let (entering, finder) = (Arc::new(entering), Arc::new(finder));
    let into = || Arc::clone(&entering);
    let count = count::CountAffected {
        entering: into(),
        finder: Arc::clone(&finder),
    };
    let affected = affected::ListAffected {
        entering: into(),
        finder: Arc::clone(&finder),
    };
    let hold = hold::HoldAffected {
        entering: into(),
        finder: Arc::clone(&finder),
    };
    let scope = scope::EnterScope {
        entering: into(),
        finder,
    };
    let form = form::FillForm {
        entering: into(),
        controller,
    };
    [
        ("breach_register", Box::new(register::Register(into()))),
        ("breach_scope", Box::new(scope)),
        ("breach_unlikely", Box::new(unlikely::Unlikely(into()))),
        ("breach_told_ico", Box::new(told_ico::ToldIco(into()))),
        ("breach_follow_up", Box::new(follow_up::FollowUp(into()))),
        ("breach_people", Box::new(people::TellPeople(into()))),
        ("breach_contained", Box::new(contained::Contained(into()))),
        ("breach_remedied", Box::new(remedied::Remedied(into()))),
        ("breach_close", Box::new(close::CloseBreach(into()))),
        ("breach", Box::new(show::ShowBreach(into()))),
        ("breach_list", Box::new(list::ListBreaches(into()))),
        ("breach_form", Box::new(form)),
        ("breach_count", Box::new(count)),
        ("breach_affected", Box::new(affected)),
        ("breach_hold", Box::new(hold)),
    ]
}
