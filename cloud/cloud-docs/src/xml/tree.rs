//! XML as a small tree with limits: names without prefixes, no entity but the five of XML, nothing fetched from anywhere.

use std::fmt;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::notes::{self, Note};

/// How deep elements may lie in one another; the deepest e-invoice has fewer than 20.
const DEPTH: usize = 100;
/// Elements and attributes of one file, about 25 000 lines of an invoice; the rest is cut off.
const NODES: usize = 1_000_000;

/// An element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its name without a prefix.
    pub(crate) name: String,
    /// Its attributes by name without a prefix.
    pub(crate) attributes: Vec<(String, String)>,
    /// The text in it, that of its children not counted, as it stands.
    pub(crate) text: String,
    /// The elements in it, in order.
    pub(crate) children: Vec<Node>,
}

/// A file's root, as far as it could be read.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) root: Node,
    /// Where and why the rest could not be read.
    pub(crate) fault: Option<Note>,
}

/// What a file is by its first two elements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Root {
    /// The root's name without a prefix.
    pub(crate) name: String,
    /// The namespace that it is in.
    pub(crate) namespace: String,
    /// Attributes of the root and of the elements below it that come first.
    pub(crate) attributes: Vec<(String, String)>,
}

/// Elements whose attributes may say what the file is: Russian forms say it in the second or third.
const TELLING_ELEMENTS: usize = 5;

impl Root {
    /// The number of the form that it is, if it is one of Russia's tax service.
    pub(crate) fn form(&self) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| name == "КНД").map(|(_, number)| number.as_str())
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |text: &str| text.chars().take(100).collect::<String>();
        write!(f, "{}", short(&self.name))?;
        if self.namespace.is_empty() { Ok(()) } else { write!(f, " of {}", short(&self.namespace)) }
    }
}

/// Reads the first few tags and no more.
pub(crate) fn root_of(text: &str) -> Option<Root> {
    let mut reader = Reader::from_str(text);
    let mut found: Option<Root> = None;
    let mut elements = 0;
    while elements < TELLING_ELEMENTS {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => {
                elements += 1;
                match &mut found {
                    Some(root) => root.attributes.extend(attributes(&tag)),
                    None => found = Some(root(&tag)),
                }
            }
            // What breaks after the root is for the reader to say.
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    found
}

fn root(tag: &BytesStart<'_>) -> Root {
    let prefix = tag.name().prefix().map(|prefix| lossy(prefix.as_ref()));
    let declares = match prefix {
        Some(prefix) => format!("xmlns:{prefix}"),
        None => "xmlns".to_owned(),
    };
    let namespace = tag.attributes().flatten().find(|a| a.key.as_ref() == declares.as_bytes());
    Root {
        name: lossy(tag.local_name().as_ref()),
        namespace: namespace.map(|attribute| lossy(&attribute.value)).unwrap_or_default(),
        attributes: attributes(tag),
    }
}

/// Reads a whole file. An error is a file of which nothing may or can be read; what breaks later is the tree's `fault`.
pub(crate) fn parse(text: &str) -> Result<Tree, Note> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut open: Vec<Node> = Vec::new();
    let mut nodes = 0_usize;
    let fault = loop {
        if nodes > NODES {
            break notes::elements_cut(NODES);
        }
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                if open.len() >= DEPTH {
                    break notes::elements_too_deep(DEPTH);
                }
                open.push(node(&tag, &mut nodes));
            }
            Ok(Event::Empty(tag)) => {
                let node = node(&tag, &mut nodes);
                match open.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => return Ok(Tree { root: node, fault: None }),
                }
            }
            Ok(Event::End(_)) => {
                let Some(mut node) = open.pop() else { break notes::element_unbegun() };
                // Lists grow by doubling: half of a large file's memory would be room for more.
                node.children.shrink_to_fit();
                node.text.shrink_to_fit();
                match open.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => return Ok(Tree { root: node, fault: None }),
                }
            }
            Ok(Event::DocType(_)) => {
                return Err(notes::has_dtd());
            }
            Ok(Event::Eof) => break notes::no_end(),
            Ok(event) => add_text(open.last_mut(), &event),
            Err(error) => break notes::broken_off(format!("{error} at byte {}", reader.error_position())),
        }
    };
    close(open, fault)
}

