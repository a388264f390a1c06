//! Moving a till's views from one real model to another.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use domain::ids::{Generation, ProductId};
use rustix::process::Signal;
use serde_json::{Value, json};
use testkit::child::ChildGuard;
use testkit::wait::{wait_for, wait_until};
use vision::calibrate::Calibration;
use vision::decode::{Limits, decode_file};
use vision::embed::Embedder;
use vision::models::ModelFiles;
use vision::preprocess::centre_crop;
use vision::recognise::Recogniser;

use crate::enrol::{Kitchen, photo};
use crate::support::{Run, finished, last_object};

const SHOWS: [(&str, &str); 3] = [("lime", "disc"), ("lemon", "stripes"), ("apple-red", "rings")];

/// A till whose three products were enrolled with the small model.
fn enrolled(name: &str, views: u32) -> Option<Kitchen> {
    let kitchen = Kitchen::new(name)?;
    for (product, kind) in SHOWS {
        for number in 0..views {
            kitchen.save(&format!("photos/{product}/{number}.png"), &photo(kind, number));
        }
    }
    let folder = kitchen.till.scratch.join("photos");
    let run = kitchen.run(&["--folder", folder.to_str().unwrap(), "--model", "lite0", "--yes"], &[]);
    assert_eq!(run.code, 0, "{run:#?}");
    Some(kitchen)
}

fn re_embed(kitchen: &Kitchen, arguments: &[&str]) -> Run {
    let mut command = kitchen.till.command(["views", "re-embed"].iter().chain(arguments));
    finished(&command.env("TILLSIGHT_MODELS", &kitchen.models).output().unwrap())
}

fn is_embedding(line: &str) -> bool {
    line.starts_with("embedding ") && line.contains(" pictures with lite2-")
}

fn model(kitchen: &Kitchen) -> String {
    kitchen.till.json(["views", "list"])["model"].as_str().unwrap().to_owned()
}

/// What the newest generation says of a photo that was not enrolled.
fn recognised(kitchen: &Kitchen, photo: &Path) -> ProductId {
    let stored = kitchen.till.store().catalogue().unwrap().unwrap();
    let version = stored.model.unwrap();
    let files = ModelFiles::of_version(&kitchen.models, &version).unwrap().unwrap();
    let calibration = Calibration::from_json(&stored.calibration_json.unwrap()).unwrap();
    let till = Recogniser::build(stored.generation, version, stored.views, calibration).unwrap();
    let picture = decode_file(photo, &Limits::default()).unwrap();
    let region = centre_crop(picture.width, picture.height);
    let vector = Embedder::open(&files, 1).unwrap().embed_picture(&picture, region).unwrap();
    till.recognise(&vector).unwrap().candidates[0].product.clone()
}

#[test]
fn a_shop_moves_to_another_model_as_one_generation_and_back() {
    let Some(kitchen) = enrolled("re-embed", 4) else { return };
    let dry = re_embed(&kitchen, &["--model", "lite2", "--dry-run", "--json"]);
    assert_eq!(dry.code, 0, "{dry:#?}");
    assert!(dry.stderr.contains("would move 12 views from lite0-"), "{}", dry.stderr);
    assert_eq!((last_object(&dry.stdout)["moved"].clone(), kitchen.generation()), (json!(12), 2));
    let unasked = re_embed(&kitchen, &[]);
    assert_eq!((unasked.code, kitchen.generation()), (2, 2), "nobody said yes: {unasked:#?}");

    let run = re_embed(&kitchen, &["--yes", "--json"]);
    assert_eq!(run.code, 0, "{run:#?}");
    let answer = last_object(&run.stdout);
    assert_eq!(
        (&answer["generation"], &answer["moved"], &answer["dropped"]),
        (&json!(3), &json!(12), &json!(0))
    );
    assert!(model(&kitchen).starts_with("lite2-"), "{answer}");
    for (product, kind) in SHOWS {
        let new = kitchen.save(&format!("new-{kind}.png"), &photo(kind, 17));
        assert_eq!(recognised(&kitchen, &new).as_str(), product);
        assert_eq!(kitchen.views(product), 4);
    }
    let again = re_embed(&kitchen, &["--yes"]);
    assert_eq!((again.code, kitchen.generation()), (0, 3), "{again:#?}");
    assert!(again.stderr.contains("already; nothing to do"), "{}", again.stderr);
    // The new views share the pictures, so that the next model finds them too.
    let checked = kitchen.till.json(["views", "verify"]);
    assert_eq!(
        (&checked["ok"], &checked["views"], &checked["with_picture"], &checked["pictures"]),
        (&json!(true), &json!(24), &json!(24), &json!(12))
    );
    kitchen.till.must(["catalog", "rollback", "2", "--yes"]);
    assert!(model(&kitchen).starts_with("lite0-"));
    assert_eq!(re_embed(&kitchen, &["--yes"]).code, 0);
    assert!(model(&kitchen).starts_with("lite2-"));
}

