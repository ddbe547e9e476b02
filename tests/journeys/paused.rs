//! A function that is held up in the middle, while something else happens.

use crate::house::House;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use shared::edge::Host;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::watch;

/// Says that a function has come to its call, and lets it go on.
pub struct Pause {
    reached: watch::Receiver<bool>,
    go_on: watch::Sender<bool>,
}

impl Pause {
    /// Waits until the function is held up; never ends if it does not come to that.
    pub async fn reached(&mut self) {
        if self.reached.wait_for(|reached| *reached).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Lets it go on.
    pub fn go_on(&self) {
        self.go_on.send_replace(true);
    }
}

/// The host of a function that is held up before its call number `call`, counted from 1.
pub fn pausing_host(house: &House, function: &str, call: usize) -> (Host, Pause) {
    let (tell, reached) = watch::channel(false);
    let (go_on, may_go_on) = watch::channel(false);
    let sdk = house.stack.sdk();
    let (made, tell) = (Arc::default(), Arc::new(tell));
    let client = Pausing { inner: sdk.http_client().unwrap(), made, call, tell, may_go_on };
    let sdk = sdk.into_builder().http_client(client).build();
    let host = Host::new(house.stack.settings(function).unwrap(), sdk, house.stack.clock());
    (host, Pause { reached, go_on })
}

#[derive(Clone, Debug)]
struct Pausing {
    inner: SharedHttpClient,
    made: Arc<AtomicUsize>,
    call: usize,
    tell: Arc<watch::Sender<bool>>,
    may_go_on: watch::Receiver<bool>,
}

#[derive(Debug)]
struct PausingConnector {
    inner: SharedHttpConnector,
    of: Pausing,
}

impl HttpClient for Pausing {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(PausingConnector { inner, of: self.clone() })
    }
}

impl HttpConnector for PausingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, mut of) = (self.inner.clone(), self.of.clone());
        let held_up = of.made.fetch_add(1, Ordering::SeqCst) + 1 == of.call;
        HttpConnectorFuture::new(async move {
            if held_up {
                of.tell.send_replace(true);
                let _ = of.may_go_on.wait_for(|may| *may).await;
            }
            inner.call(request).await
        })
    }
}
