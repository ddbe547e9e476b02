//! Which requests for a copy are a person's: pointers in the Register, from the person to requests
//! of cases. A case does not say whose it is, and an erasure has to know that a copy is asked for:
//! erasing to prevent disclosure is an offence (Data Protection Act 2018 s.173). An erasure deletes
//! the pointers.

use crate::keys::{self, Key};
use crate::{Item, n, number};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::record::Holder;
use custodian_domain::retention::ExpiresAt;
use custodian_domain::rights::package::RequestId;
use custodian_dynamo::{Pages, SK, Table, Write, text};

const SINCE: &str = "since";

/// The pointers in the Register.
#[derive(Clone, Debug)]
pub struct Asked(Table);

/// A request that somebody has confirmed to be a person's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AskedFor {
    /// The request, which a case's id begins.
    pub request: RequestId,
    /// When it was confirmed.
    pub since: DateTime<Utc>,
}

impl Asked {
    /// The pointers in the Register named `name`.
    #[must_use]
    pub fn new(client: &custodian_dynamo::Client, name: &str) -> Self {
        Self(Table::new(client.clone(), name.to_owned()))
    }

    /// The requests that were confirmed to be a person's, open or closed, in pages.
    #[must_use]
    pub fn of(&self, holder: &Holder, now: DateTime<Utc>) -> Pages<AskedFor> {
        let partition = keys::asked(holder);
        let read = |item| read(&item);
        self.0
            .live("read what somebody asked for", &partition, "", now, read)
    }

    /// Points from a person to a request until its case is over, for a transaction.
    pub fn pointer(&self, holder: &Holder, asked: &AskedFor, until: DateTime<Utc>) -> Write {
        let item = Item::from([(SINCE.to_owned(), n(asked.since.timestamp()))]);
        Write::put(&self.0, keys::asked_for(holder, &asked.request), item)
            .ending(ExpiresAt::at(until).epoch())
    }

    /// Deletes the pointers from a person.
    ///
    /// # Errors
    /// [`StorageError`] unless they are certain to be deleted. A second time finds nothing to do.
    pub async fn forget(&self, holder: &Holder) -> Result<(), StorageError> {
        const OPERATION: &str = "forget what somebody asked for";
        let key = |item: Item| Key::of(&item);
        let mut pages = self.0.all(OPERATION, &keys::asked(holder), "", key);
        while let Some(page) = pages.next().await? {
            for key in page {
                Write::delete(&self.0, &key).send(OPERATION).await?;
            }
        }
        Ok(())
    }
}

fn read(item: &Item) -> Option<AskedFor> {
    Some(AskedFor {
        request: RequestId::try_from(text(item, SK)?.to_owned()).ok()?,
        since: DateTime::from_timestamp(number(item, SINCE)?, 0)?,
    })
}