#[test]
fn views_without_a_picture_are_named_and_kept_unless_they_may_go() {
    let Some(kitchen) = enrolled("missing-pictures", 2) else { return };
    let photos = kitchen.photos("disc", 20..23);
    let run = kitchen.run(&["--product", "lime", "--replace", "--no-pictures", "--model", "lite0"], &photos);
    assert_eq!(run.code, 0, "{run:#?}");
    let generation = kitchen.generation();
    let run = re_embed(&kitchen, &["--yes"]);
    assert_eq!((run.code, kitchen.generation()), (1, generation), "{run:#?}");
    for part in [
        "3 views have no picture",
        "left with fewer than 3 views: `lime` (0 of 3)",
        "3 views of 7 cannot be moved to lite2-",
        "--drop-missing",
        "tillsight enroll --product ID --replace PHOTOS",
    ] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    let run = re_embed(&kitchen, &["--yes", "--drop-missing", "--json"]);
    assert_eq!(run.code, 0, "{run:#?}");
    let answer = last_object(&run.stdout);
    assert_eq!((&answer["moved"], &answer["dropped"]), (&json!(4), &json!(3)), "{answer}");
    assert_eq!(answer["products_below"], json!([{"product": "lime", "views": 3, "left": 0}]));
    assert_eq!((kitchen.views("lime"), kitchen.views("lemon")), (0, 2));
}

#[test]
fn a_shop_without_any_picture_is_told_to_enrol_again() {
    let Some(kitchen) = Kitchen::new("no-pictures") else { return };
    let nothing = re_embed(&kitchen, &["--yes"]);
    assert_eq!(nothing.code, 1);
    assert!(nothing.stderr.contains("nothing is enrolled"), "{}", nothing.stderr);
    let arguments = ["--product", "lime", "--no-pictures", "--model", "lite0"];
    assert_eq!(kitchen.run(&arguments, &kitchen.photos("disc", 0..3)).code, 0);
    let run = re_embed(&kitchen, &["--yes", "--drop-missing"]);
    assert_eq!((run.code, kitchen.generation()), (1, 2), "{run:#?}");
    assert!(run.stderr.contains("tillsight enroll --model lite2 --folder DIR"), "{}", run.stderr);
}

#[test]
fn ctrl_c_while_moving_leaves_the_old_generation() {
    let Some(kitchen) = enrolled("interrupted-move", 40) else { return };
    let mut command = kitchen.till.command(["views", "re-embed", "--yes"]);
    command.env("TILLSIGHT_MODELS", &kitchen.models).stderr(Stdio::piped());
    let mut child = ChildGuard::spawn(&mut command).unwrap();
    let mut lines = BufReader::new(child.child().stderr.take().unwrap()).lines();
    lines.find(|line| is_embedding(line.as_ref().unwrap())).unwrap().unwrap();
    child.signal(Signal::INT).unwrap();
    let status = wait_for("the tool to end", Duration::from_secs(30), || child.ended().unwrap()).unwrap();
    let last = lines.map_while(Result::ok).last().unwrap_or_default();
    assert_eq!((status.code(), last.as_str()), (Some(2), "error: stopped by Ctrl-C; nothing was changed"));
    assert_eq!(kitchen.generation(), 2);
    assert!(model(&kitchen).starts_with("lite0-"));
}

