//! The metrics as they are: the text that Prometheus reads, as rows.

use std::time::Duration;

use serde_json::Value;

use super::task::Context;
use crate::admin::Beside;
use crate::commands::metrics;
use crate::error::{Error, Result};
use crate::tui::msg::{Failure, Source};

/// How often they are read, and after they could not be.
const POLLED: Duration = Duration::from_secs(2);
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// Rows that are told.
const MOST: usize = 20_000;

/// Tells the metrics again and again.
pub(super) async fn metrics(context: Context) {
    let mut teller = context.teller(Source::Metrics);
    loop {
        match read(&context).await {
            Ok(rows) => {
                teller.newest(Value::Array(rows));
                tokio::time::sleep(POLLED).await;
            }
            Err(error) => {
                // Another listener: it says nothing of the link.
                teller.failure(&Failure::of(&error));
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}

async fn read(context: &Context) -> Result<Vec<Value>> {
    let listener = context.connection.listener(Beside::Metrics).await?;
    let failed = |error: Error| {
        let message = format!("the metrics at {}: {}", listener.url, error.message());
        Error::new(error.kind(), message).hint("--metrics URL says where they are")
    };
    let body = context.connection.beside(&listener, "").await.map_err(failed)?;
    metrics::documents(&body, MOST).map_err(failed)
}
