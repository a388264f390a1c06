//! `doctor`: each fault is found, named, and comes with its fix.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Bench, last_object, models};

struct Findings {
    code: i32,
    checks: Vec<Value>,
}

impl Findings {
    fn of(till: &Bench, environment: &[(&str, &str)]) -> Self {
        let begun = Instant::now();
        let mut command = till.command(["doctor", "--json"]);
        let run = crate::support::finished(&command.envs(environment.iter().copied()).output().unwrap());
        assert!(begun.elapsed() < Duration::from_secs(6), "it answers within 5 s: {:?}", begun.elapsed());
        let answer = last_object(&run.stdout);
        assert_eq!(answer["ok"], run.code == 0);
        Self { code: run.code, checks: answer["checks"].as_array().unwrap().clone() }
    }

    fn check(&self, name: &str) -> &Value {
        self.checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no check `{name}`"))
    }

    fn state(&self, name: &str) -> &str {
        self.check(name)["state"].as_str().unwrap()
    }
}

#[test]
fn finds_each_fault_and_its_fix() {
    let empty = Bench::new("doctor-empty");
    let bare = Bench::bare("doctor-bare");
    let gone = Bench::bare("doctor-gone");
    std::fs::remove_dir(gone.data()).unwrap();
    let damaged = Bench::new("doctor-damaged");
    damaged.import_shop();
    std::fs::write(damaged.data().join("till.db"), [0xa5; 40_000]).unwrap();
    let in_use = Bench::new("doctor-in-use");
    let _store = in_use.store();
    for (till, name, fix) in [
        (&empty, "catalogue", "tillsight catalog import FILE"),
        (&empty, "models", "cargo xtask model"),
        (&bare, "store", "--data DIR"),
        (&gone, "data directory", "TILLSIGHT_DATA"),
        (&damaged, "store", "start `tillsightd`"),
        (&in_use, "store", "restart it"),
    ] {
        let found = Findings::of(till, &[]);
        assert_eq!((found.code, found.state(name)), (1, "failed"), "{name}: {:#?}", found.check(name));
        let said = found.check(name)["fix"].as_str().unwrap();
        assert!(said.contains(fix), "{name}: {said}");
        for check in &found.checks {
            let needs_fix = ["failed", "warning"].contains(&check["state"].as_str().unwrap());
            assert_eq!(check["fix"].is_string(), needs_fix, "{check}");
        }
    }
}

#[test]
fn names_a_model_that_is_not_what_it_should_be() {
    let Some(models) = models("doctor on a damaged model") else { return };
    let till = Bench::new("doctor-model");
    let copy = till.scratch.join("models");
    std::fs::create_dir_all(&copy).unwrap();
    let manifest = std::fs::read(models.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    std::fs::write(copy.join("manifest.json"), manifest.to_string()).unwrap();
    let model = manifest["models"][0]["file"].as_str().unwrap();
    let mut bytes = std::fs::read(models.join(model)).unwrap();
    bytes[1000] ^= 1;
    std::fs::write(copy.join(model), bytes).unwrap();
    let found = Findings::of(&till, &[("TILLSIGHT_MODELS", copy.to_str().unwrap())]);
    assert_eq!((found.state("models"), found.state("embedding")), ("failed", "skipped"));
    assert!(found.check("models")["detail"].as_str().unwrap().contains(model));
}

#[test]
fn a_till_that_can_work_passes() {
    let Some(models) = models("doctor on a sound till") else { return };
    let till = Bench::new("doctor-sound");
    till.import_shop();
    let found = Findings::of(&till, &[("TILLSIGHT_MODELS", models.to_str().unwrap())]);
    assert_eq!(found.code, 0, "{:#?}", found.checks);
    for name in
        ["data directory", "store", "journal", "catalogue", "models", "embedding", "clock", "disk room"]
    {
        assert_eq!(found.state(name), "ok", "{:#?}", found.check(name));
    }
    assert_eq!(found.state("enrolled views"), "warning", "nothing is enrolled yet");
    let mut strict = till.command(["doctor", "--strict"]);
    assert_eq!(strict.env("TILLSIGHT_MODELS", &models).output().unwrap().status.code(), Some(1));
}

#[test]
fn names_views_of_another_model_than_the_default_and_how_to_move_them() {
    let Some(kitchen) = crate::enrol::Kitchen::new("doctor-model") else { return };
    let models = kitchen.models.to_str().unwrap();
    let run = kitchen.run(&["--product", "lime", "--model", "lite0"], &kitchen.photos("disc", 0..3));
    assert_eq!(run.code, 0, "{run:#?}");
    let found = Findings::of(&kitchen.till, &[("TILLSIGHT_MODELS", models)]);
    let views = found.check("enrolled views");
    assert_eq!(views["state"], "warning", "{views}");
    assert!(views["detail"].as_str().unwrap().contains("the default is lite2-"), "{views}");
    assert!(views["fix"].as_str().unwrap().contains("tillsight views re-embed"), "{views}");
    // A machine whose models were replaced.
    let mut manifest: Value =
        serde_json::from_slice(&std::fs::read(kitchen.models.join("manifest.json")).unwrap()).unwrap();
    manifest["models"].as_array_mut().unwrap().retain(|model| model["name"] != "lite0");
    for model in manifest["models"].as_array_mut().unwrap() {
        model["file"] = serde_json::json!(kitchen.models.join(model["file"].as_str().unwrap()));
    }
    let architecture = std::env::consts::ARCH;
    let library = kitchen.models.join(manifest["runtime"][architecture]["file"].as_str().unwrap());
    manifest["runtime"][architecture]["file"] = serde_json::json!(library);
    let replaced = kitchen.till.write("replaced/manifest.json", manifest.to_string());
    let replaced = replaced.parent().unwrap().to_str().unwrap();
    let found = Findings::of(&kitchen.till, &[("TILLSIGHT_MODELS", replaced)]);
    let views = found.check("enrolled views");
    assert_eq!(views["state"], "failed", "{views}");
    assert!(views["detail"].as_str().unwrap().contains("not among this machine's models"), "{views}");
    assert!(views["fix"].as_str().unwrap().contains("tillsight views re-embed"), "{views}");
}
