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

/// Adds a class whose name needs escaping and whose asked photos look like discs.
fn misleading_class(till: &Bench) {
    for (split, looks_like) in [("train", 2), ("val", 0)] {
        let list = till.scratch.join(format!("data-set/{split}.txt"));
        let mut text = std::fs::read_to_string(&list).unwrap();
        for number in 0..4_u32 {
            let name = format!("{split}/3/{number}.png");
            let path = till.scratch.join("data-set").join(&name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            // Shifted in colour from the class it resembles, as another product would be.
            let mut picture = picture(looks_like, number + 60);
            for pixel in picture.pixels_mut().filter(|_| split == "train") {
                pixel.0.rotate_left(1);
            }
            picture.save(path).unwrap();
            text.push_str(&format!("{name}, 3, 2\n"));
        }
        std::fs::write(list, text).unwrap();
    }
    let names = "Name,Id,Coarse,Id\nDisc,0,Round,0\nRings,1,Round,0\nStripes,2,Straight,1\nSalt & <Vinegar>,3,Bag,2\n";
    till.write("data-set/classes.csv", names);
}

/// Fails where a tag is not closed, or closed by another: enough to find text that was not escaped.
fn assert_well_formed(page: &str) {
    const VOID: [&str; 5] = ["meta", "img", "wbr", "br", "link"];
    let body = page.strip_prefix("<!DOCTYPE html>").unwrap_or_else(|| panic!("no doctype"));
    let mut open: Vec<&str> = Vec::new();
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or_else(|| panic!("`<{part}` has no end"));
        let name = tag.split_whitespace().next().unwrap();
        match name.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop(), Some(closed), "`</{closed}>` closes what it did not open"),
            None if VOID.contains(&name) => {}
            None => open.push(name),
        }
        assert!(!text.contains('>') || open.contains(&"style"), "`{text}` is not escaped");
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}

#[test]
fn eval_report_writes_a_page_that_names_the_worst_pair() {
    let Some(models) = models("eval report") else { return };
    let till = Bench::bare("report");
    dataset(&till);
    misleading_class(&till);
    let arguments = ["--dataset", "data-set", "--split", "val", "--model", "lite0", "--out", "report.html"];
    let report = eval(&till, &models, &[&["report"], &arguments[..]].concat());
    let page = std::fs::read_to_string(till.scratch.join("report.html")).unwrap();
    assert_well_formed(&page);
    assert!(page.contains("Salt &amp; &lt;Vinegar&gt;") && !page.contains("<Vinegar"), "escaped");
    assert!(!page.contains("http://") && !page.contains("https://"), "nothing is loaded from elsewhere");
    assert!(page.contains("data:image/jpeg;base64,") && page.len() < 1_000_000, "{}", page.len());
    assert!(!page.contains(till.scratch.path().to_str().unwrap()), "no path of this machine");

    let model = &report["models"][0];
    let worst = &model["confusions"][0];
    assert_eq!((&worst["right_name"], &worst["answered_name"]), (&"Salt & <Vinegar>".into(), &"Disc".into()));
    assert_eq!(worst["photos"], 4);
    assert_eq!(worst["cases"].as_array().unwrap().len(), 4);
    let first = &model["per_class"][0];
    assert_eq!((&first["name"], &first["right"]), (&"Salt & <Vinegar>".into(), &0.into()));
    assert_eq!(first["taken_for"]["product"], "disc");
    let heading = "<strong>Salt &amp; &lt;Vinegar&gt;</strong> taken for <strong>Disc</strong>";
    assert_eq!(page.matches(heading).count(), 1, "one group for the pair");

    let alone = eval(&till, &models, &[&["images"], &arguments[..6]].concat());
    for field in ["top1", "accept_coverage", "ece", "unknown_auroc", "disjoint_5shot", "seen_in_training"] {
        assert_eq!(model[field], alone[field], "{field}");
    }
    let interval = &model["intervals"]["top1"];
    assert!(
        interval["low"].as_f64() < alone["top1"].as_f64()
            && alone["top1"].as_f64() < interval["high"].as_f64()
    );
    assert_eq!(model["tables"]["few_shot"].as_array().unwrap().len(), 5);
}

#[test]
fn eval_report_finds_no_difference_between_a_model_and_itself() {
    let Some(models) = models("eval report of a model against itself") else { return };
    let till = Bench::bare("itself");
    dataset(&till);
    let elsewhere = format!("{}/lite0", models.display());
    let arguments = ["report", "--dataset", "data-set", "--split", "val", "--quick", "--out", "itself.html"];
    let two = [&arguments[..], &["--model", "lite0", "--model", &elsewhere]].concat();
    let report = eval(&till, &models, &two);
    let labels: Vec<&Value> = report["models"].as_array().unwrap().iter().map(|m| &m["label"]).collect();
    assert!(labels[0] != labels[1], "{labels:?}");
    assert!(report["models"][0]["tables"].is_null(), "left out with --quick");
    for figure in report["comparisons"][0]["figures"].as_array().unwrap() {
        assert_eq!(figure["finding"], "none", "{figure}");
        assert!(figure["difference"].is_null() || figure["difference"] == 0.0, "{figure}");
        assert!(figure["p_value"].is_null() || figure["p_value"] == 1.0, "{figure}");
        assert!(figure["only_first"].is_null() || figure["only_first"] == 0, "{figure}");
    }
    let page = std::fs::read_to_string(till.scratch.join("itself.html")).unwrap();
    assert_well_formed(&page);
    assert!(page.contains("neither is better by more than chance makes"));
    assert!(!page.contains(models.to_str().unwrap()), "the command names folders, not where they lie");
}

#[test]
fn eval_report_says_where_it_cannot_write() {
    let till = Bench::bare("nowhere");
    dataset(&till);
    for (out, text) in [("data-set", "name a file in it"), ("gone/report.html", "mkdir -p gone")] {
        let run = till.run(["eval", "report", "--dataset", "data-set", "--split", "val", "--out", out]);
        assert_eq!(run.code, 2, "{run:#?}");
        assert!(run.stderr.contains(text) && run.stderr.contains(out), "{}", run.stderr);
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
