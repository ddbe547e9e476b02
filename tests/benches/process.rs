//! The processes of a run: the stack, and one for each thing that is measured.

use custodian_local::{ACCESS_KEY, Options, SECRET_KEY};
use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;
use serde_yaml_ng::Value as Yaml;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

/// The stack in another process. It stops when this value is dropped or this process ends.
pub struct Stack {
    process: Child,
    /// The stack runs until this is closed.
    open: Option<ChildStdin>,
    settings: BTreeMap<String, String>,
}

impl Stack {
    /// Starts the stack and waits until it is ready.
    pub fn start() -> Self {
        let mut process = this(&["stack"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let mut settings: BTreeMap<String, String> =
            serde_json::from_str(&line).expect("the stack starts");
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            // All of a run comes from one network address.
            ("ANSWERS_PER_HOUR", "1000000"),
        ] {
            settings.insert(name.to_owned(), value.to_owned());
        }
        Self {
            open: process.stdin.take(),
            process,
            settings,
        }
    }

    /// The environment variables that a function gets.
    pub const fn settings(&self) -> &BTreeMap<String, String> {
        &self.settings
    }

    /// Runs a role in its own process, with a function's environment, and returns what it prints.
    pub fn run(&self, role: &[&str]) -> Value {
        let output = this(role)
            .env_clear()
            .envs(&self.settings)
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "{role:?} fails");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Stops the stack.
    pub fn stop(mut self) {
        drop(self.open.take());
        self.process.wait().unwrap();
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn this(role: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(role);
    command
}

/// The role of the stack: prints the settings of all functions and runs until nobody is listening.
pub async fn stack() {
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let still = folder.path().join("template.yaml");
    std::fs::write(&still, without_events(template())).unwrap();
    let mut options = Options::new(still);
    options.surveys = Some(house.join("surveys"));
    // Nothing that is measured should wait for the stack's own background work.
    (options.ttl, options.schedules) = (false, false);
    let stack = custodian_local::Stack::start(options).await.unwrap();
    let settings = ["ingest", "export", "requests", "erase", "import", "expire"]
        .map(|function| stack.settings(function).unwrap());
    let settings: BTreeMap<String, String> = settings.into_iter().flatten().collect();
    println!("{}", serde_json::to_string(&settings).unwrap());
    tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()))
        .await
        .unwrap()
        .unwrap();
    stack.stop().await;
}

/// The project's template.
pub fn template() -> Yaml {
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    serde_yaml_ng::from_str(&std::fs::read_to_string(house.join("template.yaml")).unwrap()).unwrap()
}

/// The template without streams and notifications. The embedded DynamoDB reads the whole stream on
/// every write, so what is measured would depend on what was measured before. DynamoDB itself does
/// not do this. A file is imported in its own process, so no notification is needed.
fn without_events(mut template: Yaml) -> String {
    for (_, resource) in template["Resources"].as_mapping_mut().unwrap() {
        let Some(properties) = resource
            .get_mut("Properties")
            .and_then(Yaml::as_mapping_mut)
        else {
            continue;
        };
        properties.remove("StreamSpecification");
        if let Some(events) = properties.get_mut("Events").and_then(Yaml::as_mapping_mut) {
            events.retain(|_, event| event["Type"] != "DynamoDB" && event["Type"] != "S3");
        }
    }
    serde_yaml_ng::to_string(&template).unwrap()
}

/// The CPU time that this process has used.
pub fn cpu() -> Duration {
    let taken = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        taken.tv_sec.unsigned_abs(),
        u32::try_from(taken.tv_nsec).unwrap(),
    )
}

/// The CPU time that another process, now waiting, has used.
pub fn cpu_of(process: &Child) -> Duration {
    let threads = std::fs::read_dir(format!("/proc/{}/task", process.id())).unwrap();
    let taken = threads.map(|thread| {
        let all = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        all.split(' ').next().unwrap().parse::<u64>().unwrap()
    });
    Duration::from_nanos(taken.sum())
}

/// A figure of a process's memory in KiB: `VmRSS` is what it uses now, `VmHWM` the most it has
/// used.
pub fn memory(process: &str, figure: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
