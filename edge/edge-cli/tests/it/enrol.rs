//! Enrolment with the real models.

use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};
use serde_json::{Value, json};

use crate::support::{Bench, Run, finished, last_object, models};

/// A photo of something that is easy to tell from the other kinds; the number changes size, place and light a little.
pub(crate) fn photo(kind: &str, number: u32) -> RgbImage {
    let side = 320;
    let centre = (150 + number * 7 % 20, 155 + number * 11 % 17);
    let shade = 200 + (number * 5 % 30) as u8;
    RgbImage::from_fn(side, side, |x, y| {
        let (dx, dy) = (i64::from(x) - i64::from(centre.0), i64::from(y) - i64::from(centre.1));
        let distance = dx * dx + dy * dy;
        match kind {
            "disc" if distance < 90 * 90 => Rgb([shade, 20, 25]),
            "stripes" if (x / 14 + y / 60) % 2 == 0 => Rgb([20, shade, 40]),
            "rings" if (distance / 900) % 2 == 0 => Rgb([30, 40, shade]),
            _ => Rgb([235, 235, 230]),
        }
    })
}

pub(crate) struct Kitchen {
    pub(crate) till: Bench,
    pub(crate) models: PathBuf,
}

impl Kitchen {
    pub(crate) fn new(name: &str) -> Option<Self> {
        let models = models("enrolment")?;
        let till = Bench::new(name);
        till.import_shop();
        Some(Self { till, models })
    }

    pub(crate) fn save(&self, name: &str, picture: &RgbImage) -> PathBuf {
        let path = self.till.scratch.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        picture.save(&path).unwrap();
        path
    }

    /// Photos of one kind, numbered.
    pub(crate) fn photos(&self, kind: &str, numbers: std::ops::Range<u32>) -> Vec<PathBuf> {
        numbers.map(|n| self.save(&format!("{kind}-{n}.png"), &photo(kind, n))).collect()
    }

    pub(crate) fn run(&self, arguments: &[&str], photos: &[PathBuf]) -> Run {
        let mut command = self.till.command(["enroll"].iter().chain(arguments));
        finished(&command.args(photos).env("TILLSIGHT_MODELS", &self.models).output().unwrap())
    }

    fn enrol(&self, product: &str, photos: &[PathBuf]) -> Value {
        let run = self.run(&["--product", product, "--json"], photos);
        assert_eq!(run.code, 0, "{run:#?}");
        last_object(&run.stdout)
    }

    pub(crate) fn generation(&self) -> u64 {
        self.till.json(["catalog", "show"])["generation"].as_u64().unwrap()
    }

    pub(crate) fn views(&self, product: &str) -> usize {
        self.till.json(["views", "list", "--product", product])["views"].as_array().unwrap().len()
    }
}

#[test]
fn enrols_adds_replaces_and_forgets() {
    let Some(kitchen) = Kitchen::new("enrol") else { return };
    let first = kitchen.enrol("lime", &kitchen.photos("disc", 0..3));
    assert_eq!((&first["added"], &first["generation"]), (&json!(3), &json!(2)));
    kitchen.enrol("lemon", &kitchen.photos("stripes", 0..3));
    let more = kitchen.enrol("lime", &kitchen.photos("disc", 1..5));
    assert_eq!(
        (&more["added"], more["skipped"].as_array().unwrap().len()),
        (&json!(2), 2),
        "known photos: {more}"
    );
    assert_eq!(kitchen.views("lime"), 5);
    let replaced = kitchen.run(&["--product", "lime", "--replace"], &kitchen.photos("disc", 7..9));
    assert_eq!((replaced.code, kitchen.views("lime"), kitchen.views("lemon")), (0, 2, 3), "{replaced:#?}");
    let generation = kitchen.generation();
    assert_eq!(kitchen.till.run(["products", "remove-views", "lime"]).code, 2, "nobody said yes");
    let remove = ["products", "remove-views", "lime", "--yes", "--models", kitchen.models.to_str().unwrap()];
    assert_eq!(kitchen.till.json(remove)["removed"], 2);
    assert_eq!((kitchen.views("lime"), kitchen.generation()), (0, generation + 1));
}

