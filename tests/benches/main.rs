//! What the functions cost, with each figure beside a floor measured in the same run.
//!
//! The stack runs in its own process, and so does whatever is measured: this program again, in
//! another role. No check here fails because a machine is slow. The targets are printed beside the
//! figures for the reader.

mod calls;
mod cold_start;
mod expiry;
mod intake;
mod people;
mod process;
mod request;
mod requests_made;
mod runtime_api;
mod table;
mod volume;

use std::time::Duration;

/// How much is measured.
struct Size {
    /// How many requests are measured, and how many run before them unmeasured.
    requests: (usize, usize),
    /// How many cold starts are measured, and how many run before them unmeasured.
    starts: (usize, usize),
    /// How many records a person has. `BENCH_RECORDS` sets the largest number to try.
    records: &'static [usize],
    /// How often an erasure is measured. A machine that others use is faster at some times than at
    /// others.
    rounds: usize,
    /// How many rows an imported file has. `BENCH_RECORDS` sets the largest number here too.
    rows: &'static [usize],
    /// How many records expire on the day that is simulated. `BENCH_RECORDS` sets the largest
    /// number here too.
    expired: usize,
    /// How many records a person has, and how many rows a file has, where requests to AWS are
    /// counted.
    counted: &'static [usize],
}

/// What `make bench` measures.
const WHOLE: Size = Size {
    requests: (4_000, 400),
    starts: (20, 2),
    records: &[10, 1_000, 100_000],
    rounds: 3,
    rows: &[10_000, 100_000, 1_000_000],
    expired: 1_000_000,
    counted: &[1, 10, 1_000],
};
/// What `make test` runs, to check that everything here still runs. Its figures mean nothing.
const SMALLEST: Size = Size {
    requests: (10, 2),
    starts: (2, 1),
    records: &[10],
    rounds: 1,
    rows: &[10],
    expired: 1_000,
    counted: &[1, 10],
};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse().unwrap();
    let size = if words.contains(&"--smallest") {
        &SMALLEST
    } else {
        &WHOLE
    };
    match words.as_slice() {
        ["stack"] => in_lambda(process::stack()),
        ["request", count, before] => in_lambda(request::measure((number(count), number(before)))),
        ["load", person, count] => in_lambda(people::load(person, number(count))),
        ["export", person, kind] => in_lambda(volume::export(person, kind)),
        ["query", person] => in_lambda(volume::query(person)),
        ["erase", person] => in_lambda(volume::erase(person)),
        ["delete", person] => in_lambda(volume::delete(person)),
        ["delete", person, count] => in_lambda(volume::delete_known(person, number(count))),
        ["drop", from, count] => in_lambda(calls::drop_file(number(from), number(count))),
        ["import", key, etag] => in_lambda(intake::import(key, etag)),
        ["put", count] => in_lambda(intake::put(number(count))),
        ["expire", count, filled, writers] => {
            in_lambda(expiry::expire(
                number(count),
                number(filled),
                number(writers),
            ));
        }
        ["count", operation @ ..] => in_lambda(requests_made::count(operation)),
        // `cargo test --benches` runs this program too, with neither argument.
        _ if !words.contains(&"--bench") && !words.contains(&"--smallest") => {
            println!("Run it with `make bench`.")
        }
        _ if words.contains(&"imports") => imports(size),
        _ if words.contains(&"exports") => exports(size),
        _ if words.contains(&"people") => people(size),
        _ if words.contains(&"expiry") => expired(size),
        _ if words.contains(&"requests") => requests(size),
        _ => everything(size),
    }
}

/// Runs a role as Lambda runs a function: on one thread.
fn in_lambda<T>(role: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(role)
}

/// The largest number to try.
#[expect(
    clippy::disallowed_methods,
    reason = "a setting of this program, which is no function"
)]
fn most() -> usize {
    std::env::var("BENCH_RECORDS").map_or(usize::MAX, |most| {
        most.parse().expect("BENCH_RECORDS is a number")
    })
}

fn everything(size: &Size) {
    let stack = process::Stack::start();

    let (count, before) = size.requests;
    println!(
        "ingest, one answer: {count} requests after {before}, each beside a PutItem of the same item"
    );
    let measured = stack.run(&["request", &count.to_string(), &before.to_string()]);
    request::print(&measured);

    let (count, before) = size.starts;
    println!(
        "\ningest, cold start: {count} starts after {before}, in turn with a function that only puts one item"
    );
    cold_start::measure(&stack, &measured["item"], size.starts);

    stack.stop();
    for part in [exports, people, imports, expired, requests] {
        println!();
        part(size);
    }
}

/// The numbers to try, up to the largest.
fn up_to(counts: &'static [usize]) -> impl Iterator<Item = usize> {
    let most = most();
    counts.iter().copied().filter(move |count| *count <= most)
}

/// Measures exports. To run only these: `cargo bench --bench costs -- exports`.
fn exports(size: &Size) {
    println!("export, beside a bare Query that puts the records in order of time");
    let stack = process::Stack::start();
    volume::exports(&stack, up_to(size.records));
    stack.stop();
}

/// Measures erasures. To run only these: `cargo bench --bench costs -- people`.
fn people(size: &Size) {
    println!(
        "erase, beside a bare loop of Query and BatchWriteItem, 25 at once, that tells nobody"
    );
    let stack = process::Stack::start();
    volume::erasures(&stack, up_to(size.records), size.rounds);
    stack.stop();
}

/// Measures imports. To run only these: `cargo bench --bench costs -- imports`.
fn imports(size: &Size) {
    println!(
        "import, beside a bare BatchWriteItem of such items, 25 at once and 16 batches at a time"
    );
    intake::measure(up_to(size.rows));
}

/// Measures expiry. To run only this: `cargo bench --bench costs -- expiry`.
fn expired(size: &Size) {
    println!("expire, on a day on which many records expire");
    expiry::measure(size.expired.min(most()));
}

/// Counts requests to AWS. To run only this: `cargo bench --bench costs -- requests`.
fn requests(size: &Size) {
    println!("requests to AWS, once a function has started");
    requests_made::measure(size.counted);
}

/// The median of some durations.
fn median(durations: &mut [Duration]) -> Duration {
    percentile(durations, 50)
}

/// The duration that this percentage of them does not exceed.
fn percentile(durations: &mut [Duration], percent: usize) -> Duration {
    durations.sort_unstable();
    durations[(durations.len() * percent / 100).min(durations.len() - 1)]
}
