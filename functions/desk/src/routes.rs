//! Which page is at which address, and who may see it: one table, from which the tests are made.

use crate::roles::Role;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A page of the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Page {
    Today,
    Requests,
    RequestsFile,
    Register,
    Case,
    Clock,
    History,
    Letters,
    Person,
    Record,
    Correct,
    Statement,
    Package,
    Erasure,
    Approve,
    Confirm,
    Certificate,
    CaseForm,
    Breaches,
    RegisterBreach,
    Breach,
    BreachForm,
    CommissionersForm,
    Affected,
    Tasks,
    TaskDone,
    WhoLooked,
    Figures,
    Processing,
    NoticeToOthers,
    Calendar,
    Accessibility,
}

/// A page, its address and who may see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    /// The address; a part in braces is any one part.
    pub(crate) path: &'static str,
    pub(crate) page: Page,
    /// Who may see it; one of these is enough.
    pub(crate) roles: &'static [Role],
    /// Whether a form is sent to it.
    pub(crate) takes_forms: bool,
}

const DPO: &[Role] = &[Role::Dpo];
const EVIDENCE: &[Role] = &[Role::Dpo, Role::Auditor];
const HANDLERS: &[Role] = &[Role::Dpo, Role::Handler];
const AUDITOR: &[Role] = &[Role::Auditor];
const ANYBODY: &[Role] = &Role::ALL;

const fn shown(path: &'static str, page: Page, roles: &'static [Role]) -> Route {
    Route {
        path,
        page,
        roles,
        takes_forms: false,
    }
}

const fn form(path: &'static str, page: Page, roles: &'static [Role]) -> Route {
    Route {
        takes_forms: true,
        ..shown(path, page, roles)
    }
}

/// Every page for somebody who is signed in.
pub(crate) const ALL: &[Route] = &[
    shown("/desk", Page::Today, DPO),
    shown("/desk/requests", Page::Requests, DPO),
    shown("/desk/requests.csv", Page::RequestsFile, DPO),
    form("/desk/register", Page::Register, DPO),
    shown("/desk/cases/{case}", Page::Case, EVIDENCE),
    shown("/desk/cases/{case}/clock", Page::Clock, DPO),
    shown("/desk/cases/{case}/history", Page::History, EVIDENCE),
    shown("/desk/cases/{case}/letters", Page::Letters, DPO),
    form("/desk/cases/{case}/do/{form}", Page::CaseForm, DPO),
    form("/desk/cases/{case}/person", Page::Person, DPO),
    form("/desk/cases/{case}/records/{record}", Page::Record, DPO),
    form(
        "/desk/cases/{case}/records/{record}/correct",
        Page::Correct,
        DPO,
    ),
    form(
        "/desk/cases/{case}/records/{record}/statement",
        Page::Statement,
        DPO,
    ),
    form("/desk/cases/{case}/package/{kind}", Page::Package, DPO),
    form("/desk/cases/{case}/erasure", Page::Erasure, DPO),
    form("/desk/cases/{case}/erasure/approve", Page::Approve, DPO),
    form("/desk/cases/{case}/erasure/confirm", Page::Confirm, DPO),
    shown(
        "/desk/cases/{case}/erasure/certificate",
        Page::Certificate,
        EVIDENCE,
    ),
    shown("/desk/breaches", Page::Breaches, DPO),
    form("/desk/breaches/register", Page::RegisterBreach, DPO),
    shown("/desk/breaches/{breach}", Page::Breach, DPO),
    form("/desk/breaches/{breach}/do/{form}", Page::BreachForm, DPO),
    shown("/desk/breaches/{breach}/form", Page::CommissionersForm, DPO),
    form("/desk/breaches/{breach}/affected", Page::Affected, DPO),
    form("/desk/tasks", Page::Tasks, HANDLERS),
    shown("/desk/tasks/done", Page::TaskDone, HANDLERS),
    shown("/desk/looks", Page::WhoLooked, AUDITOR),
    shown("/desk/figures", Page::Figures, EVIDENCE),
    shown("/desk/processing", Page::Processing, EVIDENCE),
    shown("/desk/processing/others", Page::NoticeToOthers, EVIDENCE),
    shown("/desk/calendar", Page::Calendar, ANYBODY),
    shown("/desk/accessibility", Page::Accessibility, ANYBODY),
];

/// The variable parts of an address.
pub(crate) type Parts = BTreeMap<String, String>;

static ROUTER: LazyLock<matchit::Router<&'static Route>> = LazyLock::new(|| {
    let mut router = matchit::Router::new();
    for route in ALL {
        #[expect(
            clippy::expect_used,
            reason = "the table is fixed, and a test reads it"
        )]
        router
            .insert(route.path, route)
            .expect("a table of addresses");
    }
    router
});

/// The page at an address.
pub(crate) fn find(path: &str) -> Option<(&'static Route, Parts)> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let found = ROUTER.at(path).ok()?;
    let parts = found.params.iter();
    let parts = parts.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Some((found.value, parts.collect()))
}

#[cfg(test)]
mod tests {
    use super::{ALL, Page, find};

    #[test]
    fn every_page_has_its_address_and_somebody_who_may_see_it() {
        for route in ALL {
            assert!(!route.roles.is_empty(), "{}", route.path);
            let address = route
                .path
                .replace("{case}", "C-2026-0042")
                .replace("{form}", "decide")
                .replace("{record}", "K7M2PX9T")
                .replace("{kind}", "access")
                .replace("{breach}", "B-2026-0007");
            let (found, _) = find(&address).unwrap();
            assert_eq!(found.page, route.page, "{address}");
        }
        assert_eq!(find("/desk/").unwrap().0.page, Page::Today);
        assert!(find("/desk/cases/C-1/do/decide/x").is_none());
        assert!(find("/").is_none());
    }
}
