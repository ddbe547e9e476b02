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

/// The stack in another process; it ends with this value or with this process.
pub struct Stack {
    process: Child,
    /// The stack runs until this is closed.
    open: Option<ChildStdin>,
    settings: BTreeMap<String, String>,
}

impl Stack {
    /// Starts the stack and waits until it is there.
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

    /// What a function finds in its environment.
    pub const fn settings(&self) -> &BTreeMap<String, String> {
        &self.settings
    }

    /// Runs a role in a process of its own, with a function's environment, and gives what it says.
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

    /// Ends the stack.
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

/// The role of the stack: says the settings of all functions and stays until nobody listens.
pub async fn stack() {
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let still = folder.path().join("template.yaml");
    std::fs::write(&still, without_events(template())).unwrap();
    let mut options = Options::new(still);
    options.surveys = Some(house.join("surveys"));
    // Nothing that is measured waits for what the stack does of itself.
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

/// The template of the house.
pub fn template() -> Yaml {
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    serde_yaml_ng::from_str(&std::fs::read_to_string(house.join("template.yaml")).unwrap()).unwrap()
}

/// The template without streams: the embedded DynamoDB looks at all that a stream holds whenever it
/// writes, so that what is measured would depend on what was measured before. DynamoDB itself does
/// not. And without notifications: a file is imported in a process of its own.
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

/// The CPU time that this process has taken.
pub fn cpu() -> Duration {
    let taken = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        taken.tv_sec.unsigned_abs(),
        u32::try_from(taken.tv_nsec).unwrap(),
    )
}

/// The CPU time that a process which now waits has taken.
pub fn cpu_of(process: &Child) -> Duration {
    let threads = std::fs::read_dir(format!("/proc/{}/task", process.id())).unwrap();
    let taken = threads.map(|thread| {
        let all = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        all.split(' ').next().unwrap().parse::<u64>().unwrap()
    });
    Duration::from_nanos(taken.sum())
}

/// A figure of a process's memory in KiB: `VmRSS` is what it has now, `VmHWM` the most that it ever
/// had.
pub fn memory(process: &str, figure: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
