//! Templates become words. Whoever writes one can neither reach anything nor hold anybody up: a template sees its notice alone,
//! names no file, and has so many steps.

use cloud_store::TemplateText;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::Value;
use thiserror::Error;

/// Steps of one part of a template.
const FUEL: u64 = 20_000;
/// How deep a template calls itself.
const DEPTH_MAX: usize = 20;
/// Most letters of a rendered subject, and most bytes of a text or of HTML.
const SUBJECT_MAX: usize = 200;
const BODY_MAX_BYTES: usize = 64 * 1024;

/// What a template became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rendered {
    /// One line.
    pub(crate) subject: String,
    /// Plain text.
    pub(crate) body: String,
    /// A whole page.
    pub(crate) html: String,
}

/// Why a template becomes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{part}{}: {problem}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
pub(crate) struct TemplateProblem {
    /// `subject`, `body` or `html`.
    pub(crate) part: &'static str,
    /// The line, from 1.
    pub(crate) line: Option<usize>,
    /// What is wrong.
    pub(crate) problem: String,
}

/// How names are taken that a template uses and its notice does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// As nothing: a notice is told with a gap rather than not at all.
    Empty,
    /// As a mistake: whoever writes a template wants to know.
    Refused,
}

impl Rendered {
    /// Adds lines at the end of text and page; empty ones are left out.
    pub(crate) fn add_lines(&mut self, lines: &[&str]) {
        let lines: Vec<&str> = lines.iter().copied().filter(|line| !line.is_empty()).collect();
        if lines.is_empty() {
            return;
        }
        self.body = format!("{}\n\n{}", self.body, lines.join("\n")).trim().to_owned();
        self.html = page(&paragraphs(&self.body));
    }
}

/// Fills a template in.
pub(crate) fn render(
    text: &TemplateText,
    data: &Value,
    missing: Missing,
) -> Result<Rendered, TemplateProblem> {
    let subject = part("subject", &text.subject, data, missing, AutoEscape::None)?;
    let body = part("body", &text.body, data, missing, AutoEscape::None)?;
    let html = match text.html.is_empty() {
        true => paragraphs(&body),
        false => part("html", &text.html, data, missing, AutoEscape::Html)?,
    };
    Ok(Rendered { subject: one_line(&subject), body: body.trim().to_owned(), html: page(&html) })
}

fn part(
    part: &'static str,
    template: &str,
    data: &Value,
    missing: Missing,
    escape: AutoEscape,
) -> Result<String, TemplateProblem> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEPTH_MAX);
    environment.set_auto_escape_callback(move |_| escape.clone());
    environment.set_undefined_behavior(match missing {
        Missing::Empty => UndefinedBehavior::Chainable,
        Missing::Refused => UndefinedBehavior::SemiStrict,
    });
    let problem = |error: minijinja::Error| TemplateProblem {
        part,
        line: error.line(),
        problem: error
            .detail()
            .map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind())),
    };
    let mut rendered = environment.render_str(template, minijinja::value::Serde(data)).map_err(problem)?;
    rendered.truncate(rendered.floor_char_boundary(BODY_MAX_BYTES));
    Ok(rendered)
}

/// A subject is a header of a mail: it has no second line, whatever a product is called.
fn one_line(subject: &str) -> String {
    let plain = subject.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    plain.take(SUBJECT_MAX).collect::<String>().trim().to_owned()
}

fn page(html: &str) -> String {
    format!("<!doctype html><html><head><meta charset=\"utf-8\"></head><body>{html}</body></html>")
}

/// Text as HTML.
fn paragraphs(text: &str) -> String {
    let paragraph = |part: &str| format!("<p>{}</p>", escaped(part).replace('\n', "<br>"));
    text.trim().split("\n\n").map(paragraph).collect()
}

/// Text that means itself in HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::notify::words::{LANGUAGES, built_in};

    fn template(body: &str) -> TemplateText {
        TemplateText { subject: "{{ till }}".to_owned(), body: body.to_owned(), html: String::new() }
    }

    #[test]
    fn escapes_where_it_is_html_alone() {
        let data = json!({"till": "a\r\nBcc: x", "product": "<b>&\"Tea\"</b>"});
        let rendered = render(&template("{{ product }}"), &data, Missing::Empty).unwrap();
        assert_eq!(rendered.body, "<b>&\"Tea\"</b>");
        assert!(
            rendered.html.contains("<p>&lt;b&gt;&amp;&quot;Tea&quot;&lt;/b&gt;</p>"),
            "{}",
            rendered.html
        );
        assert_eq!(rendered.subject, "a  Bcc: x", "no header of its own");
        let own = TemplateText { html: "<i>{{ product }}</i>".to_owned(), ..template("x") };
        let rendered = render(&own, &data, Missing::Empty).unwrap();
        assert!(
            rendered.html.contains("<i>&lt;b&gt;") && !rendered.html.contains("<b>"),
            "{}",
            rendered.html
        );
    }

    #[test]
    fn names_what_is_wrong_and_where() {
        let refused =
            |body: &str| render(&template(body), &json!({"till": "t"}), Missing::Refused).unwrap_err();
        assert_eq!((refused("a\n{{ b").part, refused("a\n{{ b").line), ("body", Some(2)));
        assert!(refused("{{ nothing }}").problem.contains("undefined"), "{}", refused("{{ nothing }}"));
        for endless in [
            "{% for x in range(100000) %}{% for y in range(1000) %}.{% endfor %}{% endfor %}",
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        ] {
            refused(endless);
        }
        assert!(render(&template("{% include 'passwd' %}"), &json!({}), Missing::Empty).is_err());
    }

    #[test]
    fn built_in_words_need_no_data_to_be_said() {
        for language in LANGUAGES {
            for event in cloud_store::NoticeEvent::ALL {
                let text = built_in(event.as_str(), language).unwrap();
                render(text, &json!({}), Missing::Empty).unwrap();
            }
        }
    }
}
