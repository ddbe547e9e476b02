//! Where items are stored, written out by hand: what is stored must not change, whatever the store
//! calls it.

use custodian_domain::place::Place;
use custodian_domain::record::Holder;
use custodian_domain::rights::package::RequestId;
use custodian_store::Key;

/// The sort key of a request, of a task, and of what starts one.
const META: &str = "META";

fn kind(id: &RequestId, click: &'static str, other: &'static str) -> &'static str {
    if id.is_click() { click } else { other }
}

/// A request itself.
pub fn request(id: &RequestId) -> Key {
    Key::new(
        format!("{}#{}", kind(id, "CLICK", "REQUEST"), id.as_str()),
        META,
    )
}

/// A task, or another item of its partition.
pub fn task(id: &RequestId, place: Place, sort: &str) -> Key {
    Key::new(
        format!(
            "{}#{}#{}",
            kind(id, "CLICKTASK", "TASK"),
            id.as_str(),
            place.as_str()
        ),
        sort,
    )
}

/// The item that marks a task whose request is not closed.
pub fn open_task(id: &RequestId, place: Place) -> Key {
    Key::new(
        kind(id, "CLICKTASKS", "TASKS"),
        task(id, place, META).partition,
    )
}

/// What starts a task.
pub fn start(id: &RequestId, place: Place) -> Key {
    Key::new(
        format!(
            "{}#{}#{}",
            kind(id, "CLICKSTART", "START"),
            id.as_str(),
            place.as_str()
        ),
        META,
    )
}

/// The partition of everything about a holder.
pub fn partition(holder: &Holder) -> String {
    match holder {
        Holder::Subject(key) => key.as_str().to_owned(),
        Holder::Anonymous(reference) => format!("anon#{}", reference.as_str()),
    }
}
