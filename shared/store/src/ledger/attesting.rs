//! Attests what is in the Register.

use super::appending::{LedgeredWrite, Statement};
use super::{DELETED_AT_ONCE, Ledger};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::ledger::Attestation;
use custodian_dynamo::Write;

const OPERATION: &str = "attest items";
/// How much one block attests at most. Each attestation is some 350 bytes of an item, for which
/// DynamoDB allows 400 KB
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>).
pub(crate) const ATTESTED_AT_ONCE: usize = 500;

impl Ledger {
    /// Attests these, each with a condition and a final write. Returns how many conditions were
    /// met. No entry attests more than [`ATTESTED_AT_ONCE`].
    pub(crate) async fn attest(
        &self,
        attested: Vec<(Write, Vec<Attestation>)>,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        let (mut sealed, mut deeds, mut count) = (0, Vec::new(), 0);
        for (write, some) in attested {
            if deeds.len() == DELETED_AT_ONCE || count + some.len() > ATTESTED_AT_ONCE {
                sealed += self
                    .append_block(OPERATION, std::mem::take(&mut deeds), now)
                    .await?;
                count = 0;
            }
            count += some.len();
            deeds.push(LedgeredWrite {
                write,
                statement: Statement::Attested(some),
            });
        }
        Ok(sealed + self.append_block(OPERATION, deeds, now).await?)
    }
}
