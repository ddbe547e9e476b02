//! Removals that cannot be recorded in the ledger: for a while, for too long, or never.

use crate::expiry::removed_by_ttl;
use crate::failing::{Off, failing_host};
use crate::house::{House, at, options};
use aws_sdk_dynamodb::types::AttributeValue;
use custodian_buckets::discarded::Discarded;
use custodian_expire::{Expire, RecordedRemovals};
use custodian_local::{Event, Handler, Options, Registry};
use custodian_operations::redrive::{Redriven, redrive};
use custodian_runtime::Function;
use custodian_runtime::failure::failure;
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// `expire` with a ledger that takes nothing during an outage.
struct Wavering {
    expire: Expire,
    outage: Arc<AtomicBool>,
    tries: Arc<AtomicUsize>,
}

#[async_trait::async_trait]
impl Handler for Wavering {
    async fn answer(&self, event: LambdaEvent<Event>) -> Result<Value, Diagnostic> {
        self.tries.fetch_add(1, Ordering::SeqCst);
        if self.outage.load(Ordering::SeqCst) {
            return Err(failure("Unavailable", "the ledger takes nothing"));
        }
        self.expire
            .invoke(LambdaEvent::new(
                event.payload.read().unwrap(),
                event.context,
            ))
            .await
    }
}

/// A stack with three removals to record, and an outage.
async fn in_an_outage() -> (House, Arc<AtomicBool>, Arc<AtomicUsize>) {
    let (outage, tries) = (
        Arc::new(AtomicBool::new(true)),
        Arc::new(AtomicUsize::new(0)),
    );
    let of_house = (Arc::clone(&outage), Arc::clone(&tries));
    let functions = Registry::custodian().with("expire", move |host| {
        let (outage, tries) = of_house.clone();
        async move {
            let expire = Expire::start(&host)
                .await
                .map_err(|error| error.to_string())?;
            Ok(Arc::new(Wavering {
                expire,
                outage,
                tries,
            }) as Arc<dyn Handler>)
        }
    });
    let house = House::with(Options {
        functions,
        ..options()
    })
    .await;
    for comment in ["One.", "Two.", "Three."] {
        house.tell(comment, None, None).await;
    }
    house.move_to("2029-11-24T10:00:00Z").await;
    assert!(house.items("RECORDS_TABLE").await.is_empty());
    (house, outage, tries)
}

/// The contents of the bucket of discarded removals.
fn discarded(house: &House) -> Vec<(String, Value)> {
    let (store, bucket) = (house.stack.store(), house.discarded());
    let read = |key: String| {
        let document =
            serde_json::from_slice(&store.bytes(&bucket, &key).unwrap().unwrap()).unwrap();
        (key, document)
    };
    store.keys(&bucket).into_iter().map(read).collect()
}

/// The same bucket, for the command.
fn bucket(house: &House) -> Discarded {
    Discarded::new(house.s3(), house.discarded())
}

/// What is put aside because nobody can read it.
async fn unreadable(house: &House) -> Vec<String> {
    let items = house.items("REGISTER_TABLE").await;
    let unreadable = items.into_iter().filter(|it| it.contains("UNREADABLE"));
    unreadable.collect()
}

async fn expire(house: &House) -> Expire {
    Expire::start(&house.stack.host("expire").unwrap())
        .await
        .unwrap()
}

/// The keys of an image, which every event has, with `?` for one that is missing.
fn image_of(image: &Value) -> Value {
    let key = |name: &str| {
        image
            .get(name)
            .cloned()
            .unwrap_or_else(|| json!({"S": "?"}))
    };
    json!({"pk": key("pk"), "sk": key("sk")})
}

