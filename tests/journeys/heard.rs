//! What the stack logs at TRACE, as its functions would on Lambda.

use custodian_runtime::logs;
use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Once;
use tracing::Level;

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Starts logging for all journeys. Each thread captures its own lines.
pub fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        tracing::subscriber::set_global_default(logs::subscriber(Level::TRACE, || Lines)).unwrap();
    });
}

/// Does something, and returns it with what this thread logged meanwhile.
pub fn on_this_thread<T>(something: impl FnOnce() -> T) -> (T, String) {
    LINES.take();
    let done = something();
    (done, String::from_utf8(LINES.take()).unwrap())
}

struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
