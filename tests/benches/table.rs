//! Tables of figures.

use std::time::Duration;

/// The heading of figures beside a floor.
pub fn heading() {
    println!("  {:<34}{:>12}{:>12}{:>8}  target", "", "measured", "bare", "ratio");
}

/// A figure beside its floor, with the ratio and the target.
pub fn row(name: &str, measured: f64, bare: f64, unit: &str, target: &str) {
    let shown = |figure: f64| format!("{figure:.*} {unit}", usize::from(figure < 100.0) + usize::from(figure < 10.0));
    println!("  {name:<34}{:>12}{:>12}{:>8.2}  {target}", shown(measured), shown(bare), measured / bare);
}

/// Microseconds.
pub fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// Milliseconds.
pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// MiB of KiB.
#[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
pub fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