fn event(payload: Value) -> LambdaEvent<Value> {
    LambdaEvent::new(payload, Context::default())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_the_ledger_is_waited_out_however_often_it_is_tried() {
    let (house, outage, tries) = in_an_outage().await;
    while tries.load(Ordering::SeqCst) < 60 {
        house.stack.settle().await.unwrap();
    }
    assert!(
        house.told().await.is_empty() && discarded(&house).is_empty(),
        "nothing is told and nothing given up"
    );
    outage.store(false, Ordering::SeqCst);
    house.stack.settle().await.unwrap();
    assert_eq!(house.told().await.len(), 3);
    assert!(discarded(&house).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_after_22_hours_is_told_by_a_command_once() {
    let (house, outage, _) = in_an_outage().await;
    house.move_to("2029-11-25T07:59:00Z").await;
    house.stack.settle().await.unwrap();
    assert!(
        discarded(&house).is_empty(),
        "a minute before its time is over"
    );
    house.move_to("2029-11-25T08:01:00Z").await;
    house.stack.settle().await.unwrap();
    let kept = discarded(&house);
    assert!(!kept.is_empty());
    for (key, document) in &kept {
        assert!(key.starts_with("aws/lambda/"), "{key}");
        assert_eq!(document["requestContext"]["condition"], "RecordAgeExceeded");
        assert!(
            document["payload"].as_str().unwrap().contains("OldImage"),
            "what is to be told is in it"
        );
    }
    assert!(house.stack.messages("custodian-Failed").is_empty() && house.told().await.is_empty());

    outage.store(false, Ordering::SeqCst);
    let expire = expire(&house).await;
    let redriven = redrive(&expire, &bucket(&house)).await.unwrap();
    assert_eq!(
        (redriven.recorded, redriven.left),
        (
            RecordedRemovals {
                new: 3,
                again: 0,
                unreadable: 0
            },
            0
        )
    );
    let entries = house.told().await;
    assert_eq!(entries.len(), 3);
    assert!(
        entries
            .iter()
            .all(|entry| entry.removed == at("2029-11-24T10:00:00Z")),
        "as of when it was removed"
    );
    assert!(discarded(&house).is_empty());
    assert_eq!(
        redrive(&expire, &bucket(&house)).await.unwrap(),
        Redriven::default(),
        "there is nothing left"
    );

    // As if it was interrupted before the deletion: the same objects are there again.
    for (key, document) in kept {
        let put = house.s3().put_object().bucket(house.discarded()).key(key);
        put.body(document.to_string().into_bytes().into())
            .send()
            .await
            .unwrap();
    }
    assert_eq!(
        redrive(&expire, &bucket(&house)).await.unwrap().recorded,
        RecordedRemovals {
            new: 0,
            again: 3,
            unreadable: 0
        }
    );
    assert_eq!(house.told().await.len(), 3, "telling again is telling once");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_removal_lacks_it_is_put_aside_by_itself_and_blocks_nothing() {
    let house = House::where_it_sleeps("expire").await;
    let image = |name: &str| {
        json!({"pk": {"S": format!("subject#1#{name}")}, "sk": {"S": "record#web_form#y"}, "day": {"S": "2023-08-01#2"},
            "source": {"S": "web_form"}, "expires_at": {"N": "1785576600"}, "comment": {"S": "Nobody's business."}})
    };
    let removal =
        |image: &Value| removed_by_ttl(image, at("2026-11-23T10:00:00Z"))["Records"][0].clone();
    let without = |name: &str| {
        let mut whole = image("x");
        whole.as_object_mut().unwrap().remove(name);
        whole
    };
    let with = |name: &str, value: Value| {
        let mut whole = image("x");
        whole[name] = value;
        whole
    };
    let images = [
        without("pk"),
        without("sk"),
        without("day"),
        without("source"),
        without("expires_at"),
        with("expires_at", json!({"S": "soon"})),
        with("expires_at", json!({"N": "99999999999999999999"})),
        with("sk", json!({"S": "?"})),
        with("day", json!({"S": "some day"})),
        json!({}),
        json!("?"),
    ];
    let mut records = vec![removal(&image("first"))];
    for (number, image) in images.iter().enumerate() {
        let mut record = removal(&image_of(image));
        (record["eventID"], record["dynamodb"]["OldImage"]) =
            (json!(format!("event-{number}")), image.clone());
        records.push(record);
    }
    records.push(json!("no record"));
    // Nothing else that is wrong with an image stops its entry from being recorded.
    let mut odd = image("odd");
    (odd["contact"], odd["comment"]) = (json!({"S": "07700 900142"}), json!({"N": "no number"}));
    records.extend([removal(&odd), removal(&image("last"))]);
    let expire = expire(&house).await;
    let answer = expire
        .invoke(event(json!({"Records": records})))
        .await
        .unwrap();
    let told: Vec<String> = house
        .told()
        .await
        .iter()
        .map(|entry| format!("{entry:?}"))
        .collect();
    assert_eq!(
        answer,
        json!({"batchItemFailures": []}),
        "nothing is to be repeated"
    );
    let kept = unreadable(&house).await;
    assert_eq!(
        (told.len(), kept.len()),
        (3, images.len() + 1),
        "each is told or kept: {told:?}"
    );
    assert!(discarded(&house).is_empty());
    assert!(
        !kept.concat().contains("Nobody's business"),
        "nothing that was told is kept: {kept:?}"
    );
    // Lambda sends the batch again, which makes the same items.
    expire
        .invoke(event(json!({"Records": records})))
        .await
        .unwrap();
    assert_eq!(unreadable(&house).await, kept);
    let redriven = redrive(&expire, &bucket(&house)).await.unwrap();
    assert_eq!(
        (redriven.objects, redriven.items, redriven.left),
        (0, 0, kept.len() as u64),
        "nobody can read them"
    );
    assert_eq!(redriven.summary().1, 1);
    assert_eq!(unreadable(&house).await, kept);
    house.move_to("2026-12-07T10:00:01Z").await;
    assert!(
        unreadable(&house).await.is_empty(),
        "after 14 days they are gone"
    );
}

/// As if this version could read what an earlier one could not, wherever that one put it.
#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_read_by_now_is_told_from_the_register_and_from_the_bucket() {
    let house = House::where_it_sleeps("expire").await;
    let expire = expire(&house).await;
    let removal = |name: &str| {
        let image = json!({"pk": {"S": format!("subject#1#{name}")}, "sk": {"S": "record#web_form#y"}, "day": {"S": "2023-08-01#2"},
            "source": {"S": "web_form"}, "expires_at": {"N": "1785576600"}});
        removed_by_ttl(&image, at("2026-11-23T10:00:00Z"))
    };
    let now = house.stack.clock().now();
    let readable = removal("register")["Records"][0].clone();
    expire.unreadable.keep(readable, now).await.unwrap();
    let earlier = json!({
        "version": "1.0", "timestamp": now, "requestContext": {"condition": "Unreadable"},
        "payload": removal("bucket").to_string(),
    });
    let put = house.s3().put_object().bucket(house.discarded());
    put.key("unreadable/0123.json")
        .body(earlier.to_string().into_bytes().into())
        .send()
        .await
        .unwrap();

    let redriven = redrive(&expire, &bucket(&house)).await.unwrap();
    assert_eq!((redriven.objects, redriven.items, redriven.left), (1, 1, 0));
    assert_eq!(redriven.recorded.new, 2);
    assert_eq!(house.told().await.len(), 2);
    assert!(unreadable(&house).await.is_empty() && discarded(&house).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_neither_be_told_nor_kept_comes_again() {
    let house = House::where_it_sleeps("expire").await;
    let poison = removed_by_ttl(
        &json!({"pk": {"S": "?"}, "sk": {"S": "?"}}),
        at("2026-11-23T10:00:00Z"),
    );
    let (host, _) = failing_host(&house, "expire", 0, Off::Before);
    let expire = Expire::start(&host).await.unwrap();
    let answer = expire.invoke(event(poison)).await.unwrap();
    assert_eq!(
        answer,
        json!({"batchItemFailures": [{"itemIdentifier": "7"}]})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_record_is_put_aside_and_does_not_hold_up_the_others() {
    let house = House::open().await;
    let over = at("2029-11-24T10:00:00Z").timestamp();
    house.tell("Before.", None, None).await;
    let poison = house
        .dynamodb()
        .put_item()
        .table_name(house.setting("RECORDS_TABLE"));
    let poison = poison
        .item("pk", AttributeValue::S("?".to_owned()))
        .item("sk", AttributeValue::S("?".to_owned()));
    let poison = poison.item("expires_at", AttributeValue::N(over.to_string()));
    poison
        .item("comment", AttributeValue::S("Poison.".to_owned()))
        .send()
        .await
        .unwrap();
    house.tell("After.", None, None).await;
    house.move_to("2029-11-25T10:00:00Z").await;
    assert!(house.items("RECORDS_TABLE").await.is_empty());
    assert_eq!(house.told().await.len(), 2, "both records are told");
    let kept = unreadable(&house).await;
    assert_eq!(kept.len(), 1);
    assert!(
        !kept[0].contains("Poison."),
        "where it lay is kept, and not what it said: {}",
        kept[0]
    );
    assert!(house.stack.messages("custodian-Failed").is_empty());
}
