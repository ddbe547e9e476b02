//! Whose turn it is: of each source one file is read at a time, however many invocations there are.
//!
//! Nobody waits in an invocation, which would take one of the account's away from residents. Who
//! finds a file of the same source being read leaves, and whoever reads hands over to the file that
//! has waited longest when their turn is over. The file was in the bucket before anybody was told
//! of it, and the bucket is looked at after the turn has ended: so either the one who leaves is
//! seen, or the turn was free. Where an invocation dies, Lambda repeats it, and then the sweep
//! finds what is left.

use crate::Import;
use crate::checkpoint::Checkpoint;
use crate::event::Started;
use crate::report::Report;
use custodian_aws::StorageError;
use custodian_buckets::files::Beside;
use custodian_domain::record::source::Source;
use custodian_runtime::Deadline;

impl Import {
    /// Imports one file, or goes on with it, if no other of its source is being read; gives its
    /// report so far.
    pub(crate) async fn in_turn(
        &self,
        started: Started,
        invocation: &str,
        deadline: Deadline,
    ) -> Result<Option<Report>, StorageError> {
        // Where no source is agreed on nothing is read.
        let Some(source) = started.folder().source() else {
            return self.handle(started, deadline).await;
        };
        if !self.has_turn(source, &started, invocation).await? {
            tracing::info!(source = source.as_str(), outcome = "waits", "import");
            return Ok(None);
        }
        let id = started.id();
        let done = Box::pin(self.handle(started, deadline)).await;
        let passed_on = self
            .pass_on(source, invocation, done.is_err().then_some(id.as_str()))
            .await;
        let report = done?;
        passed_on.map(|()| report)
    }

    /// Whether the turn is this invocation's. Where it is not, it is remembered when the file
    /// arrived, which nobody else was told; a turn that has ended by then is taken after all.
    async fn has_turn(
        &self,
        source: Source,
        started: &Started,
        invocation: &str,
    ) -> Result<bool, StorageError> {
        if self
            .imports
            .take_turn(source, invocation, self.clock.now())
            .await?
        {
            return Ok(true);
        }
        if let Started::Dropped { file, arrived } = started
            && self.files.open(file, 0).await?.is_some()
        {
            let beginning = Checkpoint::start(file, Some(*arrived)).to_json()?;
            self.files
                .write_first(file, Beside::Progress, beginning)
                .await?;
        }
        self.imports
            .take_turn(source, invocation, self.clock.now())
            .await
    }

    /// Ends the turn, and has the file read that has waited longest.
    async fn pass_on(
        &self,
        source: Source,
        invocation: &str,
        failed: Option<&str>,
    ) -> Result<(), StorageError> {
        self.imports
            .end_turn(source, invocation, self.clock.now())
            .await?;
        match self.files.waiting_longest(source, failed).await? {
            Some(next) => self.files.hand_over(&next).await,
            None => Ok(()),
        }
    }
}
