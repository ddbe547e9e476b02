//! What invokes a function when an object is created: the S3 events of a template.

use super::resources::read;
use serde::Deserialize;
use serde_json::Value;

/// The ways in which an object is created, in the events' names.
const WAYS: [&str; 4] = ["Put", "Post", "Copy", "CompleteMultipartUpload"];

/// The objects of a bucket that a function subscribes to.
#[derive(Clone, Debug)]
pub(crate) struct CreationEvent {
    pub(crate) bucket: String,
    ways: Vec<&'static str>,
    prefix: String,
    suffix: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Properties {
    bucket: String,
    events: Events,
    #[serde(default)]
    filter: Filter,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Events {
    One(String),
    Several(Vec<String>),
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    s3_key: S3Key,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct S3Key {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Rule {
    name: String,
    value: String,
}

impl CreationEvent {
    pub(super) fn new(properties: Value) -> Result<Self, String> {
        let properties: Properties = read(properties)?;
        let names = match properties.events {
            Events::One(name) => vec![name],
            Events::Several(names) => names,
        };
        let mut ways = Vec::new();
        for name in &names {
            let of_name = of(name)
                .ok_or_else(|| format!("{name} is not an event that the local stack has"))?;
            if of_name.iter().any(|way| ways.contains(way)) {
                return Err(format!("{name} is there twice"));
            }
            ways.extend(of_name);
        }
        if ways.is_empty() {
            return Err("it names no Events".into());
        }
        let (mut prefix, mut suffix) = (None, None);
        for Rule { name, value } in properties.filter.s3_key.rules {
            let side = match name.as_str() {
                "prefix" => &mut prefix,
                "suffix" => &mut suffix,
                other => {
                    return Err(format!(
                        "a filter's rule is for a prefix or a suffix, not for {other}"
                    ));
                }
            };
            if side.replace(value).is_some() {
                return Err(format!("a filter has one {name}"));
            }
        }
        let (prefix, suffix) = (prefix.unwrap_or_default(), suffix.unwrap_or_default());
        Ok(Self {
            bucket: properties.bucket,
            ways,
            prefix,
            suffix,
        })
    }

    /// Whether the function subscribes to this object.
    pub(crate) fn is_about(&self, bucket: &str, key: &str, way: &str) -> bool {
        let ends = key.starts_with(&self.prefix) && key.ends_with(&self.suffix);
        self.bucket == bucket && self.ways.contains(&way) && ends
    }

    /// Whether some object could match both, which S3 refuses however many functions there are.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let (a, b) = (&self.prefix, &other.prefix);
        let prefixes = a.starts_with(b.as_str()) || b.starts_with(a.as_str());
        let (a, b) = (&self.suffix, &other.suffix);
        let suffixes = a.ends_with(b.as_str()) || b.ends_with(a.as_str());
        let ways = self.ways.iter().any(|way| other.ways.contains(way));
        self.bucket == other.bucket && ways && prefixes && suffixes
    }
}

/// The ways that an event's name stands for.
fn of(name: &str) -> Option<&'static [&'static str]> {
    let way = name.strip_prefix("s3:ObjectCreated:")?;
    if way == "*" {
        return Some(&WAYS);
    }
    let at = WAYS.iter().position(|known| *known == way)?;
    WAYS.get(at..=at)
}

#[cfg(test)]
mod tests {
    use super::CreationEvent;
    use serde_json::{Value, json};

    fn event(events: &Value, rules: &Value) -> Result<CreationEvent, String> {
        CreationEvent::new(
            json!({"Bucket": "b", "Events": events, "Filter": {"S3Key": {"Rules": rules}}}),
        )
    }

    fn filtered(prefix: &str, suffix: &str) -> CreationEvent {
        let rules =
            json!([{"Name": "prefix", "Value": prefix}, {"Name": "suffix", "Value": suffix}]);
        event(&json!("s3:ObjectCreated:*"), &rules).unwrap()
    }

    #[test]
    fn an_event_is_about_the_objects_that_its_filter_passes() {
        let event = filtered("in/", ".csv");
        assert!(event.is_about("b", "in/a.csv", "Put") && event.is_about("b", "in/a.csv", "Copy"));
        for (bucket, key) in [
            ("c", "in/a.csv"),
            ("b", "in/a.json"),
            ("b", "out/a.csv"),
            ("b", "a.csv"),
        ] {
            assert!(!event.is_about(bucket, key, "Put"), "{bucket}/{key}");
        }
        let all =
            CreationEvent::new(json!({"Bucket": "b", "Events": ["s3:ObjectCreated:Put"]})).unwrap();
        assert!(all.is_about("b", "anything", "Put") && !all.is_about("b", "anything", "Copy"));
    }

    #[test]
    fn two_overlap_when_both_their_ends_do() {
        for (one, other, overlap) in [
            (("in/", ""), ("out/", ""), false),
            (("in/", ""), ("in/a/", ""), true),
            (("", ""), ("in/", ""), true),
            (("in/", ".csv"), ("in/", ".json"), false),
            (("in/", ".csv"), ("in/a", "v"), true),
        ] {
            let (one, other) = (filtered(one.0, one.1), filtered(other.0, other.1));
            assert_eq!(
                (one.overlaps(&other), other.overlaps(&one)),
                (overlap, overlap),
                "{one:?} {other:?}"
            );
        }
        let put = event(&json!("s3:ObjectCreated:Put"), &json!([])).unwrap();
        let copy = event(&json!("s3:ObjectCreated:Copy"), &json!([])).unwrap();
        assert!(!put.overlaps(&copy) && put.overlaps(&put));
    }

    #[test]
    fn what_s3_does_not_know_is_refused() {
        let prefix = json!({"Name": "prefix", "Value": "a"});
        for (events, rules, problem) in [
            (
                json!("s3:ObjectRemoved:*"),
                json!([]),
                "not an event that the local stack has",
            ),
            (json!("s3:ObjectCreated:put"), json!([]), "not an event"),
            (json!([]), json!([]), "no Events"),
            (
                json!(["s3:ObjectCreated:*", "s3:ObjectCreated:Put"]),
                json!([]),
                "twice",
            ),
            (
                json!("s3:ObjectCreated:*"),
                json!([prefix, prefix]),
                "a filter has one prefix",
            ),
            (
                json!("s3:ObjectCreated:*"),
                json!([{"Name": "infix", "Value": "a"}]),
                "not for infix",
            ),
            (
                json!("s3:ObjectCreated:*"),
                json!([{"Name": "prefix", "Value": "a", "Case": "b"}]),
                "unknown field",
            ),
        ] {
            let error = event(&events, &rules).unwrap_err();
            assert!(error.contains(problem), "{error}");
        }
    }
}
