//! Takes a `multipart/x-mixed-replace` stream apart (RFC 2046, section 5.1), as loosely as cameras write it.
//!
//! Boundaries come with and without the two leading dashes and in quotes, lines end in CRLF or LF, lengths are missing or
//! wrong. Whatever lies between parts is skipped, so a stream that was torn is picked up at the next boundary.

/// The longest headers of a part that are read, in bytes.
const HEADERS_MAX: usize = 8 << 10;

/// The longest boundary: RFC 2046 allows 70 characters.
const BOUNDARY_MAX: usize = 200;

/// The longest line end before a boundary.
const LINE_END_MAX: usize = 2;

/// What the stream held next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The body of a part.
    Whole(Vec<u8>),
    /// A part that is left out, and why.
    Unusable(String),
    /// The closing boundary.
    End,
}

/// The parser: bytes go in, parts come out. It never holds more than one part of the allowed length and one chunk.
#[derive(Debug)]
pub(super) struct Multipart {
    delimiter: Vec<u8>,
    max_part_bytes: usize,
    buffer: Vec<u8>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Looking for a boundary.
    Between,
    Headers,
    /// In a part that said how long it is.
    Sized(usize),
    /// In a part that ends at the next boundary; this much has been searched.
    Unsized(usize),
    Ended,
}

/// The boundary in a `Content-Type`, if that is a multipart one.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_owned())
    })?;
    (!value.is_empty() && value.len() <= BOUNDARY_MAX).then_some(value)
}

impl Multipart {
    pub(super) fn new(boundary: &str, max_part_bytes: usize) -> Self {
        // Some cameras count the leading dashes as part of the boundary.
        let bare = boundary.strip_prefix("--").unwrap_or(boundary);
        let delimiter = format!("--{bare}").into_bytes();
        Self { delimiter, max_part_bytes, buffer: Vec::new(), state: State::Between }
    }

    /// Takes more of the stream.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.state != State::Ended {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next part, or `None` when more of the stream is needed.
    pub(super) fn next_part(&mut self) -> Option<Part> {
        loop {
            match self.state {
                State::Between => self.find_boundary()?,
                State::Headers => {
                    if let Some(unusable) = self.read_headers()? {
                        return Some(unusable);
                    }
                }
                State::Sized(length) => return self.sized_body(length),
                State::Unsized(searched) => return self.unsized_body(searched),
                State::Ended => return Some(Part::End),
            }
        }
    }

    /// Steps behind the next boundary; `None` when it is not there yet.
    fn find_boundary(&mut self) -> Option<()> {
        let Some(at) = find(&self.buffer, &self.delimiter, 0) else {
            // The boundary may have begun in the last bytes.
            let kept = self.delimiter.len().min(self.buffer.len());
            self.buffer.drain(..self.buffer.len() - kept);
            return None;
        };
        let behind = at + self.delimiter.len();
        let line_end = match &self.buffer[behind..] {
            [b'-', b'-', ..] => {
                self.state = State::Ended;
                self.buffer = Vec::new();
                return Some(());
            }
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            [] | [b'-' | b'\r'] => return None,
            // Not a boundary but something that begins like one.
            _ => {
                self.buffer.drain(..behind);
                return Some(());
            }
        };
        self.buffer.drain(..behind + line_end);
        self.state = State::Headers;
        Some(())
    }

    /// Reads the headers; `Some(Some(_))` when the part is to be left out.
    fn read_headers(&mut self) -> Option<Option<Part>> {
        let Some((length, end)) = headers_end(&self.buffer) else {
            if self.buffer.len() <= HEADERS_MAX {
                return None;
            }
            self.state = State::Between;
            return Some(Some(Part::Unusable("the headers of a part do not end".to_owned())));
        };
        let headers = String::from_utf8_lossy(&self.buffer[..length]).into_owned();
        self.buffer.drain(..end);
        let said = headers.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        match said {
            Some(length) if length > self.max_part_bytes => {
                self.state = State::Between;
                let limit = self.max_part_bytes;
                Some(Some(Part::Unusable(format!(
                    "it is {length} bytes long, more than the {limit} allowed"
                ))))
            }
            // A length of nothing is what some cameras write when they do not know it yet.
            Some(0) | None => {
                self.state = State::Unsized(0);
                Some(None)
            }
            Some(length) => {
                self.state = State::Sized(length);
                Some(None)
            }
        }
    }

    fn sized_body(&mut self, length: usize) -> Option<Part> {
        if self.buffer.len() < length {
            return None;
        }
        self.state = State::Between;
        Some(Part::Whole(self.buffer.drain(..length).collect()))
    }

    fn unsized_body(&mut self, searched: usize) -> Option<Part> {
        let found = find(&self.buffer, &self.delimiter, searched);
        if found.unwrap_or(self.buffer.len()) > self.max_part_bytes + LINE_END_MAX {
            // What is left of it, up to the next boundary, is skipped.
            self.state = State::Between;
            let limit = self.max_part_bytes;
            return Some(Part::Unusable(format!("it is longer than the {limit} bytes allowed")));
        }
        let Some(at) = found else {
            self.state = State::Unsized(self.buffer.len().saturating_sub(self.delimiter.len()));
            return None;
        };
        self.state = State::Between;
        let mut body: Vec<u8> = self.buffer.drain(..at).collect();
        // The line end before the boundary belongs to the boundary.
        for end in [b'\n', b'\r'] {
            if body.last() == Some(&end) {
                body.pop();
            }
        }
        Some(Part::Whole(body))
    }
}

