//! Deletes versions of surveys that no record can need any longer.

use crate::Pass;
use crate::chore::Chore;
use async_trait::async_trait;
use custodian_aws::StorageError;
use custodian_store::surveys::Surveys;
use custodian_store::surveys::tidying::Tidied;

/// Deletes old versions of surveys.
#[derive(Debug)]
pub(crate) struct TidySurveys(pub(crate) Surveys);

#[async_trait]
impl Chore for TidySurveys {
    fn name(&self) -> &'static str {
        "surveys"
    }

    fn weight(&self) -> u32 {
        1
    }

    /// Makes the versions agree with today's surveys, and deletes what is over unless something is
    /// held.
    async fn run(&self, pass: &mut Pass) -> Result<(), StorageError> {
        // What is not certain to be free counts as held.
        let held = !pass.constraints_known || pass.report.standings.open > 0;
        let tidied = self.0.tidy(held, pass.now).await?;
        if tidied != Tidied::default() {
            tracing::info!(
                outcome = "surveys_tidied",
                count = tidied.forgotten,
                "sweep"
            );
        }
        pass.report.surveys = tidied;
        Ok(())
    }
}
