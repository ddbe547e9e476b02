//! What docs/operations.md has people do on AWS, for the stack on this machine: verify its ledger,
//! keep a moment, rehearse a restore.

use crate::front::{self, Running, nobody, url};
use aws_sdk_dynamodb::Client;
use chrono::{DateTime, Utc};
use custodian_buckets::anchors::Anchors;
use custodian_domain::ledger::Witness;
use custodian_local_aws::recovery::with_recovery;
use custodian_local_aws::sdk;
use custodian_operations::evidence::{self, Proven, Scope, Unproven};
use custodian_operations::restore::{self, Unready};
use custodian_operations::surveys::{self, Output};
use custodian_operations::verify::{self, Audited, Unverified};
use custodian_rights::restoring::{Redone, Restoring};
use custodian_runtime::{Clock, Environment};
use custodian_store::evidence::Register;
use custodian_store::ledger::Ledger;
use custodian_store::records::Records;
use custodian_store::suppressions::Suppressions;
use custodian_store::surveys::Surveys;
use serde_json::json;

/// How far recovery reaches back, in days: the template's default.
const RECOVERY_DAYS: i32 = 35;

/// Verifies the ledger of the stack at a port, against its anchors.
///
/// # Errors
/// If there is no stack, or it has no ledger or no anchors.
pub async fn verify_ledger(
    port: u16,
    witness: Option<Witness>,
) -> Result<Result<Audited, Unverified>, String> {
    let stack = running(port).await?;
    let ledger = Ledger::new(client(&stack), table(&stack, "LEDGER_TABLE")?);
    let bucket = stack.buckets.get("ANCHORS_BUCKET").cloned();
    let bucket = bucket.ok_or("the stack's template has no function with ANCHORS_BUCKET")?;
    let anchors = Anchors::new(custodian_buckets::client(&host(&stack).s3()), bucket);
    Ok(verify::compare(&ledger, Some(&anchors), witness, stack.now).await)
}

/// Checks whether requests, holds and restrictions in the stack at a port are as its ledger attests
/// them.
///
/// # Errors
/// If there is no stack, or it has no ledger.
pub async fn verify_evidence(port: u16) -> Result<Result<Proven, Unproven>, String> {
    let stack = running(port).await?;
    let ledger = Ledger::new(client(&stack), table(&stack, "LEDGER_TABLE")?);
    let register = Register::new(client(&stack), table(&stack, "REGISTER_TABLE")?);
    Ok(evidence::prove(&ledger, &register, Scope::all(stack.now)).await)
}

/// Has the stack at a port keep this moment of its tables. Returns the second to restore it by.
///
/// # Errors
/// If there is no stack, or it cannot.
pub async fn backup(port: u16) -> Result<DateTime<Utc>, String> {
    let kept = front::post(&format!("{}/_local/backups", url(port)), &json!({}))
        .await
        .ok_or_else(|| nobody(port))??;
    serde_json::from_value(kept["moment"].clone()).map_err(|error| error.to_string())
}

/// Rehearses a restore in the stack at a port: makes a table of the records as they were at a kept
/// moment, prepares it for reading as `make restore` does on AWS, and deletes it again if it may be
/// read. The live table is read, and the ledger gets the entries of a restore.
///
/// # Errors
/// If there is no stack, or no such moment.
pub async fn rehearse(
    port: u16,
    since: DateTime<Utc>,
    with_live: bool,
    progress: impl FnMut(&Redone),
) -> Result<Result<Redone, Unready>, String> {
    let stack = running(port).await?;
    let name = format!("custodian-restored-{}", since.format("%Y%m%dT%H%M%SZ"));
    let order = json!({"table": table(&stack, "RECORDS_TABLE")?, "moment": since, "copy": name});
    front::post(&format!("{}/_local/restores", url(port)), &order)
        .await
        .ok_or_else(|| nobody(port))??;
    let client = client(&stack);
    let live = table(&stack, "RECORDS_TABLE")?;
    let restoring = Restoring {
        copy: Records::new(client.clone(), name.clone()),
        live: with_live.then(|| Records::new(client.clone(), live)),
        ledger: Ledger::new(client.clone(), table(&stack, "LEDGER_TABLE")?),
        suppressions: Suppressions::new(client.clone(), table(&stack, "REGISTER_TABLE")?),
        since,
    };
    let outcome = restore::restore(&restoring, RECOVERY_DAYS, stack.now, progress).await;
    delete(&client, &name).await?;
    Ok(outcome)
}

/// What people do with the surveys of a stack.
#[derive(Clone, Debug)]
pub enum OfSurveys {
    /// Put one: the name of its file, and its contents.
    Put(String, Vec<u8>),
    /// Take one out, by its id.
    Remove(String),
    /// List them.
    List,
}

/// Puts, removes or lists surveys in the stack at a port. Returns the output and the exit code.
///
/// # Errors
/// If there is no stack, or it does not answer.
pub async fn surveys(port: u16, what: OfSurveys) -> Result<Output, String> {
    let stack = running(port).await?;
    let surveys = Surveys::new(client(&stack), table(&stack, "REGISTER_TABLE")?);
    let output = match what {
        OfSurveys::Put(name, document) => surveys::put(&surveys, &name, &document, stack.now).await,
        OfSurveys::Remove(id) => surveys::remove(&surveys, &id, stack.now).await,
        OfSurveys::List => surveys::list(&surveys, stack.now).await,
    };
    output.map_err(|error| error.to_string())
}

async fn running(port: u16) -> Result<Running, String> {
    front::running(port).await.ok_or_else(|| nobody(port))
}

fn table(stack: &Running, setting: &str) -> Result<String, String> {
    stack
        .tables
        .get(setting)
        .cloned()
        .ok_or_else(|| format!("the stack's template has no function with {setting}"))
}

fn client(stack: &Running) -> Client {
    custodian_store::client(&host(stack).dynamodb())
}

fn host(stack: &Running) -> Environment {
    let sdk = with_recovery(sdk(), RECOVERY_DAYS, true);
    Environment::new(stack.endpoints.settings(), sdk, Clock::system())
}

/// A rehearsal leaves nothing behind: the restored table has people who were erased since.
async fn delete(client: &Client, name: &str) -> Result<(), String> {
    let left = |error: &dyn std::fmt::Display| {
        format!("the table {name} could not be deleted and is still there: {error}")
    };
    let unprotect = client
        .update_table()
        .table_name(name)
        .deletion_protection_enabled(false)
        .send()
        .await;
    unprotect.map_err(|error| left(&error.into_service_error()))?;
    client
        .delete_table()
        .table_name(name)
        .send()
        .await
        .map_err(|error| left(&error.into_service_error()))?;
    Ok(())
}
