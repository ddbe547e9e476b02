//! A file of calls of any length. It is generated while it is uploaded and never held in memory as
//! a whole.

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use chrono::{DateTime, TimeDelta, Utc};
use custodian_runtime::{Clock, Environment, Patience};
use serde_json::json;
use std::fmt::Write;

/// The smallest size of a part of the upload, in bytes.
const PART: usize = 8 * 1024 * 1024;
/// All the columns that the council's tenant writes.
const HEADER: &str = "CALL ID,TIMESTAMP,CAMPAIGN,CALL TYPE,SKILL,AGENT,AGENT NAME,DISPOSITION,ANI,CUSTOMER NAME,DNIS,\
                      CALL TIME,TALK TIME,HOLD TIME,TRANSFERS,Survey.Name,Survey.Q1 Satisfaction,Survey.Q2 Comment\r\n";
const CAMPAIGNS: [(&str, &str); 4] = [
    ("Council Tax Inbound", "Council Tax"),
    ("Housing Inbound", "Housing"),
    ("Waste Inbound", "Waste"),
    ("Customer Services Inbound", "General enquiries"),
];
const NAMES: [&str; 4] = [
    "Priya Nair",
    "Tom Hardy-Smith",
    "Gwen Pritchard",
    "Abdul Rahman Siddiqui",
];
const COMMENTS: [&str; 4] = [
    "Very clear, thank you. I was told what to send and to whom, and had an answer within the week as they said",
    "Passed around three times, \"\"nobody\"\" knew, and then I was cut off, so that I had to call again the next day",
    "It took long to get through; the person I spoke to then was friendly and knew at once what it was about",
    "The bin has not been emptied since Easter although I have called twice. This time somebody did write it down",
];

/// The role that uploads a file of `count` calls, numbered from `from`, each from a different
/// person, and prints what the file is called.
pub async fn drop_file(from: usize, count: usize) {
    let host = Environment::lambda(Patience::LONG);
    let (client, bucket) = (
        custodian_buckets::client(&host.s3()),
        host.setting("INTAKE_BUCKET").unwrap(),
    );
    let key = format!("telephone/calls-{from}.csv");
    let upload = client
        .create_multipart_upload()
        .bucket(bucket)
        .key(&key)
        .send()
        .await
        .unwrap();
    let upload = upload.upload_id().unwrap();
    let (mut part, mut parts, now) = (HEADER.to_owned(), Vec::new(), Clock::system().now());
    for number in from..from + count {
        row(&mut part, number, now);
        if part.len() >= PART || number + 1 == from + count {
            let place = i32::try_from(parts.len() + 1).unwrap();
            let sent = client
                .upload_part()
                .bucket(bucket)
                .key(&key)
                .upload_id(upload)
                .part_number(place);
            let sent = sent
                .body(std::mem::take(&mut part).into_bytes().into())
                .send()
                .await
                .unwrap();
            parts.push(
                CompletedPart::builder()
                    .part_number(place)
                    .set_e_tag(sent.e_tag)
                    .build(),
            );
        }
    }
    let parts = CompletedMultipartUpload::builder()
        .set_parts(Some(parts))
        .build();
    let done = client
        .complete_multipart_upload()
        .bucket(bucket)
        .key(&key)
        .upload_id(upload)
        .multipart_upload(parts);
    println!(
        "{}",
        json!({"key": key, "etag": done.send().await.unwrap().e_tag})
    );
}

/// One call, of about 300 bytes, within the last 60 days and at an hour that every day has, even
/// when the clocks change.
fn row(file: &mut String, number: usize, now: DateTime<Utc>) {
    let pick = |salt: usize| (number / 7 + salt) % 4;
    let (campaign, skill) = CAMPAIGNS[pick(0)];
    let whole = |figure: usize| i64::try_from(figure).unwrap();
    let day = now.date_naive() - TimeDelta::days(1 + whole(number % 58));
    let (hour, minute, second) = (8 + number / 3600 % 11, number / 60 % 60, number % 60);
    writeln!(
        file,
        "{id},\"{day} {hour:02}:{minute:02}:{second:02}\",{campaign},Inbound,{skill},asingh,A. Singh,Survey complete,\
         07{phone:09},{name},01305251010,00:{minute:02}:{second:02},00:05:02,00:00:31,0,post-call,{rating},\"{comment}\"\r",
        id = 300_000_000_000_000 + number,
        day = day.format("%a, %d %b %Y"),
        phone = 400_000_000 + number,
        name = NAMES[pick(1)],
        rating = 1 + number % 5,
        comment = COMMENTS[pick(2)],
    )
    .unwrap();
}
