//! Streams, schedules and the moving clock.

use super::{House, house};
use chrono::{DateTime, TimeDelta, Utc};
use custodian_runtime::Clock;
use serde_json::json;
use tempfile::TempDir;

fn noon() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

async fn at_noon() -> House {
    house(|options| options.clock = Clock::stopped_at(noon())).await
}

#[tokio::test]
async fn a_change_arrives_filtered_and_as_aws_shapes_it() {
    let house = at_noon().await;
    house.put("other", "a", 0).await;
    house.put("watched", "b", 7).await;
    house.stack.settle().await.unwrap();
    let events = house.consumer.take();
    let record = &events[0]["Records"][0];
    assert_eq!(events.len(), 1);
    assert_eq!(record["awsRegion"], "eu-west-2");
    assert_eq!(record["eventSource"], "aws:dynamodb");
    let arn = record["eventSourceARN"].as_str().unwrap();
    assert!(
        arn.starts_with("arn:aws:dynamodb:eu-west-2:000000000000:table/custodian-Things/stream/"),
        "{arn}"
    );
    assert_eq!(
        record["dynamodb"]["NewImage"]["expires_at"],
        json!({"N": "7"})
    );
    assert_eq!(record.get("userIdentity"), None);
    let event: aws_lambda_events::event::dynamodb::Event =
        serde_json::from_value(events[0].clone()).unwrap();
    assert_eq!(
        event.records[0].change.approximate_creation_date_time,
        noon()
    );
}

#[tokio::test]
async fn a_put_that_changes_nothing_is_not_delivered() {
    let house = at_noon().await;
    for expires_at in [7, 7, 8] {
        house.put("watched", "a", expires_at).await;
    }
    house.stack.settle().await.unwrap();
    assert_eq!(house.delivered().concat(), ["INSERT a", "MODIFY a"]);
}

#[tokio::test]
async fn a_poison_record_ends_in_the_queue_and_the_shard_goes_on() {
    let house = at_noon().await;
    let names = ["a", "b", "poison", "c", "d", "e"];
    for name in names {
        house.put("watched", name, 0).await;
    }
    house.stack.settle().await.unwrap();
    let delivered = house.delivered().concat();
    for name in names {
        let times = delivered
            .iter()
            .filter(|it| **it == format!("INSERT {name}"))
            .count();
        assert!(
            if name == "poison" {
                times >= 3
            } else {
                times >= 1
            },
            "{name} {times}"
        );
    }
    let messages = house.stack.messages("custodian-Failed");
    assert_eq!(messages.len(), 1);
    let body = &messages[0].body;
    assert_eq!(
        body["requestContext"]["condition"],
        "RetryAttemptsExhausted"
    );
    assert_eq!(body["DDBStreamBatchInfo"]["batchSize"], 1);
    assert_eq!(
        body["DDBStreamBatchInfo"]["approximateArrivalOfFirstRecord"],
        "2026-11-23T12:00:00Z"
    );
    assert!(!body.to_string().contains("watched"));
    house.put("watched", "f", 0).await;
    house.stack.settle().await.unwrap();
    assert_eq!(house.delivered().concat(), ["INSERT f"]);
}

#[tokio::test]
async fn a_moved_clock_removes_what_expired_and_the_stream_says_who_did_it() {
    let house = at_noon().await;
    house.put("watched", "a", noon().timestamp() + 60).await;
    house.stack.settle().await.unwrap();
    house.consumer.take();
    house
        .stack
        .move_clock(noon() + TimeDelta::seconds(61))
        .await
        .unwrap();
    assert_eq!(house.count().await, 0);
    let record = house.consumer.take().remove(0)["Records"][0].clone();
    assert_eq!(record["eventName"], "REMOVE");
    assert_eq!(
        record["userIdentity"],
        json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"})
    );
    let removed = record["dynamodb"]["ApproximateCreationDateTime"].to_string();
    assert_eq!(removed, format!("{}.0", noon().timestamp() + 61));
}

#[tokio::test]
async fn with_ttl_off_what_expired_stays() {
    let house = house(|options| options.ttl = false).await;
    house.put("watched", "a", 7).await;
    house
        .stack
        .move_clock(noon() + TimeDelta::days(2000))
        .await
        .unwrap();
    assert_eq!(house.count().await, 1);
}

#[tokio::test]
async fn a_jump_over_many_hours_runs_the_schedule_once() {
    let house = at_noon().await;
    house.stack.settle().await.unwrap();
    assert_eq!(
        house.timer.take().len(),
        1,
        "a rate runs as soon as there is one"
    );
    house
        .stack
        .move_clock(noon() + TimeDelta::minutes(59))
        .await
        .unwrap();
    assert!(house.timer.take().is_empty());
    house
        .stack
        .move_clock(noon() + TimeDelta::days(1096))
        .await
        .unwrap();
    assert_eq!(house.timer.take(), [json!({"from": "timer"})]);
}

#[tokio::test]
async fn the_clock_is_moved_over_http() {
    let house = at_noon().await;
    let answer = house
        .json(200, "POST /_local/clock HTTP/1.1\n\n{\"advance\": \"P3Y\"}")
        .await;
    assert_eq!(answer, json!({"now": "2029-11-23T12:00:00Z"}));
    house
        .json(
            200,
            "POST /_local/clock HTTP/1.1\n\n{\"now\": \"2027-01-01T00:00:00Z\"}",
        )
        .await;
    assert_eq!(
        house.json(200, "GET /_local/clock HTTP/1.1").await,
        json!({"now": "2027-01-01T00:00:00Z"})
    );
    for order in [
        "{\"advance\": \"-P1D\"}",
        "{\"advance\": \"tomorrow\"}",
        "{}",
        "",
    ] {
        house
            .json(400, &format!("POST /_local/clock HTTP/1.1\n\n{order}"))
            .await;
    }
}

#[tokio::test]
async fn a_folder_keeps_tables_objects_position_and_clock_across_a_restart() {
    let folder = TempDir::new().unwrap();
    let kept = async || house(|options| options.data = Some(folder.path().into())).await;
    let first = kept().await;
    let moved = first.stack.clock().now() + TimeDelta::days(400);
    let expiry = moved.timestamp() + 1000;
    first.put("watched", "a", expiry).await;
    first.stack.move_clock(moved).await.unwrap();
    assert_eq!(first.delivered().concat(), ["INSERT a"]);
    first.stack.store().create_bucket("kept-bucket").unwrap();
    first.stack.stop().await;

    let second = kept().await;
    assert!(second.stack.clock().now() >= moved);
    assert_eq!(second.count().await, 1);
    second.stack.settle().await.unwrap();
    assert!(second.delivered().is_empty());
    second
        .stack
        .move_clock(moved + TimeDelta::seconds(1100))
        .await
        .unwrap();
    assert_eq!(second.delivered().concat(), ["REMOVE a"]);
    assert_eq!(second.count().await, 0);
    second.put("watched", "b", expiry * 2).await;
    second.stack.settle().await.unwrap();
    assert_eq!(second.delivered().concat(), ["INSERT b"]);
}
