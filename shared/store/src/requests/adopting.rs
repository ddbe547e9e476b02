//! Open requests that the first version approved. It put what starts a task beside the task, where
//! other functions could put it as well. They continue once somebody has looked at them and adopts
//! them.

use super::{Request, Requests, Stage};
use crate::keys::{self, FORMER_START, Key};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::place::Place;
use custodian_domain::rights::package::RequestId;
use custodian_dynamo::{Condition, Write, transact};
use std::collections::BTreeMap;

/// An open request of the first version, which nothing starts any more.
#[derive(Clone, Debug)]
pub struct Former {
    /// The request, as it is stored.
    pub request: Request,
    /// The places that take part in it.
    pub places: Vec<Place>,
}

impl Requests {
    /// The open requests of the first version that nobody has adopted.
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
                if id.is_click() || self.tasks.start_of(&id, place, now).await?.is_some() {
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

    /// Lets a request of the first version continue as it is stored. Returns whether it had not
    /// continued yet.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to continue.
    pub async fn adopt(&self, id: &RequestId, former: &Former) -> Result<bool, StorageError> {
        let Former { request, places } = former;
        let approved = request.approved(id);
        let mut writes = Vec::new();
        for place in places {
            let start = self.tasks.start(id, *place, &approved, request.end());
            writes.push(start.when(Condition::not_there()));
            let beside = Key::new(keys::task(id, *place), FORMER_START);
            writes.push(Write::delete(&self.table, beside));
        }
        transact("adopt a request", writes).await
    }
}
