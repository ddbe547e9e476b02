//! When and why somebody looked at a person's data: pointers in the Register, one for each look at
//! each person. The entries themselves are in the audit trail, which names no resident. An erasure
//! deletes the pointers.

use crate::keys::{self, Key};
use crate::{Item, n, number, s, text};
use chrono::{DateTime, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::record::Holder;
use custodian_domain::retention::{ExpiresAt, periods};
use custodian_domain::rights::package::RequestId;
use custodian_dynamo::{Pages, Table, Write};

const AT: &str = "at";
const ORDER: &str = "order";
const REQUEST: &str = "request";

/// The looks in the Register.
#[derive(Clone, Debug)]
pub struct Looks(Table);

/// A look at somebody's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// When.
    pub at: DateTime<Utc>,
    /// The order that it was for.
    pub order: String,
    /// The request that it was for.
    pub request: Option<RequestId>,
}

impl Looks {
    /// The looks in the Register named `name`.
    #[must_use]
    pub fn new(client: &custodian_dynamo::Client, name: &str) -> Self {
        Self(Table::new(client.clone(), name.to_owned()))
    }

    /// The looks at a person's data, oldest first, in pages.
    #[must_use]
    pub fn at(&self, holder: &Holder, now: DateTime<Utc>) -> Pages<Look> {
        let partition = keys::looked(holder);
        self.0
            .live("read who looked", &partition, "", now, |item| read(&item))
    }

    /// Deletes the looks at a person's data.
    ///
    /// # Errors
    /// [`StorageError`] unless they are certain to be deleted. A second time finds nothing to do.
    pub async fn forget(&self, holder: &Holder) -> Result<(), StorageError> {
        const OPERATION: &str = "forget who looked";
        let key = |item: Item| Key::of(&item);
        let mut pages = self.0.all(OPERATION, &keys::looked(holder), "", key);
        while let Some(page) = pages.next().await? {
            for key in page {
                Write::delete(&self.0, &key).send(OPERATION).await?;
            }
        }
        Ok(())
    }

    /// Points from a person to a look at their data, in the attempt with this number. It is over
    /// before the last of what was looked at is, at `until`.
    pub(crate) fn pointer(
        &self,
        holder: &Holder,
        attempt: u64,
        look: &Look,
        until: DateTime<Utc>,
    ) -> Write {
        let mut item = Item::from([
            (AT.to_owned(), n(look.at.timestamp())),
            (ORDER.to_owned(), s(&look.order)),
        ]);
        let request = look.request.as_ref();
        item.extend(request.map(|request| (REQUEST.to_owned(), s(request.as_str()))));
        // TTL deletes what is past its second, and a record is over from that very second on.
        let before = until - TimeDelta::seconds(1);
        let ends = look.at.checked_add_months(periods::LOOKS);
        let ends = ExpiresAt::at(ends.unwrap_or(look.at).min(before));
        Write::put(&self.0, keys::look(holder, look.at, attempt), item).ending(ends.epoch())
    }
}

fn read(item: &Item) -> Option<Look> {
    Some(Look {
        at: DateTime::from_timestamp(number(item, AT)?, 0)?,
        order: text(item, ORDER)?.to_owned(),
        request: text(item, REQUEST).and_then(|id| RequestId::try_from(id.to_owned()).ok()),
    })
}
