//! The orders about the register of requests. Each has its own file.

mod add;
mod answered;
mod ask;
mod assign;
mod authority;
mod case;
mod case_view;
mod close;
mod complaint_about;
mod decide;
mod entering;
mod extend;
mod fee;
mod figures;
mod identity;
mod letter;
mod list;
mod recalculate;
mod received;
mod register;
mod reopen;
mod step;

use crate::certificate::Controller;
use crate::order::OrderHandler;
use custodian_rights::people::People;
use custodian_store::breaches::Breaches;
use custodian_store::requests::Requests;
pub(crate) use entering::Entering;
pub(crate) use list::month;
use std::sync::Arc;

/// The handler of each order, by its name.
pub(crate) fn orders(
    entering: Entering,
    people: People,
    register: Requests,
    controller: Controller,
    breaches: Breaches,
) -> [(&'static str, Box<dyn OrderHandler>); 20] {
    let entering = Arc::new(entering);
    let complaint_about = complaint_about::ComplaintAbout {
        entering: Arc::clone(&entering),
        breaches,
    };
    let letter = letter::WriteLetter {
        entering: Arc::clone(&entering),
        register,
        controller,
    };
    let into = || Arc::clone(&entering);
    [
        ("register", Box::new(register::Register(into()))),
        ("identity", Box::new(identity::Identity(into()))),
        ("authority", Box::new(authority::Authority(into()))),
        ("fee", Box::new(fee::Fee(into()))),
        ("ask", Box::new(ask::Ask(into()))),
        ("answered", Box::new(answered::Answered(into()))),
        ("extend", Box::new(extend::Extend(into()))),
        ("received", Box::new(received::Received(into()))),
        ("add", Box::new(add::Add(into()))),
        ("assign", Box::new(assign::Assign(into()))),
        (
            "step",
            Box::new(step::TakeStep {
                entering: into(),
                people,
            }),
        ),
        ("complaint_about", Box::new(complaint_about)),
        ("decide", Box::new(decide::Decide(into()))),
        ("close", Box::new(close::Close(into()))),
        ("reopen", Box::new(reopen::Reopen(into()))),
        ("case", Box::new(case::ShowCase(into()))),
        ("letter", Box::new(letter)),
        ("list", Box::new(list::ListCases(into()))),
        ("recalculate", Box::new(recalculate::Recalculate(into()))),
        ("figures", Box::new(figures::Figures(into()))),
    ]
}
