//! Tesseract as a program: which languages it has, and what it finds on a picture.

use std::io::Write as _;
use std::process::{Child, Command, Output, Stdio};

use image::GrayImage;

use super::ScanError;

/// The languages that are read, of those that are installed. The first wins where several know a word: with English before German
/// umlauts lose their dots, and Russian is not confused with either.
const LANGUAGES: [&str; 3] = ["deu", "eng", "rus"];

/// The data that tell which way up a page is.
const ORIENTATION: &str = "osd";

/// How many recognise at once at most; more would take another document's cores.
const AT_ONCE_MAX: usize = 4;

/// A word on a picture, in pixels.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) text: String,
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) width: f32,
    pub(super) height: f32,
    /// The line of text that it is a part of.
    pub(super) line: (u32, u32, u32),
    pub(super) confidence: f32,
}

/// The recogniser that is installed.
#[derive(Debug, Clone)]
pub struct Recogniser {
    languages: String,
    knows_orientation: bool,
    at_once: usize,
}

impl Recogniser {
    /// Asks which languages there are.
    pub fn find() -> Result<Self, ScanError> {
        let asked = Command::new("tesseract").arg("--list-langs").stdin(Stdio::null()).output();
        let output = asked.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => ScanError::NoRecogniser,
            _ => ScanError::Process(error),
        })?;
        let told = String::from_utf8_lossy(&output.stdout);
        let there: Vec<&str> = told.lines().map(str::trim).collect();
        let languages: Vec<&str> =
            LANGUAGES.into_iter().filter(|language| there.contains(language)).collect();
        if languages.is_empty() {
            return Err(ScanError::NoLanguage);
        }
        let at_once = std::thread::available_parallelism().map_or(1, usize::from).min(AT_ONCE_MAX);
        Ok(Self { languages: languages.join("+"), knows_orientation: there.contains(&ORIENTATION), at_once })
    }

    /// How many pages are recognised at once.
    pub(super) fn at_once(&self) -> usize {
        self.at_once
    }

    /// Starts to recognise a picture.
    pub(super) fn start(&self, picture: &GrayImage, dpi: f32, page: u32) -> Result<Running, ScanError> {
        // 3: whole pages, columns and all.
        let mut command = tesseract(&self.languages, "3", dpi);
        command.arg("tsv");
        Ok(Running { child: start(&mut command, picture)?, page })
    }

    /// The turns, in quarters clockwise, by which a page that does not read well may have to be set upright.
    pub(super) fn likely_turns(&self, picture: &GrayImage, dpi: f32) -> Result<Vec<u8>, ScanError> {
        if !self.knows_orientation {
            return Ok(vec![2, 1, 3]);
        }
        let output = end(start(&mut tesseract(ORIENTATION, "0", dpi), picture)?)?;
        // Where it finds too little to tell, it says so and fails.
        let said = String::from_utf8_lossy(&output.stdout);
        let degrees = said.lines().find_map(|line| line.strip_prefix("Rotate: ")?.trim().parse::<u16>().ok());
        Ok(match degrees {
            Some(90) => vec![1],
            Some(180) => vec![2],
            Some(270) => vec![3],
            _ => Vec::new(),
        })
    }
}

fn tesseract(languages: &str, mode: &str, dpi: f32) -> Command {
    let mut command = Command::new("tesseract");
    command.args(["-", "-", "-l", languages, "--psm", mode, "--dpi", &format!("{}", dpi.round())]);
    // Its threads wait for one another more than they help.
    command.env("OMP_THREAD_LIMIT", "1");
    command
}

/// A page that is being recognised.
pub(super) struct Running {
    child: Child,
    page: u32,
}

impl Running {
    /// Waits for the words.
    pub(super) fn finish(self) -> Result<Vec<Found>, ScanError> {
        let output = end(self.child)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let why = said
                .lines()
                .rfind(|line| !line.trim().is_empty())
                .map_or_else(|| output.status.to_string(), str::to_owned);
            return Err(ScanError::Recognition { page: self.page, why });
        }
        Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(found).collect())
    }
}

/// Starts the program and gives it the picture. It reads all of it before it says anything, so neither waits for the other.
fn start(command: &mut Command, picture: &GrayImage) -> Result<Child, ScanError> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => ScanError::NoRecogniser,
        _ => ScanError::Process(error),
    })?;
    if let Some(mut stdin) = child.stdin.take() {
        let head = format!("P5\n{} {}\n255\n", picture.width(), picture.height());
        let written = stdin.write_all(head.as_bytes()).and_then(|()| stdin.write_all(picture.as_raw()));
        // One that ended before it read everything says why with its status.
        if let Err(error) = written.or_else(|error| match error.kind() {
            std::io::ErrorKind::BrokenPipe => Ok(()),
            _ => Err(error),
        }) {
            return Err(ScanError::Process(error));
        }
    }
    Ok(child)
}

fn end(child: Child) -> Result<Output, ScanError> {
    child.wait_with_output().map_err(ScanError::Process)
}

/// A line of Tesseract's table: level, page, block, paragraph, line, word, left, top, width, height, confidence, text.
fn found(line: &str) -> Option<Found> {
    let mut columns = line.splitn(12, '\t');
    let mut number = || columns.next()?.parse::<f32>().ok();
    let level = number()?;
    let [_, block, paragraph, line, _, left, top, width, height, confidence] = {
        let mut read = [0.0; 10];
        for place in &mut read {
            *place = number()?;
        }
        read
    };
    let text = columns.next()?.trim();
    // 5: a word.
    (level > 4.5 && confidence >= 0.0 && !text.is_empty()).then(|| Found {
        text: text.to_owned(),
        left,
        top,
        width,
        height,
        line: (block as u32, paragraph as u32, line as u32),
        confidence: confidence / 100.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_of_the_table_and_nothing_else() {
        let table = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
            1\t1\t0\t0\t0\t0\t0\t0\t1653\t2339\t-1\t\n\
            5\t1\t3\t1\t2\t1\t159\t48\t161\t17\t92.5\tHandels\n\
            5\t1\t3\t1\t2\t2\t159\t48\t161\t17\t95\t \n\
            5\t1\tx\n";
        let words: Vec<Found> = table.lines().filter_map(found).collect();
        let expected = Found {
            text: "Handels".into(),
            left: 159.0,
            top: 48.0,
            width: 161.0,
            height: 17.0,
            line: (3, 1, 2),
            confidence: 0.925,
        };
        assert_eq!(words, [expected]);
    }
}