#[test]
fn warns_of_photos_that_look_like_another_product() {
    let Some(kitchen) = Kitchen::new("wrong") else { return };
    kitchen.enrol("lime", &kitchen.photos("disc", 0..6));
    kitchen.enrol("lemon", &kitchen.photos("stripes", 0..6));
    let generation = kitchen.generation();
    let wrong = kitchen.photos("disc", 10..13);
    let run = kitchen.run(&["--product", "lemon"], &wrong);
    assert_eq!(run.code, 2, "{run:#?}");
    for part in ["the photos of `lemon` look like Lime (`lime`): probability ", " %", "--yes"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    assert_eq!(kitchen.generation(), generation, "nothing was enrolled");
    let dry = kitchen.run(&["--product", "lemon", "--dry-run", "--json"], &wrong);
    assert_eq!(last_object(&dry.stdout)["products"][0]["looks_like"]["product"], "lime");
    let meant = kitchen.run(&["--product", "lemon", "--yes"], &wrong);
    assert_eq!((meant.code, kitchen.generation()), (0, generation + 1), "{meant:#?}");
    let fine = kitchen.run(&["--product", "apple-red"], &kitchen.photos("rings", 0..3));
    assert_eq!(fine.code, 0, "what looks like nothing known is no reason to ask: {fine:#?}");
}

#[test]
fn leaves_unreadable_photos_out_or_stops_and_never_enrols_half() {
    let Some(kitchen) = Kitchen::new("unreadable") else { return };
    let good = kitchen.photos("disc", 0..2);
    let bad = |name: &str, bytes: &[u8]| kitchen.till.write(name, bytes);
    let whole = std::fs::read(&good[0]).unwrap();
    let cases = [
        (bad("cut.png", &whole[..whole.len() / 2]), "cut off"),
        (bad("text.jpg", b"no picture at all, only words"), "not a picture"),
        (bad("bomb.png", &bomb()), "pixels"),
        (bad("empty.jpg", b""), "not a picture"),
    ];
    let mut photos = good;
    photos.extend(cases.iter().map(|(path, _)| path.clone()));
    let strict = kitchen.run(&["--product", "lime", "--strict"], &photos);
    assert_eq!((strict.code, kitchen.generation()), (1, 1), "{strict:#?}");
    let alone = kitchen.run(&["--product", "lime"], &[cases[1].0.clone()]);
    assert_eq!((alone.code, kitchen.generation()), (1, 1), "no photo left: {alone:#?}");
    assert!(alone.stderr.contains("no photo of `lime` can be used"), "{}", alone.stderr);
    let run = kitchen.run(&["--product", "lime"], &photos);
    assert_eq!((run.code, kitchen.views("lime")), (0, 2), "{run:#?}");
    for (path, reason) in &cases {
        let name = path.file_name().unwrap().to_str().unwrap();
        let line = run
            .stderr
            .lines()
            .find(|line| line.contains(name))
            .unwrap_or_else(|| panic!("{name}: {}", run.stderr));
        assert!(line.contains(reason), "{name} says `{reason}`: {line}");
    }
}

/// A PNG that claims 60,000 x 60,000 pixels.
fn bomb() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let side = 60_000_u32.to_be_bytes();
    let header = [&side[..], &side, &[8, 2, 0, 0, 0]].concat();
    for (kind, content) in [(b"IHDR", header), (b"IDAT", vec![0; 64]), (b"IEND", Vec::new())] {
        let length = u32::try_from(content.len()).unwrap();
        let chunk = [&kind[..], &content].concat();
        bytes.extend(length.to_be_bytes());
        bytes.extend(&chunk);
        bytes.extend(crc32(&chunk).to_be_bytes());
    }
    bytes
}

/// The checksum of PNG chunks (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 },
        )
    })
}

#[test]
fn names_what_is_missing() {
    let Some(kitchen) = Kitchen::new("missing") else { return };
    let photos = kitchen.photos("disc", 0..1);
    let folder = kitchen.till.scratch.join("folders");
    for name in ["lime", "lemmon"] {
        kitchen.save(&format!("folders/{name}/1.png"), &photo("disc", 1));
    }
    std::fs::create_dir_all(kitchen.till.scratch.join("nothing/lime")).unwrap();
    let absent = [PathBuf::from("absent.jpg")];
    let nothing = [kitchen.till.scratch.join("nothing")];
    let cases: [(&[&str], &[PathBuf], i32, &str); 6] = [
        (&["--product", "lime"], &[], 2, "there are no photos of `lime` to enrol"),
        (&["--product", "lmie"], &photos, 1, "hint: did you mean `lime`?"),
        (&["--product", "lime"], &absent, 1, "there is no photo `absent.jpg`"),
        (&["--product", "lime"], &nothing, 1, "there are no photos in"),
        (&["--folder", folder.to_str().unwrap()], &[], 1, "`lemmon` (did you mean `lemon`?)"),
        (&["--product", "lime", "--crop", "tray"], &photos, 2, "--empty-tray"),
    ];
    for (arguments, photos, code, text) in cases {
        let run = kitchen.run(arguments, photos);
        assert_eq!(run.code, code, "{arguments:?}: {run:#?}");
        assert!(run.stderr.contains(text), "{arguments:?} says `{text}`: {}", run.stderr);
    }
    assert_eq!(kitchen.generation(), 1);
    let mut command = kitchen.till.command(["enroll", "--product", "lime"]);
    let run = finished(&command.args(&photos).env("TILLSIGHT_MODELS", "/nowhere").output().unwrap());
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.contains("/nowhere/manifest.json") && run.stderr.contains("cargo xtask model"),
        "{}",
        run.stderr
    );
}

