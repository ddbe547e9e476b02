//! What the DPO sees of a case.

pub(super) use custodian_rights::case_view::{CALENDAR, of};
