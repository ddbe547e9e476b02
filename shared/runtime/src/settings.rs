//! The settings of the functions, by their names in `template.yaml`.
//!
//! Here are those that several functions have. Of one that belongs to something, that says its
//! name: a purpose of keys its secret's (`custodian_domain::identity::keyring`), a processor those
//! of its connection (`custodian_partner_auth::processor`).

use crate::{Environment, StartError};

/// The table of what people said: records, links and profiles.
pub const RECORDS_TABLE: &str = "RECORDS_TABLE";
/// The table of what is known beside records: surveys, requests, suppressions, packages.
pub const REGISTER_TABLE: &str = "REGISTER_TABLE";
/// The table of the ledger.
pub const LEDGER_TABLE: &str = "LEDGER_TABLE";
/// The table of the audit trail: who gave which order.
pub const AUDIT_TABLE: &str = "AUDIT_TABLE";
/// The table of who is signed in to the desk.
pub const SESSIONS_TABLE: &str = "SESSIONS_TABLE";
/// The bucket of packages.
pub const EXPORTS_BUCKET: &str = "EXPORTS_BUCKET";
/// The bucket into which partners drop their files.
pub const INTAKE_BUCKET: &str = "INTAKE_BUCKET";
/// The bucket of the ledger's anchors.
pub const ANCHORS_BUCKET: &str = "ANCHORS_BUCKET";
/// The address that people know the pages by: `https://`, a name, and perhaps a path.
pub const PUBLIC_URL: &str = "PUBLIC_URL";
/// The council that asks.
pub const COUNCIL_NAME: &str = "COUNCIL_NAME";
/// The email address of the council's Data Protection Officer.
pub const DPO_EMAIL: &str = "DPO_EMAIL";
/// The secret of the subject keys.
pub const SUBJECT_KEYS_SECRET: &str = "SUBJECT_KEYS_SECRET";

const RECOVERY_DAYS: &str = "RECOVERY_DAYS";

/// How many days back a table can be restored: from 1 to 35, of the setting `RECOVERY_DAYS`.
///
/// # Errors
/// [`StartError`] if the setting is missing or is not that.
pub fn recovery_days(environment: &Environment) -> Result<u8, StartError> {
    let days = environment.setting(RECOVERY_DAYS)?.parse().ok();
    days.filter(|days| (1..=35).contains(days))
        .ok_or(StartError::Invalid(
            RECOVERY_DAYS,
            "must be a number from 1 to 35",
        ))
}