#[test]
fn enrols_a_folder_of_folders_at_once_and_cuts_items_out_of_the_tray() {
    let Some(kitchen) = Kitchen::new("folders") else { return };
    for (product, kind) in [("lime", "disc"), ("lemon", "stripes")] {
        for number in 0..3 {
            kitchen.save(&format!("photos/{product}/{number}.png"), &photo(kind, number));
        }
    }
    let folder = kitchen.till.scratch.join("photos");
    let run = kitchen.run(&["--folder", folder.to_str().unwrap(), "--json"], &[]);
    assert_eq!(run.code, 0, "{run:#?}");
    let answer = last_object(&run.stdout);
    assert_eq!((&answer["added"], &answer["generation"]), (&json!(6), &json!(2)), "both in one generation");
    let empty = kitchen.save("empty.png", &tray(None));
    let with_item = kitchen.save("item.png", &tray(Some((420, 300))));
    let arguments = ["--product", "apple-red", "--crop", "tray", "--empty-tray", empty.to_str().unwrap()];
    let run = kitchen.run(&arguments, &[with_item]);
    assert_eq!((run.code, kitchen.views("apple-red")), (0, 1), "{run:#?}");
    let run = kitchen.run(&arguments, std::slice::from_ref(&empty));
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.stderr.contains("shows nothing that the empty tray does not"), "{}", run.stderr);
}

/// A grey tray, with a blue-ringed thing on it or without.
fn tray(item: Option<(u32, u32)>) -> RgbImage {
    RgbImage::from_fn(800, 600, |x, y| {
        let grain = ((x * 31 + y * 17) % 7) as u8;
        let (dx, dy) =
            item.map_or((999, 999), |(cx, cy)| (i64::from(x) - i64::from(cx), i64::from(y) - i64::from(cy)));
        match dx * dx + dy * dy {
            distance if distance < 80 * 80 => {
                if distance / 700 % 2 == 0 {
                    Rgb([30, 40, 200])
                } else {
                    Rgb([240, 230, 60])
                }
            }
            _ => Rgb([150 + grain, 152 + grain, 155 + grain]),
        }
    })
}

#[test]
fn ctrl_c_while_embedding_leaves_the_old_generation() {
    use rustix::process::Signal;
    use std::io::{BufRead as _, BufReader};
    use std::process::Stdio;
    use testkit::child::ChildGuard;
    use testkit::wait::wait_for;

    let Some(kitchen) = Kitchen::new("interrupted") else { return };
    let photos = kitchen.photos("rings", 0..150);
    let mut command = kitchen.till.command(["enroll", "--product", "lime"]);
    command.args(&photos).env("TILLSIGHT_MODELS", &kitchen.models).stderr(Stdio::piped());
    let mut child = ChildGuard::spawn(&mut command).unwrap();
    let mut lines = BufReader::new(child.child().stderr.take().unwrap()).lines();
    lines.find(|line| line.as_ref().unwrap().starts_with("embedding 150 photos")).unwrap().unwrap();
    child.signal(Signal::INT).unwrap();
    let status =
        wait_for("the tool to end", std::time::Duration::from_secs(30), || child.ended().unwrap()).unwrap();
    let last = lines.map_while(Result::ok).last().unwrap_or_default();
    assert_eq!((status.code(), last.as_str()), (Some(2), "error: stopped by Ctrl-C; nothing was changed"));
    assert_eq!((kitchen.generation(), kitchen.views("lime")), (1, 0));
    assert!(Path::new(&kitchen.till.data()).join("till.db").exists());
}
