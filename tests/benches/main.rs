//! What the functions cost, each figure beside a floor that is measured in the same run.
//!
//! The stack runs in a process of its own and so does whatever is measured: this program, in another role. Nothing
//! here fails because a machine is slow; the targets stand beside the figures for whoever reads them.

mod calls;
mod cold_start;
mod intake;
mod people;
mod process;
mod request;
mod runtime_api;
mod table;
mod volume;

use std::time::Duration;

/// How many requests are measured, and how many go before them.
const REQUESTS: (usize, usize) = (4_000, 400);
/// How many cold starts are measured, and how many go before them.
const STARTS: (usize, usize) = (20, 2);
/// How many records a person has; `BENCH_RECORDS` sets the largest number that is tried.
const RECORDS: [usize; 3] = [10, 1_000, 100_000];
/// How many rows a file has that is imported; `BENCH_RECORDS` sets the largest number here as well.
const ROWS: [usize; 3] = [10_000, 100_000, 1_000_000];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["stack"] => in_lambda(process::stack()),
        ["request"] => in_lambda(request::measure(REQUESTS)),
        ["load", person, count] => in_lambda(people::load(person, count.parse().unwrap())),
        ["export", person, kind] => in_lambda(volume::export(person, kind)),
        ["query", person] => in_lambda(volume::query(person)),
        ["erase", person] => in_lambda(volume::erase(person)),
        ["delete", person] => in_lambda(volume::delete(person)),
        ["delete", person, count] => in_lambda(volume::delete_known(person, count.parse().unwrap())),
        ["drop", from, count] => in_lambda(calls::drop_file(from.parse().unwrap(), count.parse().unwrap())),
        ["import", key, etag] => in_lambda(intake::import(key, etag)),
        ["put", count] => in_lambda(intake::put(count.parse().unwrap())),
        // `cargo test --benches` runs this too, without a word.
        _ if !words.contains(&"--bench") => println!("Run it with `make bench`."),
        _ if words.contains(&"imports") => imports(),
        _ if words.contains(&"people") => people(),
        _ => everything(),
    }
}

/// Runs a role as a function runs on Lambda: on one thread.
fn in_lambda<T>(role: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(role)
}

/// The largest number that is tried.
#[expect(clippy::disallowed_methods, reason = "a setting of this program, which is no function")]
fn most() -> usize {
    std::env::var("BENCH_RECORDS").map_or(usize::MAX, |most| most.parse().expect("BENCH_RECORDS is a number"))
}

fn everything() {
    let stack = process::Stack::start();

    let (count, before) = REQUESTS;
    println!("ingest, one answer: {count} requests after {before}, each beside a PutItem of the same item");
    let measured = stack.run(&["request"]);
    request::print(&measured);

    let (count, before) = STARTS;
    println!("\ningest, cold start: {count} starts after {before}, in turn with a function that only puts one item");
    cold_start::measure(&stack, &measured["item"], STARTS);

    println!("\nexport and erase, beside a bare Query, and a bare loop that finds keys and deletes, 25 at once");
    volume::measure(&stack, RECORDS.into_iter().filter(|count| *count <= most()));
    stack.stop();
    println!();
    imports();
}

/// Only the erasures: `cargo bench --bench costs -- people`.
fn people() {
    println!("erase, beside a bare loop of Query and BatchWriteItem, 25 at once, that tells nobody");
    let stack = process::Stack::start();
    volume::erasures(&stack, RECORDS.into_iter().filter(|count| *count <= most()));
    stack.stop();
}

/// Also by itself: `cargo bench --bench costs -- imports`.
fn imports() {
    println!("import, beside a bare BatchWriteItem of such items, 25 at once and 16 batches at a time");
    intake::measure(ROWS.into_iter().filter(|count| *count <= most()));
}

/// The middle of some durations.
fn median(durations: &mut [Duration]) -> Duration {
    percentile(durations, 50)
}

/// What so many in a hundred do not exceed.
fn percentile(durations: &mut [Duration], percent: usize) -> Duration {
    durations.sort_unstable();
    durations[(durations.len() * percent / 100).min(durations.len() - 1)]
}
