//! How the chores share the time, with chores that never end in place of some.

use crate::chore::{Chore, run_all};
use crate::{Pass, Sweep};
use async_trait::async_trait;
use custodian_aws::StorageError;
use custodian_runtime::{Clock, Environment, Function, Patience};
use custodian_store::sweep_cursor::Remembered;
use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Replaces a chore: it never ends, or ends at once. Notes how long it was given.
#[derive(Debug)]
struct StandIn {
    name: &'static str,
    weight: u32,
    endless: bool,
    begun: Arc<Mutex<Vec<(&'static str, Instant)>>>,
}

#[async_trait]
impl Chore for StandIn {
    fn name(&self) -> &'static str {
        self.name
    }

    fn weight(&self) -> u32 {
        self.weight
    }

    async fn run(&self, _: &mut Pass) -> Result<(), StorageError> {
        self.begun.lock().unwrap().push((self.name, Instant::now()));
        if self.endless {
            pending::<()>().await;
        }
        Ok(())
    }
}

/// The names and weights of a sweep's chores.
async fn chores() -> Vec<(&'static str, u32)> {
    let settings = [
        "REGISTER_TABLE",
        "RECORDS_TABLE",
        "LEDGER_TABLE",
        "AUDIT_TABLE",
    ]
    .into_iter()
    .chain(["EXPORTS_BUCKET", "INTAKE_BUCKET", "ANCHORS_BUCKET"]);
    let settings: BTreeMap<_, _> = settings.map(|it| (it.to_owned(), it.to_owned())).collect();
    let environment = Environment::lambda(Patience::LONG);
    let environment = settings
        .into_iter()
        .fold(environment, |all, (name, value)| all.with(&name, value));
    let sweep = Sweep::start(&environment).await.unwrap();
    let chores = sweep.chores.iter();
    chores.map(|chore| (chore.name(), chore.weight())).collect()
}

/// Runs replacements within this time. Returns what was cut short, and when each began.
async fn run(
    chores: &[(&'static str, u32)],
    endless: impl Fn(&str) -> bool,
    time: Duration,
) -> (Vec<&'static str>, Vec<Instant>) {
    let begun = Arc::default();
    let stand_ins: Vec<Box<dyn Chore>> = chores
        .iter()
        .map(|(name, weight)| {
            Box::new(StandIn {
                name,
                weight: *weight,
                endless: endless(name),
                begun: Arc::clone(&begun),
            }) as Box<dyn Chore>
        })
        .collect();
    let mut pass = Pass::begin(None, Remembered::default(), Clock::system().now());
    run_all(&stand_ins, &mut pass, time).await.unwrap();
    let begun = begun.lock().unwrap().iter().map(|(_, at)| *at).collect();
    (pass.report.unfinished, begun)
}

#[tokio::test]
async fn whoever_never_ends_takes_nobody_else_s_time() {
    let chores = chores().await;
    assert_eq!(chores.len(), 13);
    for (endless, _) in &chores {
        let started = Instant::now();
        let (unfinished, begun) =
            run(&chores, |name| name == *endless, Duration::from_millis(400)).await;
        assert_eq!(unfinished, [*endless]);
        assert_eq!(begun.len(), chores.len(), "each had its turn");
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "{:?}",
            started.elapsed()
        );
    }
}

#[tokio::test]
async fn even_if_none_ends_each_has_had_its_part() {
    let chores = chores().await;
    let (unfinished, mut begun) = run(&chores, |_| true, Duration::from_millis(520)).await;
    begun.push(Instant::now());
    for (number, (name, _)) in chores.iter().enumerate() {
        let had = begun[number + 1] - begun[number];
        assert!(had >= Duration::from_millis(15), "{name} had {had:?}");
    }
    assert_eq!(
        unfinished,
        chores.iter().map(|(name, _)| *name).collect::<Vec<_>>()
    );
}
