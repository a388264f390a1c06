//! Mails (RFC 5322, MIME): their attached files and, where nothing attached can be read, what they say themselves.

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders as _, PartType};

/// A part of a mail.
pub(crate) enum Part<'a> {
    /// An attached file with its name.
    File(String, Vec<u8>),
    /// A picture that the mail's text shows, with its name.
    Shown(String, Vec<u8>),
    /// A mail in the mail, by its subject.
    Mail(String, &'a Message<'a>),
}

/// Takes a mail apart; what is attached stays as it is.
pub(crate) fn open(bytes: &[u8]) -> Option<Message<'_>> {
    MessageParser::default().parse(bytes)
}

/// Its attached files and mails in order, and the pictures that its text shows.
pub(crate) fn parts<'a>(mail: &'a Message<'a>) -> impl Iterator<Item = Part<'a>> {
    mail.attachments().enumerate().map(move |(index, part)| match &part.body {
        PartType::Message(inside) => Part::Mail(name(inside.subject(), index, ".eml"), inside),
        // What the text shows it names by an id.
        PartType::InlineBinary(_) if part.content_id().is_some() => {
            Part::Shown(name(part.attachment_name(), index, ""), bytes(mail, part))
        }
        _ => Part::File(name(part.attachment_name(), index, ""), bytes(mail, part)),
    })
}

/// What the mail says, as plain text.
pub(crate) fn text(mail: &Message<'_>) -> String {
    let bodies = (0..mail.text_body_count()).filter_map(|index| mail.body_text(index));
    bodies.collect::<Vec<_>>().join("\n")
}

/// A part's name without what a path is made of: it is shown, and nothing is written by it.
fn name(said: Option<&str>, index: usize, ending: &str) -> String {
    let said: String = said.unwrap_or_default().chars().filter(|c| !c.is_control()).take(200).collect();
    let said = said.replace(['/', '\\'], "_");
    if said.is_empty() { format!("part {}{ending}", index + 1) } else { said + ending }
}

/// A part's bytes. A text that does not say its encoding is taken as it came: what its letters are is found out from them.
fn bytes(mail: &Message<'_>, part: &MessagePart<'_>) -> Vec<u8> {
    let says_encoding = part.content_type().is_some_and(|kind| kind.attribute("charset").is_some());
    let is_text = matches!(part.body, PartType::Text(_) | PartType::Html(_));
    let (from, to) = (part.offset_body as usize, part.offset_end as usize);
    match mail.raw_message.get(from..to) {
        Some(raw) if is_text && !says_encoding => match part.encoding {
            Encoding::None => Some(raw.to_vec()),
            Encoding::Base64 => base64_decode(raw),
            Encoding::QuotedPrintable => quoted_printable_decode(raw),
        },
        _ => None,
    }
    .unwrap_or_else(|| part.contents().to_vec())
}
