//! From exec to the first answer: the release binary of `ingest`, beside a function that only puts
//! one item.

use crate::process::{Stack, cpu_of, memory};
use crate::runtime_api::RuntimeApi;
use crate::table::{heading, mib, millis, row};
use crate::{median, request};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How many more events a function handles before its memory is measured.
const FURTHER: usize = 50;

/// A function that is started many times.
struct Function {
    binary: PathBuf,
    arguments: Vec<String>,
    /// Makes an event that is different from every other.
    event: Box<dyn Fn(usize) -> String>,
    asked: Vec<Duration>,
    answered: Vec<Duration>,
    cpu: Vec<Duration>,
    peak: u64,
}

/// Starts the functions in turn and prints what each start took.
pub fn measure(stack: &Stack, item: &Value, (count, before): (usize, usize)) {
    let binaries = std::env::current_exe().unwrap();
    let binaries = binaries.parent().unwrap().parent().unwrap();
    let table = &stack.settings()["RECORDS_TABLE"];
    let bare = |roots: &[&str]| {
        let (item, roots_read) = (item.clone(), roots.concat());
        let event = move |number: usize| {
            let mut item = item.clone();
            item["sk"] = format!("record#web_form#cold {roots_read} {number}").into();
            item.to_string()
        };
        let arguments = [table.as_str()]
            .iter()
            .chain(roots)
            .map(ToString::to_string)
            .collect();
        Function::new(binaries.join("examples/bare"), arguments, event)
    };
    let ingest = |number| {
        request::event(
            "rosa.hardy@example.com",
            &format!("c01d{number:04x}-5d41-4b8e-9a51-6a0c7b1f2d10"),
        )
        .to_string()
    };
    let by_telephone = |number| {
        let mut event =
            request::event("", &format!("ca11{number:04x}-5d41-4b8e-9a51-6a0c7b1f2d10"));
        event["body"] = json!({"satisfaction": 4, "site": "Wareham", "phone": "01305 221000"})
            .to_string()
            .into();
        event.to_string()
    };
    let function =
        |event: fn(usize) -> String| Function::new(binaries.join("ingest"), Vec::new(), event);
    let mut functions = [
        function(ingest),
        bare(&[]),
        bare(&["system"]),
        function(by_telephone),
    ];
    let api = RuntimeApi::serve();
    for number in 0..count + before {
        for function in &mut functions {
            function.start(stack, &api, number);
            if number < before {
                (function.asked, function.answered, function.cpu) = Default::default();
            }
        }
    }
    let [ingest, bare, system, telephone] = functions;
    let files = [&ingest, &bare].map(|function| sizes(&function.binary));
    let [ingest, bare, system, telephone] =
        [ingest, bare, system, telephone].map(Function::medians);
    heading();
    row(
        "exec to first answer, median",
        ingest[1],
        bare[1],
        "ms",
        "1.15",
    );
    row("  exec to ready for events", ingest[0], bare[0], "ms", "");
    row(
        "  CPU time to the first answer",
        ingest[2],
        bare[2],
        "ms",
        "1.15",
    );
    row(
        "  CPU beside one that reads all roots",
        ingest[2],
        system[2],
        "ms",
        "0.5",
    );
    row(
        "  CPU with a telephone number",
        telephone[2],
        ingest[2],
        "ms",
        "1.2 of one without",
    );
    row(
        "  beside one that reads all roots",
        ingest[1],
        system[1],
        "ms",
        "0.5",
    );
    row(
        "  with a telephone number",
        telephone[1],
        ingest[1],
        "ms",
        "1.2 of one without",
    );
    row(
        &format!("most memory, {FURTHER} answers later"),
        ingest[3],
        bare[3],
        "MiB",
        "< 8.5 MiB",
    );
    row(
        "size of the binary",
        files[0].0,
        files[1].0,
        "MiB",
        "< 7 MiB",
    );
    row(
        "size of it, deflated",
        files[0].1,
        files[1].1,
        "MiB",
        "< 3.5 MiB",
    );
}

impl Function {
    fn new(
        binary: PathBuf,
        arguments: Vec<String>,
        event: impl Fn(usize) -> String + 'static,
    ) -> Self {
        assert!(
            binary.is_file(),
            "{} is built by `make bench`",
            binary.display()
        );
        let event = Box::new(event);
        Self {
            binary,
            arguments,
            event,
            asked: vec![],
            answered: vec![],
            cpu: vec![],
            peak: 0,
        }
    }

    fn start(&mut self, stack: &Stack, api: &RuntimeApi, number: usize) {
        let (first, further) = (number * (FURTHER + 1), 1..=FURTHER);
        let mut command = Command::new(&self.binary);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(stack.settings())
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .stdout(Stdio::null());
        let event = (self.event)(first);
        let exec = Instant::now();
        let running = Running(command.spawn().unwrap());
        self.asked.push(api.asked() - exec);
        let (at, answer) = api.answered(event);
        self.answered.push(at - exec);
        assert!(answer.contains("\"statusCode\":201"), "{answer}");
        // It has asked for another event, and waits.
        api.asked();
        std::thread::sleep(Duration::from_millis(2));
        self.cpu.push(cpu_of(&running.0));
        for number in further {
            api.answered((self.event)(first + number));
            api.asked();
        }
        self.peak = self.peak.max(memory(&running.0.id().to_string(), "VmHWM"));
        drop(running);
        api.release();
    }

    /// The medians: ready, answered and CPU time in milliseconds, and peak memory in MiB.
    fn medians(mut self) -> [f64; 4] {
        let [asked, answered, cpu] =
            [&mut self.asked, &mut self.answered, &mut self.cpu].map(|all| millis(median(all)));
        [asked, answered, cpu, mib(self.peak)]
    }
}

/// A running function, killed when this value is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The size of a file in MiB, and its size when deflated, as in a zip.
fn sizes(file: &Path) -> (f64, f64) {
    let whole = std::fs::metadata(file).unwrap().len();
    let packed = Command::new("gzip")
        .args(["-9", "--stdout"])
        .arg(file)
        .output()
        .unwrap()
        .stdout
        .len();
    (
        mib(whole / 1024),
        mib(u64::try_from(packed).unwrap() / 1024),
    )
}
