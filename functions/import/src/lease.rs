//! Whose turn it is: only one file of each source is read at a time, however many invocations there
//! are.
//!
//! No invocation waits, because that would take one of the account's invocations away from
//! residents. An invocation that finds a file of the same source being read ends. The one that
//! reads hands over, after its turn, to the file that has waited longest. The file was in the
//! bucket before its notification, and the bucket is looked at after the turn has ended: so either
//! the waiting file is seen, or the turn was free. If an invocation dies, Lambda repeats it, and
//! after that the sweep finds what is left.

use crate::Import;
use crate::checkpoint::Checkpoint;
use crate::event::Started;
use crate::report::Report;
use custodian_aws::StorageError;
use custodian_buckets::files::Beside;
use custodian_domain::record::source::Source;
use custodian_runtime::Deadline;

impl Import {
    /// Imports one file, or continues it, if no other file of its source is being read. Returns its
    /// report so far.
    pub(crate) async fn in_turn(
        &self,
        started: Started,
        invocation: &str,
        deadline: Deadline,
    ) -> Result<Option<Report>, StorageError> {
        // Files outside the agreed folders of sources are not read.
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

    /// Whether this invocation has the turn. If not, it stores when the file arrived, which no
    /// other invocation was notified of. A turn that has ended by then is taken after all.
    async fn has_turn(
        &self,
        source: Source,
        started: &Started,
        invocation: &str,
    ) -> Result<bool, StorageError> {
        if self
            .imports
            .take_lease(source, invocation, self.clock.now())
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
            .take_lease(source, invocation, self.clock.now())
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
            .end_lease(source, invocation, self.clock.now())
            .await?;
        match self.files.waiting_longest(source, failed).await? {
            Some(next) => self.files.hand_over(&next).await,
            None => Ok(()),
        }
    }
}
