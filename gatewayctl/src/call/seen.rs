//! What the gateway saw of a request of ours: the row of the tap, by a field that only this request has.

use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use serde_json::Value;

use super::Call;
use crate::commands::App;
use crate::error::Result;
use crate::stream::{Row, Rows};

/// The field that the request is known by.
const FIELD: &str = "x-gatewayctl-trace";

/// How long the row may take once the answer is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// A tap that waits for one request.
pub(crate) struct Watching(Rows);

/// Marks a request and waits for it; `None` where the gateway has no tap for us.
pub(crate) async fn watch(call: &mut Call, app: &App<'_>) -> Option<Watching> {
    let marker = format!("{:016x}", fastrand::u64(..));
    let value = HeaderValue::from_str(&marker).ok()?;
    // Whatever it is: what is not seen is not shown, and the request is sent all the same.
    let rows = app.admin.follow(&format!("tap?count=1&header={FIELD}:{marker}")).await.ok().flatten()?;
    call.headers.push((HeaderName::from_static(FIELD), value));
    Some(Watching(rows))
}

impl Watching {
    /// What was seen, once the request has been answered.
    ///
    /// # Errors
    /// Interrupted.
    pub(crate) async fn row(mut self) -> Result<Option<Value>> {
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                match self.0.next().await {
                    Ok(Some(Row::Dropped(_))) => {}
                    Ok(Some(Row::Value(row))) => return Ok(Some(row)),
                    Ok(None) => return Ok(None),
                    Err(error) => return Err(error),
                }
            }
        });
        match waited.await {
            Ok(Err(error)) if error.kind() == crate::error::Kind::Interrupted => Err(error),
            Ok(Ok(row)) => Ok(row),
            _ => Ok(None),
        }
    }
}