/// Where the headers end and where the body begins.
fn headers_end(buffer: &[u8]) -> Option<(usize, usize)> {
    // A part may have no headers at all.
    if buffer.starts_with(b"\r\n") {
        return Some((0, 2));
    }
    if buffer.starts_with(b"\n") {
        return Some((0, 1));
    }
    let limited = &buffer[..buffer.len().min(HEADERS_MAX + 4)];
    let crlf = find(limited, b"\r\n\r\n", 0).map(|at| (at, at + 4));
    let lf = find(limited, b"\n\n", 0).map(|at| (at, at + 2));
    match (crlf, lf) {
        (Some(crlf), Some(lf)) => Some(crlf.min(lf)),
        (one, other) => one.or(other),
    }
}

fn find(haystack: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let rest = haystack.get(from..)?;
    // Looking for the first byte and then comparing is much faster than comparing at every place.
    let mut start = 0;
    while let Some(at) = rest[start..].iter().position(|&byte| byte == needle[0]) {
        if rest[start + at..].starts_with(needle) {
            return Some(from + start + at);
        }
        start += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Everything a stream holds, pushed in chunks of a size.
    fn parts(stream: &[u8], chunk: usize) -> Vec<Part> {
        let mut multipart = Multipart::new("frame", 20);
        let mut found = Vec::new();
        for bytes in stream.chunks(chunk) {
            multipart.push(bytes);
            while let Some(part) = multipart.next_part() {
                let ended = part == Part::End;
                found.push(part);
                if ended {
                    return found;
                }
            }
        }
        found
    }

    fn whole(body: &str) -> Part {
        Part::Whole(body.as_bytes().to_vec())
    }

    fn unusable(reason: &str) -> Part {
        Part::Unusable(reason.to_owned())
    }

    #[test]
    fn reads_boundaries_as_cameras_write_them() {
        for (kind, expected) in [
            ("multipart/x-mixed-replace; boundary=frame", Some("frame")),
            ("multipart/x-mixed-replace;boundary=\"--my frame\"", Some("--my frame")),
            ("Multipart/X-Mixed-Replace; charset=x; BOUNDARY=a", Some("a")),
            ("multipart/x-mixed-replace", None),
            ("multipart/x-mixed-replace; boundary=", None),
            ("image/jpeg; boundary=x", None),
            ("", None),
        ] {
            assert_eq!(boundary(kind).as_deref(), expected, "{kind}");
        }
    }

    #[test]
    fn finds_the_same_parts_however_the_stream_is_cut() {
        let cases: [(&str, Vec<Part>); 8] = [
            (
                "--frame\r\nContent-Length: 3\r\n\r\nabc\r\n--frame\r\n\r\nde\r\n--frame--",
                vec![whole("abc"), whole("de"), Part::End],
            ),
            (
                "garbage --fra me\n--frame\ncontent-length:2\n\nab\n--frame\n\ncd\n--frame\n",
                vec![whole("ab"), whole("cd")],
            ),
            (
                "--frame\r\nContent-Length: 99\r\n\r\nabc\r\n--frame\r\n\r\nde\r\n--frame",
                vec![unusable("it is 99 bytes long, more than the 20 allowed"), whole("de")],
            ),
            (
                "--frame\r\n\r\n0123456789012345678901234567890123456789\r\n--frame\r\n\r\nde\r\n--frame",
                vec![unusable("it is longer than the 20 bytes allowed"), whole("de")],
            ),
            ("--frame\r\nContent-Length: minus\r\n\r\nabc\r\n--frame", vec![whole("abc")]),
            ("--frame\r\nContent-Length: 0\r\n\r\nabc\r\n--frame", vec![whole("abc")]),
            ("--frames\r\n\r\nx\r\n--frame\r\n\r\nabc\r\n--frame", vec![whole("abc")]),
            ("--frame\r\nContent-Length: 10\r\n\r\nabc", vec![]),
        ];
        for (stream, expected) in cases {
            for chunk in [1, 2, 3, 7, 1000] {
                let mut found = parts(stream.as_bytes(), chunk);
                // How much of an overlong part is seen before it is given up depends on the chunks; that it is does not.
                found.dedup_by(|a, b| a == b && matches!(a, Part::Unusable(_)));
                assert_eq!(found, expected, "{stream:?} in chunks of {chunk}");
            }
        }
    }

    #[test]
    fn gives_up_on_headers_without_an_end() {
        let mut multipart = Multipart::new("frame", 1 << 20);
        multipart.push(b"--frame\r\n");
        multipart.push(&vec![b'x'; HEADERS_MAX * 3]);
        assert_eq!(multipart.next_part(), Some(unusable("the headers of a part do not end")));
        multipart.push(b"\r\n--frame\r\n\r\nok\r\n--frame");
        assert_eq!(multipart.next_part(), Some(whole("ok")));
    }

    proptest! {
        #[test]
        fn never_panics_nor_hoards(bytes in prop::collection::vec(
            prop_oneof![Just(b'-'), Just(b'\r'), Just(b'\n'), Just(b'f'), any::<u8>()], 0..2000),
            chunk in 1_usize..100,
        ) {
            let mut multipart = Multipart::new("f", 50);
            for bytes in bytes.chunks(chunk) {
                multipart.push(bytes);
                for _ in 0..bytes.len() + 2 {
                    if matches!(multipart.next_part(), None | Some(Part::End)) {
                        break;
                    }
                }
                prop_assert!(multipart.buffer.len() <= HEADERS_MAX + 50 + chunk + 4);
            }
        }
    }
}
