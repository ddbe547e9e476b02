//! The embedded DynamoDB: its tables as in the template, and what it lacks of the real one.

use crate::clock::Shared;
use crate::template::{Index, Key, Table};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    LocalSecondaryIndex, Projection, ProjectionType, ScalarAttributeType, StreamSpecification,
    StreamViewType, TableDescription, TimeToLiveSpecification,
};
use custodian_clock::Clock;
use dynoxide::Database;
use dynoxide::storage::Storage;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The embedded DynamoDB.
#[derive(Clone)]
pub(crate) struct Dynamo {
    pub(crate) database: Database,
    /// A second connection to a database in a file: the first one reads the machine's clock, this
    /// one the stack's.
    expiry: Option<Arc<Mutex<Storage>>>,
}

impl Dynamo {
    /// Opens a database in memory, or the one in the folder.
    pub(crate) fn open(data: Option<&Path>, clock: &Clock) -> Result<Self, String> {
        let wrong = |error: dynoxide::DynoxideError| {
            format!("the embedded DynamoDB does not open: {error}")
        };
        let shared: Arc<dyn dynoxide::storage_backend::Clock> = Arc::new(Shared(clock.clone()));
        let Some(folder) = data else {
            let database = Database::memory_with_clock(shared).map_err(wrong)?;
            return Ok(Self {
                database,
                expiry: None,
            });
        };
        let file = folder.join("dynamodb.db");
        let file = file.to_str().ok_or("the folder's name is not UTF-8")?;
        let database = Database::new(file).map_err(wrong)?;
        let expiry = Storage::new(file).map_err(wrong)?.with_clock(shared);
        Ok(Self {
            database,
            expiry: Some(Arc::new(Mutex::new(expiry))),
        })
    }

    /// Whether it is in a file.
    pub(crate) const fn is_kept(&self) -> bool {
        self.expiry.is_some()
    }

    /// Removes what TTL removes, by the stack's clock.
    pub(crate) async fn expire(&self) -> Result<usize, String> {
        let (database, expiry) = (self.database.clone(), self.expiry.clone());
        let runtime = tokio::runtime::Handle::current();
        let swept = tokio::task::spawn_blocking(move || match expiry {
            None => database.sweep_ttl(),
            Some(storage) => {
                let storage = storage.lock().unwrap_or_else(PoisonError::into_inner);
                runtime.block_on(dynoxide::ttl::sweep_expired_items(&*storage))
            }
        });
        match swept.await {
            Ok(Ok(removed)) => Ok(removed),
            Ok(Err(error)) => Err(format!("TTL could not remove what expired: {error}")),
            Err(error) => Err(format!("TTL could not remove what expired: {error}")),
        }
    }
}

/// Makes the tables that are missing; an existing one must be as in the template.
pub(crate) async fn make(
    dynamo: &Dynamo,
    client: &Client,
    tables: &[Table],
) -> Result<(), (String, String)> {
    for table in tables {
        let made = match dynamo.database.get_table_metadata(&table.name) {
            Ok(None) => create(client, table).await,
            Ok(Some(_)) => match client.describe_table().table_name(&table.name).send().await {
                Ok(found) => compare(table, found.table.as_ref()),
                Err(error) => Err(message_of(&error)),
            },
            Err(error) => Err(error.to_string()),
        };
        made.map_err(|problem| (table.id.clone(), problem))?;
    }
    Ok(())
}

