//! Tables of figures.

use std::time::Duration;

/// The heading of figures with a floor beside them.
pub fn heading() {
    println!(
        "  {:<34}{:>12}{:>12}{:>8}{:>7}  target",
        "", "measured", "bare", "ratio", "load"
    );
}

/// A figure beside its floor, with the ratio and the target.
pub fn row(name: &str, measured: f64, bare: f64, unit: &str, target: &str) {
    let shown = |figure: f64| {
        format!(
            "{figure:.*} {unit}",
            usize::from(figure < 100.0) + usize::from(figure < 10.0)
        )
    };
    println!(
        "  {name:<34}{:>12}{:>12}{:>8.2}{:>7}  {target}",
        shown(measured),
        shown(bare),
        measured / bare,
        load()
    );
}

/// The machine's load: the average number of processes that wanted its cores over the last minute,
/// including this program's own.
pub fn load() -> String {
    let averages = std::fs::read_to_string("/proc/loadavg").unwrap();
    averages.split(' ').next().unwrap().to_owned()
}

/// A duration in microseconds.
pub fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// A duration in milliseconds.
pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// KiB converted to MiB.
#[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
pub fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
