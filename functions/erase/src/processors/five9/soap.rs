//! SOAP 1.1, as far as Five9 uses it: one operation in an envelope, and an answer that is read into
//! a tree.

use crate::processors::ProcessorError;
use quick_xml::events::{BytesText, Event};
use quick_xml::{Reader, Writer};
use std::io;

/// The envelope's namespace, and that of Five9's operations.
const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const ADMIN: &str = "http://service.admin.ws.five9.com/";
/// How deep an answer may be nested.
const DEEPEST: usize = 32;

/// An element, without its namespace: its name in Five9's schemas is unique.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// An element with a text.
    pub(super) fn of(name: &str, text: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
            children: Vec::new(),
        }
    }

    /// An element with others in it.
    pub(super) fn with(name: &str, children: Vec<Self>) -> Self {
        Self {
            name: name.to_owned(),
            text: String::new(),
            children,
        }
    }

    /// The first child with that name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child with that name.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>, prefix: &str) -> io::Result<()> {
        let element = writer.create_element(format!("{prefix}{}", self.name));
        if self.children.is_empty() {
            element.write_text_content(BytesText::new(&self.text))?;
        } else {
            element.write_inner_content(|writer| {
                self.children.iter().try_for_each(|it| it.write(writer, ""))
            })?;
        }
        Ok(())
    }
}

/// The message that calls an operation. Only the operation itself has a namespace: the schema
/// leaves its parts unqualified.
pub(super) fn message(operation: &Element) -> Result<Vec<u8>, ProcessorError> {
    let mut writer = Writer::new(Vec::new());
    let written = writer
        .create_element("s:Envelope")
        .with_attributes([("xmlns:s", ENVELOPE), ("xmlns:a", ADMIN)])
        .write_inner_content(|writer| {
            writer
                .create_element("s:Body")
                .write_inner_content(|writer| operation.write(writer, "a:"))?;
            Ok(())
        })
        .is_ok();
    if written {
        Ok(writer.into_inner())
    } else {
        Err(ProcessorError::new("unwritable"))
    }
}

/// The contents of an answer's body: the operation's response, or a fault.
pub(super) fn body(answer: &[u8]) -> Result<Element, ProcessorError> {
    let tree = std::str::from_utf8(answer).ok().and_then(tree);
    let envelope = tree
        .filter(|it| it.name == "Envelope")
        .ok_or_else(|| ProcessorError::new("unreadable_answer"))?;
    let body = envelope
        .children
        .into_iter()
        .find(|child| child.name == "Body");
    let first = body.and_then(|body| body.children.into_iter().next());
    first.ok_or_else(|| ProcessorError::new("unreadable_answer"))
}

/// Reads a document; `None` if it has declarations of its own, or leaves something open.
fn tree(document: &str) -> Option<Element> {
    let mut reader = Reader::from_str(document);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let event = reader.read_event().ok()?;
        let closed = match event {
            Event::Start(start) => {
                if open.len() == DEEPEST || root.is_some() {
                    return None;
                }
                open.push(Element::with(
                    std::str::from_utf8(start.local_name().as_ref()).ok()?,
                    Vec::new(),
                ));
                None
            }
            Event::Empty(empty) => Some(Element::with(
                std::str::from_utf8(empty.local_name().as_ref()).ok()?,
                Vec::new(),
            )),
            Event::End(_) => Some(open.pop()?),
            Event::Text(text) => {
                let text = text.decode().ok()?;
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
                None
            }
            Event::GeneralRef(reference) => {
                let name = reference.decode().ok()?;
                let text = match reference.resolve_char_ref().ok()? {
                    Some(character) => character.to_string(),
                    None => quick_xml::escape::resolve_xml_entity(&name)?.to_owned(),
                };
                open.last_mut()?.text.push_str(&text);
                None
            }
            Event::CData(data) => {
                open.last_mut()?.text.push_str(&data.decode().ok()?);
                None
            }
            Event::Decl(_) | Event::Comment(_) => None,
            // A document type could name entities, which lead anywhere.
            Event::DocType(_) | Event::PI(_) => return None,
            Event::Eof => return root.filter(|_| open.is_empty()),
        };
        if let Some(mut element) = closed {
            let text = element.text.trim().to_owned();
            element.text = text;
            match open.last_mut() {
                Some(parent) => parent.children.push(element),
                None if root.is_none() => root = Some(element),
                None => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Element, body, message};

    #[test]
    fn what_is_sent_is_escaped_and_read_back_as_it_was() {
        let value = "a&b<c>\"'\u{e9}]]>";
        let operation = Element::with(
            "isImportRunning",
            vec![Element::of("identifier", value), Element::of("none", "")],
        );
        let sent = message(&operation).unwrap();
        assert!(!String::from_utf8(sent.clone()).unwrap().contains("b<c"));
        assert_eq!(body(&sent).unwrap(), operation);
    }

    #[test]
    fn an_operation_is_in_five9_s_namespace_and_its_parts_are_in_none() {
        let sent = message(&Element::with(
            "deleteFromContacts",
            vec![Element::of("importData", "x")],
        ))
        .unwrap();
        assert_eq!(
            String::from_utf8(sent).unwrap(),
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:a=\"http://service.admin.ws.five9.com/\"><s:Body><a:deleteFromContacts><importData>x</importData>\
             </a:deleteFromContacts></s:Body></s:Envelope>"
        );
    }

    #[test]
    fn what_is_no_answer_is_not_read_as_one() {
        let deep = "<a>".repeat(40) + &"</a>".repeat(40);
        for answer in [
            "",
            "OK",
            "<html/>",
            "<Envelope>",
            "<Envelope/>",
            "<Envelope><Body/></Envelope>",
            deep.as_str(),
            "<Envelope><Body><r/></Body></Envelope><more/>",
            "<Envelope><Body><r>&x;</r></Body></Envelope>",
            "<!DOCTYPE e [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><Envelope><Body><r>&x;</r></Body></Envelope>",
            "<Envelope><Body><r></s></Body></Envelope>",
        ] {
            assert_eq!(
                body(answer.as_bytes()).unwrap_err().code,
                "unreadable_answer",
                "{answer}"
            );
        }
        assert!(body(&[0xff, 0xfe]).is_err());
    }
}
