//! The page after an answer.

use super::{SURVEY, with_a_failure};
use crate::failing::Off;
use crate::gateway;
use crate::house::{House, at};
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use custodian_domain::london;
use custodian_domain::record::source::Source;
use custodian_domain::retention::ExpiresAt;

/// The instants around London's clock changes in a year, and around the seconds in which days end.
fn edges(year: i32) -> Vec<DateTime<Utc>> {
    let last_sunday = |month| {
        let last = NaiveDate::from_ymd_opt(year, month, 31).unwrap();
        last - Days::new(last.weekday().num_days_from_sunday().into())
    };
    let mut edges = Vec::new();
    for day in [last_sunday(3), last_sunday(10)] {
        for hour in ["22:59:59", "23:00:00", "23:59:59"] {
            edges.push(day.and_time(hour.parse().unwrap()).and_utc());
        }
    }
    edges
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_answers_when_the_clocks_change_gets_the_reference_and_the_day() {
    let house = House::open().await;
    let stored = [
        at("2026-10-25T23:00:00Z"),
        at("2026-03-26T23:30:00Z"),
        at("2029-10-29T23:10:00Z"),
    ];
    for now in (2026..=2040).flat_map(edges).chain(stored) {
        house.stack.clock().set(now);
        let sent = house.post_form(SURVEY, "satisfaction=4&site=Wareham").await;
        assert_eq!(sent.status, 303, "{now}: {}", sent.body);
        let until = london::date(ExpiresAt::of(Source::WebForm, now).instant())
            .format("%-d %B %Y")
            .to_string();
        // Somebody who opens the page later, or on a machine whose clock is slow, sees the same.
        for later in [
            TimeDelta::zero(),
            TimeDelta::hours(-2),
            TimeDelta::days(2),
            TimeDelta::days(4 * 366),
        ] {
            house.stack.clock().set(now + later);
            let thanks = house.get(sent.header("location")).await;
            assert_eq!(
                thanks.status,
                200,
                "{now} {later}: {}",
                sent.header("location")
            );
            assert!(thanks.body.contains(&until), "{now}: {until}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_not_written_here_confirms_nothing() {
    let house = House::open().await;
    let sent = house.post_form(SURVEY, "satisfaction=4&site=Wareham").await;
    let good = sent.header("location").to_owned();
    let (path, query) = good.split_once('?').unwrap();
    let other = "/surveys/planning-application/thank-you";
    for address in [
        path.to_owned(),
        format!("{path}?reference=M8DQHT7J&until=2029-11-23"),
        format!(
            "{path}?reference=K7M2PX9T&{}",
            query.split_once('&').unwrap().1
        ),
        good.replace("until=2029-11-23", "until=2029-11-24"),
        good.split("&proof=").next().unwrap().to_owned(),
        good[..good.len() - 1].to_owned(),
        format!("{good}A"),
        format!("{other}?{query}"),
        format!("{path}?reference=Call+0900&until=soon&proof=x"),
    ] {
        let page = house.get(&address).await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (404, "text/html; charset=utf-8"),
            "{address}"
        );
        assert!(
            page.body.contains("This page confirms nothing"),
            "{}",
            page.body
        );
        for claim in ["Thank you", "We have your answers", "Your reference is"] {
            assert!(!page.body.contains(claim), "{address}: {claim}");
        }
    }
    assert_eq!(house.get(&good).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_is_shown_though_the_survey_is_gone_or_the_register_is_silent() {
    let house = House::open().await;
    let sent = house.post_form(SURVEY, "satisfaction=4&site=Wareham").await;
    let (path, query) = sent.header("location").split_once('?').unwrap();
    let reference = &query["reference=".len()..][..8];
    let mut event = gateway::event("GET", path, "");
    event.payload["rawQueryString"] = query.into();
    let pairs: std::collections::BTreeMap<&str, &str> = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .collect();
    event.payload["queryStringParameters"] = serde_json::json!(pairs);
    // The surveys are never read.
    let silent = with_a_failure(&house, 0, Off::Before, event).await;
    assert_eq!(silent.status, 200, "{}", silent.body);
    assert!(silent.body.contains(reference) && silent.body.contains("We have your answers."));
    house.take_down(SURVEY).await;
    let gone = house.get(sent.header("location")).await;
    assert_eq!(gone.status, 200);
    assert!(gone.body.contains(reference));
}
