//! Has the ledger witness how the audit trail ended, every hour in which it has grown. The ledger is
//! anchored where nobody can change it, so whoever changes or cuts off what is older is found.

use crate::Pass;
use crate::chore::Chore;
use async_trait::async_trait;
use custodian_aws::StorageError;
use custodian_store::audit_log::AuditLog;
use custodian_store::ledger::Ledger;

/// Has the ledger witness the audit trail.
#[derive(Debug)]
pub(crate) struct Witnessing {
    pub(crate) audit: AuditLog,
    pub(crate) ledger: Ledger,
}

#[async_trait]
impl Chore for Witnessing {
    fn name(&self) -> &'static str {
        "witnessing"
    }

    fn weight(&self) -> u32 {
        1
    }

    async fn run(&self, pass: &mut Pass) -> Result<(), StorageError> {
        let Some(end) = self.audit.proven_end(pass.now).await? else {
            return Ok(());
        };
        // What is wrong is not witnessed: the ledger would say it for ever.
        if pass.witnessed.is_some_and(|before| end.n < before) {
            let shorter = "the trail is shorter than it was";
            return Err(StorageError::because("witness the audit trail", shorter));
        }
        if pass.witnessed != Some(end.n) {
            self.ledger.witness(&end, pass.now).await?;
            pass.witnessed = Some(end.n);
        }
        Ok(())
    }
}
