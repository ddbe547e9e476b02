//! Requests that the first version approved, and that are still open: it put what starts a task
//! beside the task, where others could put it as well. They go on once somebody has looked at them
//! and adopts them.

use super::{Request, Requests, Stage};
use crate::keys::{self, FORMER_START, PK, SK};
use crate::s;
use crate::tasks::start;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::place::Place;
use custodian_domain::rights::package::RequestId;
use std::collections::BTreeMap;

const OPERATION: &str = "adopt a request";

/// A request of the first version that is open, and that nothing starts any more.
#[derive(Clone, Debug)]
pub struct Former {
    /// The request, as it lies there.
    pub request: Request,
    /// The places that have a part in it.
    pub places: Vec<Place>,
}

impl Requests {
    /// The requests of the first version that are open and that nobody has adopted.
    ///
    /// # Errors
    /// [`StorageError`] if they cannot be read.
    pub async fn former(
        &self,
        now: DateTime<Utc>,
    ) -> Result<BTreeMap<RequestId, Former>, StorageError> {
        let mut former: BTreeMap<RequestId, Former> = BTreeMap::new();
        let mut pages = self.tasks.open();
        while let Some(page) = pages.next().await? {
            for (id, place) in page {
                if id.is_click() || self.tasks.approved(&id, place, now).await?.is_some() {
                    continue;
                }
                if let Some(known) = former.get_mut(&id) {
                    known.places.push(place);
                } else if let Some(request) = self.find(&id, now).await?
                    && request.stage == Stage::Approved
                {
                    former.insert(
                        id,
                        Former {
                            request,
                            places: vec![place],
                        },
                    );
                }
            }
        }
        Ok(former)
    }

    /// Has a request of the first version go on as it lies there; gives whether it did not yet.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to go on.
    pub async fn adopt(&self, id: &RequestId, former: &Former) -> Result<bool, StorageError> {
        let Former { request, places } = former;
        let approved = request.approved(id);
        let unreadable = |_| StorageError::unreadable(OPERATION);
        let mut actions = Vec::new();
        for place in places {
            let put = Put::builder()
                .table_name(&self.table.name)
                .set_item(Some(start(id, *place, &approved, request.end())))
                .condition_expression("attribute_not_exists(pk)");
            let beside = Delete::builder()
                .table_name(&self.table.name)
                .key(PK, s(keys::task(id, *place)));
            let beside = beside
                .key(SK, s(FORMER_START))
                .build()
                .map_err(unreadable)?;
            actions.push(
                TransactWriteItem::builder()
                    .put(put.build().map_err(unreadable)?)
                    .build(),
            );
            actions.push(TransactWriteItem::builder().delete(beside).build());
        }
        self.table.transact(OPERATION, actions).await
    }
}
