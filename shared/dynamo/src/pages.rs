//! Lists, page by page.

use crate::expression::Expression;
use crate::item::{Item, s};
use crate::key::{PK, SK};
use crate::live::is_live;
use crate::query::Shown;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use custodian_aws::{StorageError, failed};

/// Turns an item into the value that a reader wants; `None` if it cannot be read.
pub type Read<T> = fn(Item) -> Option<T>;

/// A list, page by page: memory holds at most one page of DynamoDB (1 MB).
#[derive(Debug)]
pub struct Pages<T> {
    next: Option<Request>,
    /// The request after it.
    then: Option<Box<Request>>,
    shown: Shown,
    operation: &'static str,
    read: Read<T>,
}

/// The request for the next page.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    Query(QueryFluentBuilder),
    Scan(ScanFluentBuilder),
}

impl<T> Pages<T> {
    pub(crate) fn new(
        operation: &'static str,
        request: Request,
        shown: Shown,
        read: Read<T>,
    ) -> Self {
        Self {
            next: Some(request),
            then: None,
            shown,
            operation,
            read,
        }
    }

    /// The same list of a partition, after this sort key.
    #[must_use]
    pub fn behind(self, partition: &str, sort: &str) -> Self {
        self.narrowed(|query| {
            query
                .exclusive_start_key(PK, s(partition))
                .exclusive_start_key(SK, s(sort))
        })
    }

    /// The same with at most so many items in each page, of those that are looked at.
    #[must_use]
    pub fn at_most(self, items: i32) -> Self {
        self.narrowed(|query| query.limit(items))
    }

    /// Whether there is no page after the last one that was read.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.next.is_none()
    }

    /// The same list, with only these attributes of each item.
    #[must_use]
    pub fn showing(self, attributes: &[&str]) -> Self {
        self.narrowed(|query| showing(query, attributes))
    }

    /// The same list, followed by another.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            then: other.next.map(Box::new),
            ..self
        }
    }

    fn narrowed(self, how: impl FnOnce(QueryFluentBuilder) -> QueryFluentBuilder) -> Self {
        let next = self.next.map(|next| match next {
            Request::Query(query) => Request::Query(how(query)),
            scan @ Request::Scan(_) => scan,
        });
        Self { next, ..self }
    }

    /// The next page, which may be empty; `None` after the last.
    ///
    /// # Errors
    /// [`StorageError`] if DynamoDB does not answer, or an item cannot be read; the same page can
    /// be requested again.
    pub async fn next(&mut self) -> Result<Option<Vec<T>>, StorageError> {
        // Kept until the answer is there: a list that broke off must not look like one that ended.
        let Some(next) = &self.next else {
            return Ok(None);
        };
        // On the heap: a call of the SDK is kilobytes, and callers hold many lists.
        let (items, rest) = Box::pin(next.clone().send(self.operation)).await?;
        self.next = rest.or_else(|| self.then.take().map(|then| *then));
        let shown = |item: &Item| match self.shown {
            Shown::All => true,
            Shown::LiveAt(now) => is_live(item, now),
            Shown::Where(is_shown, now) => is_shown(item, now),
        };
        let read = |item| (self.read)(item).ok_or(StorageError::unreadable(self.operation));
        items
            .into_iter()
            .filter(shown)
            .map(read)
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// All items of all pages, for lists that are known to be short.
    ///
    /// # Errors
    /// The errors of [`Pages::next`].
    pub async fn all(mut self) -> Result<Vec<T>, StorageError> {
        let mut all = Vec::new();
        while let Some(page) = self.next().await? {
            all.extend(page);
        }
        Ok(all)
    }
}

/// Only these attributes of each item.
pub(crate) fn showing(query: QueryFluentBuilder, attributes: &[&str]) -> QueryFluentBuilder {
    // The placeholders of the query's own expressions begin with `#n0`.
    let mut expression = Expression::default();
    let names: Vec<String> = attributes
        .iter()
        .map(|attribute| expression.name(attribute).replace("#n", "#shown"))
        .collect();
    let aliases = expression.names().into_iter().flatten();
    aliases.fold(
        query.projection_expression(names.join(", ")),
        |query, (place, name)| {
            query.expression_attribute_names(place.replace("#n", "#shown"), name)
        },
    )
}

impl Request {
    /// The items of a page, and the request for the next.
    async fn send(
        self,
        operation: &'static str,
    ) -> Result<(Vec<Item>, Option<Self>), StorageError> {
        let (items, last) = match self.clone() {
            Self::Query(query) => {
                let page = query.send().await.map_err(failed(operation))?;
                (page.items, page.last_evaluated_key)
            }
            Self::Scan(scan) => {
                let page = scan.send().await.map_err(failed(operation))?;
                (page.items, page.last_evaluated_key)
            }
        };
        let rest = last.map(|last| match self {
            Self::Query(query) => Self::Query(query.set_exclusive_start_key(Some(last))),
            Self::Scan(scan) => Self::Scan(scan.set_exclusive_start_key(Some(last))),
        });
        // A page without items returns none.
        Ok((items.unwrap_or_else(Vec::new), rest))
    }
}
