//! The answers of Five9's simulator, in SOAP.

use super::five9::{Five9, USER};
use super::mode::{Mode, TRAP};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quick_xml::Writer;
use quick_xml::events::{BytesText, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;
use std::io;

const PATH: &str = "/wsadmin/v13/AdminWebService";
const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const ADMIN: &str = "http://service.admin.ws.five9.com/";

/// An operation and its texts, in order, each by the name of its element.
struct Operation {
    name: String,
    texts: Vec<(String, String)>,
}

impl Operation {
    /// Reads the operation in an envelope. `None` if it is not well-formed, or if an element is not
    /// in the namespace of its level.
    fn read(body: &[u8]) -> Option<Self> {
        let mut reader = NsReader::from_reader(body);
        let (mut path, mut texts): (Vec<String>, Vec<(String, String)>) = (Vec::new(), Vec::new());
        let mut name = None;
        loop {
            let (namespace, event) = reader.read_resolved_event().ok()?;
            match event {
                Event::Start(start) => {
                    if !belongs(namespace, path.len()) {
                        return None;
                    }
                    path.push(String::from_utf8(start.local_name().as_ref().to_vec()).ok()?);
                    match path.len() {
                        3 => name = path.last().cloned(),
                        4.. => texts.push((path.last()?.clone(), String::new())),
                        _ => {}
                    }
                }
                Event::Text(text) => {
                    let text = text.decode().ok()?;
                    if let Some((_, all)) = texts.last_mut() {
                        all.push_str(&text);
                    }
                }
                Event::GeneralRef(reference) => {
                    let name = reference.decode().ok()?;
                    let text = reference.resolve_char_ref().ok()?.map(String::from);
                    let text = text.or_else(|| {
                        quick_xml::escape::resolve_xml_entity(&name).map(str::to_owned)
                    })?;
                    texts.last_mut()?.1.push_str(&text);
                }
                Event::End(_) => drop(path.pop()),
                Event::Eof => return name.map(|name| Self { name, texts }),
                _ => {}
            }
        }
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.texts
            .iter()
            .filter(move |(it, _)| it == name)
            .map(|(_, text)| text.as_str())
    }

    fn one<'a>(&'a self, name: &'a str) -> &'a str {
        // The innermost element has the text.
        self.all(name)
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    }
}

/// Whether an element that is this deep is in the namespace that Five9's schemas give it: the
/// envelope's and its body's, the operation's, and none for the parts of an operation.
fn belongs(namespace: ResolveResult, depth: usize) -> bool {
    match (depth, namespace) {
        (0 | 1, ResolveResult::Bound(it)) => it.as_ref() == ENVELOPE.as_bytes(),
        (2, ResolveResult::Bound(it)) => it.as_ref() == ADMIN.as_bytes(),
        (3.., ResolveResult::Unbound) => true,
        _ => false,
    }
}

impl Five9 {
    pub(super) fn router(&self) -> Router {
        let double = self.clone();
        Router::new().fallback(move |uri: Uri, headers: HeaderMap, body: Bytes| {
            let double = double.clone();
            async move { double.answer(uri.path(), &headers, &body).await }
        })
    }

    async fn answer(&self, path: &str, headers: &HeaderMap, body: &[u8]) -> Response<Body> {
        if path == TRAP {
            self.state().calls.push(path.to_owned());
            return StatusCode::OK.into_response();
        }
        let mode = self.conduct.next_mode();
        if let Some(answer) = mode.answer().await {
            return answer;
        }
        let known = format!(
            "Basic {}",
            STANDARD.encode(format!("{}:{}", USER.0, USER.1))
        );
        if headers
            .get("authorization")
            .is_none_or(|value| *value != *known)
        {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let operation = Operation::read(body).filter(|_| path == PATH);
        let Some(operation) = operation else {
            return fault("this is no operation");
        };
        self.state().calls.push(operation.name.clone());
        self.keep_up(self.now());
        let done = if mode == Mode::Refusing {
            None
        } else {
            self.perform(&operation, mode)
        };
        match done {
            None => fault("this cannot be done"),
            Some(_) if mode == Mode::Losing && operation.name == "deleteFromContacts" => {
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
            Some(returned) => {
                let name = if mode == Mode::Wrong {
                    "getListsInfo"
                } else {
                    &operation.name
                };
                answered(name, &returned)
            }
        }
    }

    /// Performs an operation. Returns its results, as names and texts, or `None` if it cannot be
    /// done.
    fn perform(&self, operation: &Operation, mode: Mode) -> Option<Vec<(&'static str, String)>> {
        match operation.name.as_str() {
            "getContactRecords" => {
                let (field, value) = (operation.one("field"), operation.one("value"));
                let state = self.state();
                let found = state
                    .contacts
                    .iter()
                    .filter(|contact| contact.get(field).is_some_and(|it| it == value));
                Some(found.map(|_| ("records", String::new())).collect())
            }
            "deleteFromContacts" => {
                if operation.one("crmDeleteMode") != "DELETE_ALL" || operation.one("key") != "true"
                {
                    return None;
                }
                let rows = operation.all("item").map(str::to_owned).collect();
                Some(vec![(
                    "identifier",
                    self.begin(operation.one("fieldName"), rows),
                )])
            }
            "isImportRunning" => {
                let (now, state) = (self.now(), self.state());
                let import = state.imports.get(operation.one("identifier"))?;
                Some(vec![("", (import.done_at > now).to_string())])
            }
            "getCrmImportResult" => {
                let state = self.state();
                let import = state.imports.get(operation.one("identifier"))?;
                let removed = if mode == Mode::Boasting {
                    1
                } else {
                    import.removed
                };
                Some(vec![
                    ("crmRecordsDeleted", removed.to_string()),
                    ("success", "true".to_owned()),
                ])
            }
            _ => None,
        }
    }
}

fn answered(operation: &str, returned: &[(&'static str, String)]) -> Response<Body> {
    envelope(StatusCode::OK, |writer| {
        let response = writer.create_element(format!("a:{operation}Response"));
        response.write_inner_content(|writer| {
            match returned {
                [("", text)] => writer
                    .create_element("return")
                    .write_text_content(BytesText::new(text))?,
                parts => writer
                    .create_element("return")
                    .write_inner_content(|writer| {
                        for (name, text) in parts {
                            writer
                                .create_element(*name)
                                .write_text_content(BytesText::new(text))?;
                        }
                        Ok(())
                    })?,
            };
            Ok(())
        })?;
        Ok(())
    })
}

fn fault(text: &str) -> Response<Body> {
    envelope(StatusCode::INTERNAL_SERVER_ERROR, |writer| {
        writer
            .create_element("s:Fault")
            .write_inner_content(|writer| {
                writer
                    .create_element("faultcode")
                    .write_text_content(BytesText::new("s:Server"))?;
                writer
                    .create_element("faultstring")
                    .write_text_content(BytesText::new(text))?;
                Ok(())
            })?;
        Ok(())
    })
}

fn envelope(
    status: StatusCode,
    inside: impl Fn(&mut Writer<Vec<u8>>) -> io::Result<()>,
) -> Response<Body> {
    let mut writer = Writer::new(Vec::new());
    let envelope = writer
        .create_element("s:Envelope")
        .with_attributes([("xmlns:s", ENVELOPE), ("xmlns:a", ADMIN)]);
    let written = envelope.write_inner_content(|writer| {
        writer
            .create_element("s:Body")
            .write_inner_content(&inside)?;
        Ok(())
    });
    if written.is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    (
        status,
        [("content-type", "text/xml; charset=utf-8")],
        writer.into_inner(),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::{ADMIN, ENVELOPE, Operation};

    fn message(envelope: &str, admin: &str, part: &str) -> String {
        format!(
            "<s:Envelope xmlns:s=\"{envelope}\" xmlns:a=\"{admin}\"><s:Body>\
             <a:isImportRunning>{part}</a:isImportRunning></s:Body></s:Envelope>"
        )
    }

    #[test]
    fn an_operation_is_read_in_five9_s_namespaces_only() {
        let part = "<identifier>a&amp;&#98;</identifier>";
        let read = Operation::read(message(ENVELOPE, ADMIN, part).as_bytes()).unwrap();
        assert_eq!(
            (read.name.as_str(), read.one("identifier")),
            ("isImportRunning", "a&b")
        );
        let soap12 = "http://www.w3.org/2003/05/soap-envelope";
        for wrong in [
            message(soap12, ADMIN, part),
            message(ENVELOPE, "http://service.five9.com/", part),
            message(ENVELOPE, ADMIN, "<a:identifier>b</a:identifier>"),
            message(ENVELOPE, ADMIN, "<b:identifier>b</b:identifier>"),
        ] {
            assert!(Operation::read(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }
}