/// Elements of one file that is read element by element; each takes no more memory than it holds.
const ELEMENTS: usize = 50_000_000;
/// Elements and attributes within one that is taken whole.
const NODES_WITHIN: usize = 200_000;

/// Reads a file of any length and gives each element that has one of these names whole, as soon as it ends, with the attributes of the
/// elements that it lies in, the outermost first. One that lies within another such element is part of that.
pub(crate) fn each(
    text: &str,
    names: &[&str],
    mut take: impl FnMut(&[Node], Node) -> Result<(), Note>,
) -> Result<(), Note> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    // Those around hold neither texts nor children, those within hold everything.
    let (mut around, mut within): (Vec<Node>, Vec<Node>) = (Vec::new(), Vec::new());
    let (mut elements, mut nodes) = (0_usize, 0_usize);
    loop {
        let is_empty = match reader.read_event() {
            Ok(Event::Start(tag)) => Some((tag, false)),
            Ok(Event::Empty(tag)) => Some((tag, true)),
            Ok(Event::End(_)) => {
                if let Some(done) = within.pop() {
                    match within.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => take(&around, done)?,
                    }
                } else if around.pop().is_none() {
                    return Err(notes::element_unbegun());
                }
                None
            }
            Ok(Event::DocType(_)) => {
                return Err(notes::has_dtd());
            }
            Ok(Event::Eof) if around.is_empty() && within.is_empty() => return Ok(()),
            Ok(Event::Eof) => return Err(notes::ends_early()),
            Ok(event) => {
                add_text(within.last_mut(), &event);
                None
            }
            Err(error) => {
                return Err(notes::structure_broken(format!("{error} at byte {}", reader.error_position())));
            }
        };
        let Some((tag, is_empty)) = is_empty else { continue };
        elements += 1;
        if elements > ELEMENTS {
            return Err(notes::elements_cut(ELEMENTS));
        }
        if around.len() + within.len() >= DEPTH {
            return Err(notes::elements_too_deep(DEPTH));
        }
        if within.is_empty() {
            nodes = 0;
        }
        let begun = node(&tag, &mut nodes);
        if nodes > NODES_WITHIN {
            return Err(notes::element_too_full(NODES_WITHIN));
        }
        let is_taken = !within.is_empty() || names.contains(&begun.name.as_str());
        match (is_taken, is_empty) {
            (true, false) => within.push(begun),
            (true, true) => match within.last_mut() {
                Some(parent) => parent.children.push(begun),
                None => take(&around, begun)?,
            },
            (false, false) => around.push(begun),
            (false, true) => {}
        }
    }
}

/// Closes what is still open, so that what was read before the fault counts.
fn close(mut open: Vec<Node>, fault: Note) -> Result<Tree, Note> {
    while let Some(node) = open.pop() {
        match open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => return Ok(Tree { root: node, fault: Some(fault) }),
        }
    }
    Err(fault)
}

fn node(tag: &BytesStart<'_>, nodes: &mut usize) -> Node {
    let mut attributes = attributes(tag);
    attributes.shrink_to_fit();
    *nodes += 1 + attributes.len();
    Node { name: lossy(tag.local_name().as_ref()), attributes, ..Node::default() }
}

fn attributes(tag: &BytesStart<'_>) -> Vec<(String, String)> {
    let mut all = tag.attributes();
    let plain = all.with_checks(false).flatten().filter(|a| a.key.as_namespace_binding().is_none());
    plain
        .map(|attribute| {
            // An entity that is unknown stays as it is written: no attribute that is read has one.
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_or_else(|_| lossy(&attribute.value), std::borrow::Cow::into_owned);
            (lossy(attribute.key.local_name().as_ref()), value)
        })
        .collect()
}

fn add_text(node: Option<&mut Node>, event: &Event<'_>) {
    let Some(node) = node else { return };
    match event {
        // Blanks between elements are no text.
        Event::Text(text) if !text.trim_ascii().is_empty() || !node.text.is_empty() => {
            node.text += &String::from_utf8_lossy(text);
        }
        Event::CData(data) => node.text += &String::from_utf8_lossy(data),
        Event::GeneralRef(reference) => node.text += &resolved(reference),
        _ => {}
    }
}

