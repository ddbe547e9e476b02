//! Versions of surveys: those that no record can need any longer go.

use crate::Sweep;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_store::surveys::tidying::Tidied;

impl Sweep {
    /// Makes the versions true of the surveys that are asked at `now`, and forgets what is over
    /// unless something is held.
    pub(crate) async fn tidy_surveys(
        &self,
        held: bool,
        now: DateTime<Utc>,
    ) -> Result<Tidied, StorageError> {
        let tidied = self.surveys.tidy(held, now).await?;
        if tidied != Tidied::default() {
            tracing::info!(
                outcome = "surveys_tidied",
                count = tidied.forgotten,
                "sweep"
            );
        }
        Ok(tidied)
    }
}
