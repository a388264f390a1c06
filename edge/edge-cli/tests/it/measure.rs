//! `eval` and `bench` on small data.

use image::{Rgb, RgbImage};
use serde_json::Value;

use crate::support::{Bench, finished, last_object, models};

/// A data set of three classes that are easy to tell apart, two of them of one group.
fn dataset(till: &Bench) {
    let mut lists = [("train", String::new()), ("val", String::new())];
    for (split, list) in &mut lists {
        for class in 0..3_u32 {
            for number in 0..6_u32 {
                let name = format!("{split}/{class}/{number}.png");
                let seed = number + if *split == "val" { 40 } else { 0 };
                let path = till.scratch.join("data-set").join(&name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                picture(class, seed).save(path).unwrap();
                list.push_str(&format!("{name}, {class}, {}\n", class / 2));
            }
        }
    }
    for (split, list) in &lists {
        till.write(&format!("data-set/{split}.txt"), list);
    }
    till.write(
        "data-set/classes.csv",
        "Name,Id,Coarse,Id\nDisc,0,Round,0\nRings,1,Round,0\nStripes,2,Straight,1\n",
    );
}

fn picture(class: u32, seed: u32) -> RgbImage {
    RgbImage::from_fn(300, 300, |x, y| {
        let (dx, dy) = (i64::from(x) - 140 - i64::from(seed % 9), i64::from(y) - 145 - i64::from(seed % 7));
        let inside = match class {
            0 => dx * dx + dy * dy < 80 * 80,
            1 => (dx * dx + dy * dy) / 800 % 2 == 0,
            _ => ((x + seed) / 15).is_multiple_of(2),
        };
        let colour = [[200, 30, 30], [30, 60, 190], [40, 170, 50]][class as usize];
        if inside { Rgb(colour) } else { Rgb([230, 230, 225]) }
    })
}

fn eval(till: &Bench, models: &std::path::Path, arguments: &[&str]) -> Value {
    let mut command = till.command(["eval"].iter().chain(arguments));
    let run = finished(&command.args(["--json"]).env("TILLSIGHT_MODELS", models).output().unwrap());
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(run.stdout.lines().count(), 1, "talk goes to stderr: {}", run.stdout);
    last_object(&run.stdout)
}

#[test]
fn eval_images_gives_the_promised_fields_and_remembers_vectors() {
    let Some(models) = models("eval images") else { return };
    let till = Bench::bare("eval");
    dataset(&till);
    let arguments = ["images", "--dataset", "data-set", "--split", "val"];
    let first = eval(&till, &models, &arguments);
    for field in [
        "top1",
        "top3",
        "top5",
        "coarse_top1",
        "accept_coverage",
        "coverage_at_99_precision",
        "ece",
        "ms_per_image",
        "images",
        "classes",
    ] {
        assert!(first[field].is_number(), "{field}: {first}");
    }
    assert!(first.get("accept_precision").is_some());
    assert_eq!((first["images"].as_u64(), first["classes"].as_u64()), (Some(18), Some(3)));
    assert!(first["top1"].as_f64().unwrap() > 0.9, "{first}");
    assert!(first["top3"].as_f64() >= first["top1"].as_f64());
    let again = eval(&till, &models, &arguments);
    assert_eq!(again["top1"], first["top1"]);
    let cached = till.scratch.join("cache/eval");
    assert_eq!(std::fs::read_dir(cached).unwrap().count(), 1, "one folder per model");
    let few = eval(&till, &models, &[&arguments[..], &["--limit-enrol", "1"]].concat());
    assert_eq!(few["enrolled_photos"], 3);
    let plain = eval(&till, &models, &["images", "--dataset", "data-set/train", "--split", "test"]);
    assert_eq!((plain["images"].as_u64(), plain["coarse_top1"].is_null()), (Some(3), true));
}

#[test]
fn eval_names_a_split_that_is_not_there() {
    let Some(models) = models("eval of a missing split") else { return };
    let till = Bench::bare("split");
    dataset(&till);
    for (split, code, text) in [("vale", 1, "did you mean `val`?"), ("train", 2, "name another split")] {
        let mut command = till.command(["eval", "images", "--dataset", "data-set", "--split", split]);
        let run = finished(&command.env("TILLSIGHT_MODELS", &models).output().unwrap());
        assert_eq!(run.code, code, "{run:#?}");
        assert!(run.stderr.contains(text), "{split}: {}", run.stderr);
    }
}

#[test]
fn bench_says_what_it_could_not_measure() {
    let Some(models) = models("bench") else { return };
    let till = Bench::bare("bench");
    let mut command = till.command(["bench", "--quick", "--json", "--model", "lite0"]);
    let run = finished(&command.env("TILLSIGHT_MODELS", &models).output().unwrap());
    assert_eq!(run.code, 0, "{run:#?}");
    let report = last_object(&run.stdout);
    for field in ["ratio_to_bare_session", "ms"] {
        assert!(report["embed"][field].as_f64().unwrap() > 0.0, "{report}");
    }
    for field in ["recall_at_10", "recall_after_churn"] {
        assert!(report["index"][field].as_f64().unwrap() > 0.95, "{field}: {report}");
    }
    assert!(report["index"]["queries_per_s"].as_f64().unwrap() > 0.0);
    assert!(report["index"]["reload_ms"].is_number() && report["memory_mb"].as_f64().unwrap() > 10.0);
    for (part, field) in
        [("embed", "ratio_to_python"), ("index", "hnswlib_queries_per_s"), ("index", "faiss_queries_per_s")]
    {
        assert!(report[part].get(field).is_some_and(Value::is_null), "{field}: {report}");
    }
    assert!(run.stderr.contains("the peers in Python are left out"), "{}", run.stderr);
}
