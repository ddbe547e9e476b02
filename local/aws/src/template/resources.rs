//! The resources that the local stack makes, with the properties that matter to it.

use super::intrinsics::text;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// A table: its keys, its indexes, its stream and what expires.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) keys: Vec<Key>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) local_indexes: Vec<Index>,
    pub(crate) ttl: Option<String>,
    pub(crate) stream: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Key {
    pub(crate) attribute_name: String,
    pub(crate) key_type: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Index {
    #[serde(rename = "IndexName")]
    pub(crate) name: String,
    pub(crate) key_schema: Vec<Key>,
    pub(crate) projection: Projection,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Projection {
    pub(crate) projection_type: String,
    #[serde(default)]
    pub(crate) non_key_attributes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Attribute {
    attribute_name: String,
    attribute_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TimeToLive {
    #[serde(default)]
    attribute_name: String,
    #[serde(deserialize_with = "flag")]
    enabled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TableProperties {
    attribute_definitions: Vec<Attribute>,
    key_schema: Vec<Key>,
    #[serde(default)]
    global_secondary_indexes: Vec<Index>,
    #[serde(default)]
    local_secondary_indexes: Vec<Index>,
    time_to_live_specification: Option<TimeToLive>,
    stream_specification: Option<StreamSpecification>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct StreamSpecification {
    stream_view_type: String,
}

/// Every property of `AWS::DynamoDB::Table`; a mistyped one would otherwise silently be missing.
const TABLE: [&str; 19] = [
    "AttributeDefinitions",
    "BillingMode",
    "ContributorInsightsSpecification",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "ImportSourceSpecification",
    "KeySchema",
    "KinesisStreamSpecification",
    "LocalSecondaryIndexes",
    "OnDemandThroughput",
    "PointInTimeRecoverySpecification",
    "ProvisionedThroughput",
    "ResourcePolicy",
    "SSESpecification",
    "StreamSpecification",
    "TableClass",
    "TableName",
    "Tags",
    "TimeToLiveSpecification",
];

impl Table {
    pub(super) fn new(id: &str, name: String, properties: Value) -> Result<Self, String> {
        only(&properties, &TABLE)?;
        let table: TableProperties = read(properties)?;
        let ttl = table
            .time_to_live_specification
            .filter(|ttl| ttl.enabled)
            .map(|ttl| ttl.attribute_name);
        if ttl.as_deref() == Some("") {
            return Err("TimeToLiveSpecification has no AttributeName".into());
        }
        Ok(Self {
            id: id.into(),
            name,
            attributes: table
                .attribute_definitions
                .into_iter()
                .map(|it| (it.attribute_name, it.attribute_type))
                .collect(),
            keys: table.key_schema,
            indexes: table.global_secondary_indexes,
            local_indexes: table.local_secondary_indexes,
            ttl,
            stream: table
                .stream_specification
                .map(|stream| stream.stream_view_type),
        })
    }
}

/// The properties of `AWS::S3::Bucket` that change nothing here, or that are understood.
///
/// Notifications of functions SAM makes of their S3 events; there is no EventBridge.
const BUCKET: [&str; 12] = [
    "BucketEncryption",
    "BucketName",
    "LifecycleConfiguration",
    "LoggingConfiguration",
    "MetricsConfigurations",
    "NotificationConfiguration",
    "ObjectLockConfiguration",
    "ObjectLockEnabled",
    "OwnershipControls",
    "PublicAccessBlockConfiguration",
    "Tags",
    "VersioningConfiguration",
];

/// A bucket, what its lifecycle removes, and whether it keeps versions.
#[derive(Debug)]
pub(crate) struct Bucket {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) rules: Vec<LifecycleRule>,
    pub(crate) versioned: bool,
    pub(crate) lock: Option<DefaultRetention>,
}

/// How long each new version is under lock.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct DefaultRetention {
    pub(crate) mode: String,
    #[serde(deserialize_with = "number")]
    pub(crate) days: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Versioning {
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct LockRule {
    default_retention: DefaultRetention,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct LockConfiguration {
    object_lock_enabled: String,
    rule: Option<LockRule>,
}

/// One rule of a lifecycle, in days.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct LifecycleRule {
    #[serde(default, rename = "Id")]
    _id: Option<String>,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) prefix: String,
    #[serde(default, deserialize_with = "number")]
    pub(crate) expiration_in_days: Option<i64>,
    abort_incomplete_multipart_upload: Option<Abort>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Abort {
    #[serde(deserialize_with = "number")]
    days_after_initiation: Option<i64>,
}

impl LifecycleRule {
    /// After how many days an upload that was never completed is aborted.
    pub(crate) fn abort_after_days(&self) -> Option<i64> {
        self.abort_incomplete_multipart_upload
            .as_ref()
            .and_then(|abort| abort.days_after_initiation)
    }
}

impl Bucket {
    pub(super) fn new(id: &str, name: String, properties: Value) -> Result<Self, String> {
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "PascalCase", deny_unknown_fields)]
        struct Lifecycle {
            rules: Vec<LifecycleRule>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Properties {
            #[serde(default)]
            lifecycle_configuration: Lifecycle,
            versioning_configuration: Option<Versioning>,
            #[serde(default, deserialize_with = "flag")]
            object_lock_enabled: bool,
            object_lock_configuration: Option<LockConfiguration>,
        }
        only(&properties, &BUCKET)?;
        if let Some(notifications) = properties.get("NotificationConfiguration") {
            only(notifications, &["EventBridgeConfiguration"])?;
        }
        let properties: Properties = read(properties)?;
        let rules = properties.lifecycle_configuration.rules;
        let rules = rules
            .into_iter()
            .filter(|rule| rule.status == "Enabled")
            .collect();
        let versioned = properties
            .versioning_configuration
            .is_some_and(|it| it.status == "Enabled");
        let lock = properties.object_lock_configuration;
        if (properties.object_lock_enabled || lock.is_some())
            && !(properties.object_lock_enabled && versioned)
        {
            return Err("a lock needs ObjectLockEnabled, and versions that are enabled".into());
        }
        if lock
            .as_ref()
            .is_some_and(|lock| lock.object_lock_enabled != "Enabled")
        {
            return Err("ObjectLockEnabled of a configuration can only be Enabled".into());
        }
        let lock = lock
            .and_then(|lock| lock.rule)
            .map(|rule| rule.default_retention);
        Ok(Self {
            id: id.into(),
            name,
            rules,
            versioned,
            lock,
        })
    }
}

/// A queue, for what failed.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) name: String,
    pub(crate) arn: String,
}

/// The properties of `GenerateSecretString`.
const GENERATE: [&str; 10] = [
    "ExcludeCharacters",
    "ExcludeLowercase",
    "ExcludeNumbers",
    "ExcludePunctuation",
    "ExcludeUppercase",
    "GenerateStringKey",
    "IncludeSpace",
    "PasswordLength",
    "RequireEachIncludedType",
    "SecretStringTemplate",
];
/// How long a generated text is if the template does not say.
const LENGTH: usize = 32;

/// A secret whose value AWS would generate.
#[derive(Debug)]
pub struct Secret {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its ARN, by which functions ask for it.
    pub arn: String,
    /// The JSON around the generated text, and the key of that text.
    pub(crate) template: Option<(Map<String, Value>, String)>,
    /// How long the generated text is, in bytes.
    pub length: usize,
}

impl Secret {
    pub(super) fn new(
        id: &str,
        name: String,
        arn: String,
        properties: &Value,
    ) -> Result<Self, String> {
        let generate = properties.get("GenerateSecretString");
        only(generate.unwrap_or(&Value::Null), &GENERATE)?;
        let field = |name: &str| generate.and_then(|it| it.get(name)).and_then(Value::as_str);
        let template = match (field("SecretStringTemplate"), field("GenerateStringKey")) {
            (Some(template), Some(key)) => {
                let template = serde_json::from_str(template);
                Some((
                    template.map_err(|error| {
                        format!("SecretStringTemplate is not a JSON object: {error}")
                    })?,
                    key.to_owned(),
                ))
            }
            (None, None) => None,
            _ => return Err("SecretStringTemplate and GenerateStringKey need each other".into()),
        };
        let length = generate
            .and_then(|it| it.get("PasswordLength"))
            .map(text)
            .transpose()?;
        let length = length.map_or(Ok(LENGTH), |length| {
            let checked = length
                .parse()
                .ok()
                .filter(|length| (1..=4096).contains(length));
            checked
                .ok_or_else(|| format!("a PasswordLength of {length} is not between 1 and 4,096"))
        });
        Ok(Self {
            id: id.into(),
            name,
            arn,
            template,
            length: length?,
        })
    }
}

/// Refuses a property that is not one of `known`.
pub(super) fn only(properties: &Value, known: &[&str]) -> Result<(), String> {
    let names = properties.as_object().into_iter().flat_map(Map::keys);
    for name in names {
        if !known.contains(&name.as_str()) {
            return Err(format!("{name} is not one of its properties"));
        }
    }
    Ok(())
}

pub(super) fn read<T: for<'de> Deserialize<'de>>(properties: Value) -> Result<T, String> {
    serde_json::from_value(properties).map_err(|error| error.to_string())
}

/// A whole number, which a parameter may have given as a text.
pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let value = Option::<Value>::deserialize(deserializer)?.filter(|value| !value.is_null());
    let parsed = value
        .map(|value| {
            text(&value)
                .ok()
                .and_then(|text| text.parse().ok())
                .ok_or(value)
        })
        .transpose();
    parsed.map_err(|value| serde::de::Error::custom(format!("{value} is not a whole number")))
}

/// A truth value, which a parameter may have given as a text.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = Value::deserialize(deserializer)?;
    match text(&value).unwrap_or_default().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(serde::de::Error::custom(format!(
            "{value} is neither true nor false"
        ))),
    }
}
