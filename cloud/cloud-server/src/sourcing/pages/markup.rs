//! What a page says for programs: JSON-LD, microdata (as JSON too) and Open Graph. One pass over its tokens; a page's tree is not
//! needed for that, and nothing of it is ever run.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{RawKind, Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use serde_json::{Map, Value};
use url::Url;

/// Elements that are open at once, things on a page, and bytes of one text: a page that has more is no shop's.
const OPEN_MAX: usize = 512;
const THINGS_MAX: usize = 500;
const TEXT_MAX_LEN: usize = 64 * 1024;
const SCRIPT_MAX_LEN: usize = 1 << 20;

/// What a page says for programs.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Markup {
    /// Each JSON-LD script that could be read.
    pub(super) json_ld: Vec<Value>,
    /// Each outermost item of microdata, in the shape of JSON-LD.
    pub(super) items: Vec<Value>,
    /// Open Graph's properties, the first of each name.
    pub(super) graph: BTreeMap<String, String>,
}

/// An element that is open.
struct Open {
    name: String,
    /// The item that this element is, by its number.
    item: Option<usize>,
    /// The property that this element's text is of: item, names, text so far.
    text: Option<(usize, String, String)>,
}

#[derive(Default)]
struct State {
    open: Vec<Open>,
    items: Vec<Item>,
    script: Option<String>,
    markup: Markup,
}

/// An item of microdata.
struct Item {
    kind: String,
    /// The item that it is a property of, and the property's names.
    parent: Option<(usize, String)>,
    properties: Vec<(String, Value)>,
}

struct Reader {
    state: RefCell<State>,
    base: Url,
    /// Set where the page goes beyond the bounds; the rest is not looked at.
    is_full: Cell<bool>,
}

/// Reads a page. What is broken in it is left out; there is no error.
pub(super) fn read(html: &str, base: &Url) -> Markup {
    let reader = Reader { state: RefCell::default(), base: base.clone(), is_full: Cell::new(false) };
    let tokenizer = Tokenizer::new(reader, TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(html));
    // Scripts are not run: the tokenizer goes on behind each.
    while !queue.is_empty() {
        let _result = tokenizer.feed(&queue);
    }
    tokenizer.end();
    let mut state = tokenizer.sink.state.into_inner();
    state.close_down_to(0);
    state.finish()
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if self.is_full.get() {
            return TokenSinkResult::Continue;
        }
        let mut state = self.state.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                if state.open.len() >= OPEN_MAX || state.items.len() >= THINGS_MAX {
                    self.is_full.set(true);
                }
                return state.start(&tag, &self.base);
            }
            Token::TagToken(tag) => state.end(&tag.name),
            Token::CharacterTokens(text) => state.text(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl State {
    fn start(&mut self, tag: &Tag, base: &Url) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        match name {
            "meta" => self.meta(tag),
            "script"
                if attribute(tag, "type")
                    .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/ld+json")) =>
            {
                self.script = Some(String::new());
            }
            _ => {}
        }
        let item = self.property(tag, base);
        if !is_void(name) && !tag.self_closing {
            self.open.push(item);
        }
        raw_kind(name).map_or(TokenSinkResult::Continue, TokenSinkResult::RawData)
    }

    fn meta(&mut self, tag: &Tag) {
        let name = attribute(tag, "property").or_else(|| attribute(tag, "name"));
        let (Some(name), Some(content)) = (name, attribute(tag, "content")) else { return };
        let name = name.trim().to_lowercase();
        let wanted = ["og:", "product:", "description"].iter().any(|prefix| name.starts_with(prefix));
        if wanted && self.markup.graph.len() < THINGS_MAX && !content.trim().is_empty() {
            self.markup.graph.entry(name).or_insert_with(|| cut(content));
        }
    }

    /// The element as it stands open; what microdata says of it is noted.
    fn property(&mut self, tag: &Tag, base: &Url) -> Open {
        let mut open = Open { name: tag.name.to_string(), item: None, text: None };
        let within = self.open.iter().rev().find_map(|open| open.item);
        let property = attribute(tag, "itemprop").filter(|names| !names.trim().is_empty());
        let parent = property.and_then(|names| Some((within?, cut(names))));
        if attribute(tag, "itemscope").is_some() {
            let kind = attribute(tag, "itemtype").unwrap_or_default();
            let kind = kind.split_whitespace().next().unwrap_or_default();
            let kind = kind.rsplit(['/', '#']).next().unwrap_or_default().to_owned();
            self.items.push(Item { kind, parent, properties: Vec::new() });
            open.item = Some(self.items.len() - 1);
            return open;
        }
        let Some((item, names)) = parent else { return open };
        match value_of(tag, base) {
            Some(value) => self.set(item, &names, Value::String(value)),
            None => open.text = Some((item, names, String::new())),
        }
        open
    }

    fn end(&mut self, name: &str) {
        if name == "script"
            && let Some(script) = self.script.take()
            && let Ok(value) = serde_json::from_str(script.trim())
            && self.markup.json_ld.len() < THINGS_MAX
        {
            self.markup.json_ld.push(value);
        }
        // An end that nothing began with is nobody's.
        if let Some(place) = self.open.iter().rposition(|open| open.name == name) {
            self.close_down_to(place);
        }
    }

    fn close_down_to(&mut self, place: usize) {
        while self.open.len() > place {
            let Some(closed) = self.open.pop() else { return };
            if let Some((item, names, text)) = closed.text {
                let text: Vec<&str> = text.split_whitespace().collect();
                self.set(item, &names, Value::String(text.join(" ")));
            }
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(script) = &mut self.script {
            if script.len() + text.len() <= SCRIPT_MAX_LEN {
                script.push_str(text);
            }
            return;
        }
        if self
            .open
            .last()
            .is_some_and(|open| ["script", "style", "noscript", "template"].contains(&open.name.as_str()))
        {
            return;
        }
        for (_, _, so_far) in self.open.iter_mut().filter_map(|open| open.text.as_mut()) {
            if so_far.len() + text.len() <= TEXT_MAX_LEN {
                so_far.push_str(text);
            }
        }
    }

    fn set(&mut self, item: usize, names: &str, value: Value) {
        let properties = &mut self.items[item].properties;
        for name in names.split_whitespace().filter(|_| properties.len() < THINGS_MAX).collect::<Vec<_>>() {
            properties.push((name.to_owned(), value.clone()));
        }
    }

    /// Inner items become values of outer ones: from the last to the first, for an item stands behind the one that it is in.
    fn finish(mut self) -> Markup {
        while let Some(item) = self.items.pop() {
            let mut object = Map::new();
            object.insert("@type".to_owned(), Value::String(item.kind));
            for (name, value) in item.properties {
                match object.get_mut(&name) {
                    None => drop(object.insert(name, value)),
                    Some(Value::Array(values)) => values.push(value),
                    Some(before) => *before = Value::Array(vec![before.take(), value]),
                }
            }
            match item.parent {
                Some((parent, names)) if parent < self.items.len() => {
                    self.set(parent, &names, Value::Object(object))
                }
                _ => self.markup.items.push(Value::Object(object)),
            }
        }
        self.markup.items.reverse();
        self.markup
    }
}

/// The value of a property that is no text (HTML, 5.2.4); `content` goes before everything, as search engines have it.
fn value_of(tag: &Tag, base: &Url) -> Option<String> {
    if let Some(content) = attribute(tag, "content") {
        return Some(cut(content));
    }
    let name: &str = &tag.name;
    let link = |name| {
        attribute(tag, name).map(|link| base.join(link.trim()).map_or_else(|_| cut(link), |url| url.into()))
    };
    match name {
        "a" | "area" | "link" => link("href"),
        "img" | "audio" | "embed" | "iframe" | "source" | "track" | "video" => link("src"),
        "data" | "meter" => attribute(tag, "value").map(cut),
        "time" => attribute(tag, "datetime").map(cut),
        "meta" => Some(String::new()),
        _ => None,
    }
}

fn attribute<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    tag.attrs.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value)
}