/// Makes a table.
pub(crate) async fn create(client: &Client, table: &Table) -> Result<(), String> {
    let attributes = table.attributes.iter().map(|(name, kind)| {
        let definition = AttributeDefinition::builder().attribute_name(name);
        definition
            .attribute_type(ScalarAttributeType::from(kind.as_str()))
            .build()
            .map_err(text)
    });
    let mut request = client
        .create_table()
        .table_name(&table.name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes.collect::<Result<_, _>>()?))
        .set_key_schema(Some(keys(&table.keys)?));
    for index in &table.indexes {
        let built = GlobalSecondaryIndex::builder()
            .index_name(&index.name)
            .projection(projection(index));
        let built = built
            .set_key_schema(Some(keys(&index.key_schema)?))
            .build()
            .map_err(text)?;
        request = request.global_secondary_indexes(built);
    }
    for index in &table.local_indexes {
        let built = LocalSecondaryIndex::builder()
            .index_name(&index.name)
            .projection(projection(index));
        let built = built
            .set_key_schema(Some(keys(&index.key_schema)?))
            .build()
            .map_err(text)?;
        request = request.local_secondary_indexes(built);
    }
    if let Some(view) = &table.stream {
        let stream = StreamSpecification::builder()
            .stream_enabled(true)
            .stream_view_type(StreamViewType::from(view.as_str()));
        request = request.stream_specification(stream.build().map_err(text)?);
    }
    request.send().await.map_err(|error| message_of(&error))?;
    if let Some(attribute) = &table.ttl {
        let ttl = TimeToLiveSpecification::builder()
            .enabled(true)
            .attribute_name(attribute)
            .build()
            .map_err(text)?;
        let request = client
            .update_time_to_live()
            .table_name(&table.name)
            .time_to_live_specification(ttl);
        request.send().await.map_err(|error| message_of(&error))?;
    }
    Ok(())
}

fn keys(keys: &[Key]) -> Result<Vec<KeySchemaElement>, String> {
    let key = |key: &Key| {
        let kind = KeyType::from(key.key_type.as_str());
        KeySchemaElement::builder()
            .attribute_name(&key.attribute_name)
            .key_type(kind)
            .build()
            .map_err(text)
    };
    keys.iter().map(key).collect()
}

fn projection(index: &Index) -> Projection {
    let attributes = &index.projection.non_key_attributes;
    Projection::builder()
        .projection_type(ProjectionType::from(
            index.projection.projection_type.as_str(),
        ))
        .set_non_key_attributes((!attributes.is_empty()).then(|| attributes.clone()))
        .build()
}

/// Refuses a table of an earlier template: CloudFormation would replace or change it, the local
/// stack does not.
fn compare(table: &Table, found: Option<&TableDescription>) -> Result<(), String> {
    let found = found.ok_or("the table has no description")?;
    let names = |keys: &[KeySchemaElement]| {
        keys.iter()
            .map(|key| key.attribute_name.clone())
            .collect::<Vec<_>>()
    };
    let wanted = |keys: &[Key]| {
        keys.iter()
            .map(|key| key.attribute_name.clone())
            .collect::<Vec<_>>()
    };
    let of_indexes = found.global_secondary_indexes().iter();
    let indexes: BTreeSet<_> = of_indexes
        .map(|it| {
            (
                it.index_name().unwrap_or_default().to_owned(),
                names(it.key_schema()),
            )
        })
        .collect();
    let of_template: BTreeSet<_> = table
        .indexes
        .iter()
        .map(|it| (it.name.clone(), wanted(&it.key_schema)))
        .collect();
    let view = found
        .stream_specification()
        .and_then(StreamSpecification::stream_view_type)
        .map(|view| view.as_str().to_owned());
    if names(found.key_schema()) == wanted(&table.keys)
        && indexes == of_template
        && view == table.stream
    {
        Ok(())
    } else {
        Err("the folder holds this table with other keys, indexes or another stream: use a new folder".into())
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn message_of<
    E: std::error::Error + aws_sdk_dynamodb::error::ProvideErrorMetadata + 'static,
    R: std::fmt::Debug,
>(
    error: &SdkError<E, R>,
) -> String {
    use aws_sdk_dynamodb::error::ProvideErrorMetadata;
    error
        .message()
        .map_or_else(|| DisplayErrorContext(error).to_string(), str::to_owned)
}
