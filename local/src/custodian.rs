//! Custodian's own functions, the very handlers that AWS runs.

use crate::functions::{Function, Registry};
use async_trait::async_trait;
use erase::Erase;
use expire::Expire;
use export::Export;
use ingest::Ingest;
use lambda_runtime::{Error, LambdaEvent};
use serde_json::Value;
use std::sync::Arc;
use sweep::Sweep;

macro_rules! functions {
    ($($name:literal $function:ident),*) => {
        $(#[async_trait]
        impl Function for $function {
            async fn invoke(&self, event: LambdaEvent<Value>) -> Result<Value, Error> {
                $function::invoke(self, event).await
            }
        })*

        impl Registry {
            /// Custodian's own functions.
            #[must_use]
            pub fn custodian() -> Self {
                let registry = Self::default();
                $(let registry = registry.with($name, |host| async move {
                    match $function::start(&host).await {
                        Ok(function) => Ok(Arc::new(function) as Arc<dyn Function>),
                        Err(error) => Err(error.to_string()),
                    }
                });)*
                registry
            }
        }
    };
}

functions!("erase" Erase, "expire" Expire, "export" Export, "ingest" Ingest, "sweep" Sweep);