#[test]
fn what_is_enrolled_meanwhile_is_taken_along() {
    let Some(kitchen) = enrolled("meanwhile", 30) else { return };
    let before = kitchen.till.json(["views", "list"])["views"].as_u64().unwrap() as usize;
    let mut command = kitchen.till.command(["views", "re-embed", "--yes", "--json"]);
    command.env("TILLSIGHT_MODELS", &kitchen.models).stderr(Stdio::piped()).stdout(Stdio::piped());
    let mut child = ChildGuard::spawn(&mut command).unwrap();
    let mut lines = BufReader::new(child.child().stderr.take().unwrap()).lines();
    lines.find(|line| is_embedding(line.as_ref().unwrap())).unwrap().unwrap();
    let more = kitchen.photos("rings", 50..52);
    // It holds still, where it does not hold the store, while a product is enrolled with the old model and a price changes.
    wait_until("the store to be free", Duration::from_secs(20), || {
        child.signal(Signal::STOP).unwrap();
        let free = kitchen.till.run(["status"]).code == 0;
        if !free {
            child.signal(Signal::CONT).unwrap();
            // It has the lowest priority: on a busy machine it needs a while to get on.
            std::thread::sleep(Duration::from_millis(200));
        }
        free
    })
    .unwrap();
    let run = kitchen.run(&["--product", "apple-red", "--yes"], &more);
    assert_eq!(run.code, 0, "{run:#?}");
    let dearer = crate::support::SHOP.replace("0.35", "0.39");
    kitchen.till.must(["catalog", "import", kitchen.till.write("dearer.json", dearer).to_str().unwrap()]);
    child.signal(Signal::CONT).unwrap();
    let talk: Vec<String> = lines.map_while(Result::ok).collect();
    let status = wait_for("the tool to end", Duration::from_secs(60), || child.ended().unwrap()).unwrap();
    assert_eq!(status.code(), Some(0), "{talk:?}");
    assert!(talk.iter().any(|line| line.contains("taking up the difference")), "{talk:?}");
    assert!(talk.iter().any(|line| line.contains("embedding 2 pictures")), "{talk:?}");
    let stored = kitchen.till.store().catalogue().unwrap().unwrap();
    assert_eq!((stored.generation, stored.views.len()), (Generation(5), before + 2));
    assert!(stored.model.unwrap().as_str().starts_with("lite2-"));
    let lime = stored.catalogue.product(&ProductId::new("lime").unwrap()).unwrap();
    assert_eq!(lime.price.amount.minor, 39);
}

#[test]
fn damaged_pictures_are_found_and_named() {
    let Some(kitchen) = enrolled("damaged-pictures", 3) else { return };
    let file = kitchen.till.data().join("till.db");
    let mut bytes = std::fs::read(&file).unwrap();
    // Within one picture, near its head: a row keeps that much in one piece, behind the picture's hash. Pages that were
    // divided may hold it twice.
    let start = bytes.windows(4).position(|four| four == [0xff, 0xd8, 0xff, 0xe0]).unwrap() - 32;
    let row = bytes[start..start + 36].to_vec();
    let places: Vec<usize> = (0..bytes.len() - 400).filter(|&at| bytes[at..].starts_with(&row)).collect();
    places.iter().for_each(|at| bytes[at + 332] ^= 0x55);
    std::fs::write(&file, bytes).unwrap();
    let checked = kitchen.till.run(["views", "verify", "--json"]);
    assert_eq!(checked.code, 1, "{checked:#?}");
    let answer: Value = last_object(&checked.stdout);
    assert_eq!((&answer["ok"], &answer["bad"]), (&json!(false), &json!(1)), "{answer}");
    let run = re_embed(&kitchen, &["--yes"]);
    assert_eq!((run.code, kitchen.generation()), (1, 2), "{run:#?}");
    for part in ["cannot be taken along: its picture is damaged", "1 view of 9 cannot be moved"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    assert_eq!(re_embed(&kitchen, &["--yes", "--drop-missing"]).code, 0);
    assert_eq!(kitchen.till.store().catalogue().unwrap().unwrap().views.len(), 8);
}
