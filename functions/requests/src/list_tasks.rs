//! The tasks that wait for somebody: what has to be done at a processor by hand.

use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::task::{State, Task};
use custodian_domain::validation::violation::Violation;
use custodian_store::tasks::{Tasks, behind, reached};
use serde_json::{Value, json};

/// How many tasks an answer has at most.
const PAGE: usize = 25;
/// How many open tasks one order looks through.
const LOOKED_THROUGH: usize = 200;

/// Lists the tasks that wait for somebody.
#[derive(Debug)]
pub(crate) struct ListTasks(pub(crate) Tasks);

#[async_trait]
impl OrderHandler for ListTasks {
    /// Lists them: `{"order", "by", "after"?}`, 25 at most, without whom they are about. `after` is
    /// that of the answer before. An answer can have fewer: as long as there is `after`, there may
    /// be more.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "by", "after"])?;
        order.staff_number("by")?;
        let mut pages = if order.has("after") {
            let place = order.get("after").and_then(behind);
            let rule = "must be the `after` of the answer before";
            let (request, place) = place.ok_or_else(|| Violation::new("after", rule))?;
            self.0.open_behind(&request, place)
        } else {
            self.0.open()
        };
        let (mut found, mut looked, mut after) = (Vec::new(), 0, None);
        'pages: while let Some(page) = pages.next().await? {
            for (request, place) in page {
                looked += 1;
                if place.can_be_notified() {
                    let tasks = self.0.all(&request, invocation.now).await?;
                    let task = tasks.into_iter().find(|task| task.place == place);
                    found.extend(task.filter(waits).map(|task| {
                        json!({
                            "request_id": request, "place": place.as_str(), "action": task.action,
                            "state": task.state, "due": task.due,
                            "instructions": task.correspondence.instructions,
                        })
                    }));
                }
                if found.len() == PAGE || looked == LOOKED_THROUGH {
                    after = Some(reached(&request, place));
                    break 'pages;
                }
            }
        }
        tracing::info!(outcome = "listed", count = found.len(), "tasks");
        Ok(json!({"tasks": found, "after": after}))
    }
}

/// Whether a task waits for somebody: it has instructions, or its processor does not answer.
fn waits(task: &Task) -> bool {
    let by_hand = task.correspondence.instructions.is_some();
    task.state == State::Failed || task.state == State::Waiting && by_hand
}