fn is_void(name: &str) -> bool {
    const VOID: [&str; 13] = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
    ];
    VOID.contains(&name)
}

/// Elements whose content is no markup.
fn raw_kind(name: &str) -> Option<RawKind> {
    match name {
        "script" => Some(ScriptData),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => Some(Rawtext),
        "title" | "textarea" => Some(Rcdata),
        _ => None,
    }
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(TEXT_MAX_LEN)].to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(html: &str) -> Markup {
        read(html, &Url::parse("https://shop.example/a/b").unwrap())
    }

    #[test]
    fn reads_json_ld_and_leaves_other_scripts_alone() {
        let markup = page(
            r#"<script>var x = "<div itemscope>";</script><script type="Application/LD+json">{"@type": "Product", "name": "A </b> B"}</script>
               <script type="application/ld+json">{broken</script><title><meta property="og:title" content="no"></title>"#,
        );
        assert_eq!(markup.json_ld, [json!({"@type": "Product", "name": "A </b> B"})]);
        assert!(markup.items.is_empty() && markup.graph.is_empty());
    }

    #[test]
    fn reads_items_within_items_and_values_where_they_stand() {
        let markup = page(
            r#"<div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">Fresh <b>milk</b><br> 1 l</h1>
               <img itemprop="image" src="/milk.png"><meta itemprop="gtin13" content="4006381333931">
               <p itemprop="offers" itemscope itemtype="http://schema.org/Offer"><span itemprop="price" content="1.29">1,29 €</span>
               <link itemprop="availability" href="https://schema.org/InStock"></p>
               <p itemprop="image">second</p></div><span itemprop="name">nobody's</span>"#,
        );
        assert_eq!(
            markup.items,
            [json!({
                "@type": "Product", "name": "Fresh milk 1 l", "gtin13": "4006381333931",
                "image": ["https://shop.example/milk.png", "second"],
                "offers": {"@type": "Offer", "price": "1.29", "availability": "https://schema.org/InStock"},
            })]
        );
    }

    #[test]
    fn hostile_pages_end() {
        let deep = "<div itemscope itemprop=x>".repeat(100_000);
        assert!(page(&deep).items.len() <= 1);
        let many = "<p itemscope></p>".repeat(10_000);
        assert!(page(&many).items.len() <= THINGS_MAX + 1);
        let metas = "<meta property='og:x' content='1'><meta property=og:title content=T>".repeat(1_000);
        assert_eq!(page(&metas).graph["og:title"], "T");
        for odd in [
            "",
            "<",
            "</",
            "<div itemscope",
            "</script><script>",
            "<script type=application/ld+json>",
            "\u{0}<p itemprop=a>",
        ] {
            page(odd);
        }
    }
}