/// What a reference stands for; one that no declaration here can explain stays as it is written.
fn resolved(reference: &BytesRef<'_>) -> String {
    let name = lossy(reference);
    match reference.resolve_char_ref() {
        Ok(Some(letter)) => letter.to_string(),
        _ => resolve_predefined_entity(&name).map_or_else(|| format!("&{name};"), str::to_owned),
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What stands for an element that is missing: nothing is in it.
static NOTHING: Node =
    Node { name: String::new(), attributes: Vec::new(), text: String::new(), children: Vec::new() };

impl Node {
    /// The first child of that name; where there is none, an element with nothing in it.
    pub(crate) fn part(&self, name: &str) -> &Self {
        self.child(name).unwrap_or(&NOTHING)
    }

    /// The first child of the first of these names that has one; where none has, an element with nothing in it.
    pub(crate) fn one_of(&self, names: &[&str]) -> &Self {
        names.iter().find_map(|name| self.child(name)).unwrap_or(&NOTHING)
    }

    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of that name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first element on a path of names with `/` between, each level searched whole.
    pub(crate) fn at<'a>(&'a self, path: &'a str) -> Option<&'a Self> {
        match path.split_once('/') {
            None => self.child(path),
            Some((first, rest)) => self.all(first).find_map(|child| child.at(rest)),
        }
    }

    /// The text on a path, its blanks made single; nothing where it is empty.
    pub(crate) fn text_at(&self, path: &str) -> Option<String> {
        match path.split_once('/') {
            None => self.all(path).find_map(Self::words),
            Some((first, rest)) => self.all(first).find_map(|child| child.text_at(rest)),
        }
    }

    /// Its own text, blanks made single; nothing where it is empty.
    pub(crate) fn words(&self) -> Option<String> {
        single_blanks(&self.text)
    }

    /// An attribute's value, blanks made single; nothing where it is empty.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        let (_, value) = self.attributes.iter().find(|(key, _)| key == name)?;
        single_blanks(value)
    }
}

fn single_blanks(text: &str) -> Option<String> {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_names_without_prefixes_text_and_attributes() {
        let tree = parse(
            "<?xml version='1.0'?><!-- x --><a:b xmlns:a='urn:x' c='1 &amp; 2'><d> eins\n &lt;zwei&#33; <![CDATA[<3>]]></d></a:b>",
        );
        let root = tree.unwrap().root;
        assert_eq!((root.name.as_str(), root.attribute("c").as_deref()), ("b", Some("1 & 2")));
        assert_eq!(root.text_at("d").as_deref(), Some("eins <zwei! <3>"));
        assert_eq!(root_of("<!-- long --><a:b xmlns:a='urn:x'/>").unwrap().namespace, "urn:x");
    }

    #[test]
    fn keeps_what_stands_before_a_fault() {
        for cut in ["<a><b>1</b><c>2", "<a><b>1</b></wrong></a>", "<a><b>1</b><c x='"] {
            let tree = parse(cut).unwrap();
            assert_eq!(tree.root.text_at("b").as_deref(), Some("1"), "{cut}");
            assert!(tree.fault.is_some(), "{cut}");
        }
        assert!(parse("no markup").is_err());
    }

    #[test]
    fn declares_nothing_and_expands_nothing() {
        let laughs = "<!DOCTYPE a [<!ENTITY b \"haha\">]><a>&b;</a>";
        assert_eq!(parse(laughs).unwrap_err().code, "has_dtd");
        assert_eq!(parse("<a>&b; &nbsp;</a>").unwrap().root.text, "&b; &nbsp;");
    }

    #[test]
    fn stops_at_its_limits() {
        let deep = "<a>".repeat(DEPTH + 10);
        assert!(parse(&deep).unwrap().fault.unwrap().code == "elements_too_deep");
        let wide = format!("<a>{}</a>", "<b/>".repeat(NODES + 10));
        let tree = parse(&wide).unwrap();
        assert!(tree.fault.unwrap().code == "elements_cut" && tree.root.children.len() <= NODES + 1);
    }
}
