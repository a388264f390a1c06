//! One file out of those that lie in another, found again by the path that its document has.

use crate::archive::Archive;
use crate::detect::{Content, detect};
use crate::hybrid;
use crate::mail::{self, Part};
use crate::notes::{self, Note};
use crate::read::joined;
use crate::reading::Limits;

/// The file of this path in an archive, a mail or a PDF's portfolio, however deep. A path that two files have names neither.
pub(crate) fn file(bytes: &[u8], path: &str, limits: &Limits) -> Result<Vec<u8>, Note> {
    let mut search = Search { path, limits, unpacked_bytes: 0, depth: 0, found: None, is_twice: false };
    search.look(bytes, "")?;
    match search.found {
        Some(_) if search.is_twice => Err(notes::name_twice()),
        Some(file) => Ok(file),
        None => Err(notes::no_such_file()),
    }
}

/// One search with what it has used up.
struct Search<'a> {
    path: &'a str,
    limits: &'a Limits,
    unpacked_bytes: u64,
    depth: u32,
    found: Option<Vec<u8>>,
    is_twice: bool,
}

impl Search<'_> {
    /// Looks through one file; `at` is where it lies.
    fn look(&mut self, bytes: &[u8], at: &str) -> Result<(), Note> {
        match detect(bytes) {
            Content::Archive => {
                let mut archive = Archive::open(bytes)?;
                for index in 0..archive.len().min(self.limits.entries as usize) {
                    let left = self.limits.unpacked_bytes.saturating_sub(self.unpacked_bytes);
                    // One that cannot be unpacked gave no document, and is not the one.
                    if let Some(entry) = archive.entry(index, left, self.limits.unpack_ratio)
                        && let Ok(content) = entry.content
                    {
                        self.inside(at, &entry.name, content)?;
                    }
                }
                Ok(())
            }
            Content::Mail => {
                let mail = mail::open(bytes).ok_or_else(notes::mail_broken)?;
                self.message(&mail, at)
            }
            Content::Pdf => {
                let left = self.limits.unpacked_bytes.saturating_sub(self.unpacked_bytes);
                for file in hybrid::attached(bytes, left)?.files {
                    self.inside(at, &file.name, file.bytes)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn message(&mut self, mail: &mail_parser::Message<'_>, at: &str) -> Result<(), Note> {
        for part in mail::parts(mail) {
            match part {
                Part::File(name, content) | Part::Shown(name, content) => self.inside(at, &name, content)?,
                Part::Mail(name, inside) => {
                    let at = joined(at, &name);
                    if self.leads_to(&at) {
                        self.deeper(|search| search.message(inside, &at))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A file in the one that is looked through: the one that is sought, or one that may hold it.
    fn inside(&mut self, at: &str, name: &str, content: Vec<u8>) -> Result<(), Note> {
        self.unpacked_bytes = self.unpacked_bytes.saturating_add(content.len() as u64);
        if self.unpacked_bytes > self.limits.unpacked_bytes {
            return Err(notes::unpacked_too_large());
        }
        let at = joined(at, name);
        if at == self.path {
            self.is_twice = self.found.is_some();
            self.found = Some(content);
            return Ok(());
        }
        if self.leads_to(&at) { self.deeper(|search| search.look(&content, &at)) } else { Ok(()) }
    }

    fn leads_to(&self, at: &str) -> bool {
        self.path.strip_prefix(at).is_some_and(|rest| rest.starts_with('/'))
    }

    fn deeper(&mut self, work: impl FnOnce(&mut Self) -> Result<(), Note>) -> Result<(), Note> {
        if self.depth >= self.limits.depth {
            return Err(notes::too_deep(self.limits.depth));
        }
        self.depth += 1;
        let outcome = work(self);
        self.depth -= 1;
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use super::*;

    fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn a_file_is_found_by_its_path_however_deep() {
        let inner = zipped(&[("b/c.txt", b"deep")]);
        let mail = b"Subject: papers\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\n\
            Content-Type: text/plain; name=\"d.txt\"\r\nContent-Disposition: attachment; filename=\"d.txt\"\r\n\r\nin a mail\r\n--cut--\r\n";
        let outer = zipped(&[("x.txt", b"near"), ("a.zip", &inner), ("m.eml", mail)]);
        let limits = Limits::default();
        for (path, expected) in
            [("x.txt", &b"near"[..]), ("a.zip/b/c.txt", b"deep"), ("m.eml/d.txt", b"in a mail")]
        {
            assert_eq!(file(&outer, path, &limits).unwrap().trim_ascii(), expected, "{path}");
        }
        for path in ["", "y.txt", "a.zip/c.txt", "x.txt/y"] {
            assert_eq!(file(&outer, path, &limits).unwrap_err().code, "no_such_file", "{path}");
        }
        let deepless = Limits { depth: 0, ..Limits::default() };
        assert_eq!(file(&outer, "a.zip/b/c.txt", &deepless).unwrap_err().code, "too_deep");
        let small = Limits { unpacked_bytes: 6, ..Limits::default() };
        assert_eq!(file(&outer, "a.zip/b/c.txt", &small).unwrap_err().code, "no_such_file");
    }

    #[test]
    fn a_path_of_two_files_is_that_of_none() {
        let twice = b"Subject: papers\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=cut\r\n\r\n\
            --cut\r\nContent-Type: text/plain; name=\"d.txt\"\r\nContent-Disposition: attachment; filename=\"d.txt\"\r\n\r\none\r\n\
            --cut\r\nContent-Type: text/plain; name=\"d.txt\"\r\nContent-Disposition: attachment; filename=\"d.txt\"\r\n\r\ntwo\r\n--cut--\r\n";
        assert_eq!(file(twice, "d.txt", &Limits::default()).unwrap_err().code, "name_twice");
    }
}
