//! A function that is held up in the middle, while something else happens.

use crate::house::House;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use custodian_local::wire::between;
use custodian_runtime::Environment;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::watch;

/// Reports that a function has reached its call, and lets it continue.
pub struct Pause {
    reached: watch::Receiver<bool>,
    go_on: watch::Sender<bool>,
}

impl Pause {
    /// Waits until the function is held up. Never returns if that does not happen.
    pub async fn reached(&mut self) {
        if self.reached.wait_for(|reached| *reached).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Lets the function continue.
    pub fn go_on(&self) {
        self.go_on.send_replace(true);
    }
}

/// The host of a function that is held up before its call number `call`, counted from 1.
pub fn pausing_host(house: &House, function: &str, call: usize) -> (Environment, Pause) {
    let (tell, reached) = watch::channel(false);
    let (go_on, may_go_on) = watch::channel(false);
    let (made, tell) = (AtomicUsize::new(0), Arc::new(tell));
    let sdk = between(house.stack.sdk(), move |request, connector| {
        let held_up = made.fetch_add(1, Ordering::SeqCst) + 1 == call;
        let (connector, tell, mut may_go_on) =
            (connector.clone(), Arc::clone(&tell), may_go_on.clone());
        HttpConnectorFuture::new(async move {
            if held_up {
                tell.send_replace(true);
                let _ = may_go_on.wait_for(|may| *may).await;
            }
            connector.call(request).await
        })
    });
    let host = Environment::new(
        house.stack.settings(function).unwrap(),
        sdk,
        house.stack.clock(),
    );
    (host, Pause { reached, go_on })
}
