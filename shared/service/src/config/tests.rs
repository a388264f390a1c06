use serde::Deserialize;

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Till {
    name: String,
    camera: Camera,
    #[serde(default)]
    extra: Vec<Extra>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Camera {
    fps: u16,
    kind: Kind,
    exposure_ms: Option<u32>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    V4l,
    Photos,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Extra {
    id: u8,
}

const DEFAULT: &str = "# the till\nname = \"till-1\"\n\n[camera]\nfps = 15\nkind = \"v4l\"\n";

fn read(file: Option<&str>, variables: &[(&str, &str)]) -> Result<Till, String> {
    let check = |till: &Till| {
        let mut found = Vec::new();
        if till.camera.fps == 0 {
            found.push(Impossible { key: "camera.fps".into(), reason: "is 0, but must be 1 to 60".into() });
        }
        if till.name.is_empty() {
            found.push(Impossible { key: "name".into(), reason: "is empty".into() });
        }
        found
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("till.toml");
    if let Some(text) = file {
        std::fs::write(&path, text).unwrap();
    }
    let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    load_from(DEFAULT, file.map(|_| path.as_path()), "TILL", variables, check)
        .map_err(|error| error.to_string().replace(dir.path().to_str().unwrap(), ""))
}

fn till(name: &str, fps: u16, kind: Kind, exposure_ms: Option<u32>) -> Till {
    Till { name: name.into(), camera: Camera { fps, kind, exposure_ms }, extra: Vec::new() }
}

#[test]
fn later_layers_replace_single_values() {
    let file = "[camera]\nfps = 30\nexposure_ms = 8\n";
    assert_eq!(read(None, &[]), Ok(till("till-1", 15, Kind::V4l, None)));
    assert_eq!(read(Some(file), &[]), Ok(till("till-1", 30, Kind::V4l, Some(8))));
    let variables = [
        ("TILL__CAMERA__FPS", "5"),
        ("TILL__CAMERA__KIND", "photos"),
        ("TILL__CAMERA__EXPOSURE_MS", "9"),
        ("TILL__NAME", "12"),
        ("TILL_OTHER", "not ours"),
        ("UNRELATED__NAME", "not ours"),
    ];
    assert_eq!(read(Some(file), &variables), Ok(till("12", 5, Kind::Photos, Some(9))));
}

#[test]
fn arrays_are_replaced_whole() {
    let two = read(Some("[[extra]]\nid = 1\n[[extra]]\nid = 2\n"), &[]).unwrap();
    assert_eq!(two.extra, [Extra { id: 1 }, Extra { id: 2 }]);
    let one = read(Some("[[extra]]\nid = 1\n"), &[("TILL__EXTRA", "[{ id = 7 }]")]).unwrap();
    assert_eq!(one.extra, [Extra { id: 7 }]);
}

#[test]
fn says_what_is_wrong_where_and_what_was_meant() {
    type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str);
    let cases: &[Case] = &[
        ("\n[camera]\nfsp = 3\n", &[], "/till.toml:3: unknown key `camera.fsp`: did you mean `camera.fps`?"),
        ("fps = 3\n", &[], "/till.toml:1: unknown key `fps`: did you mean `camera.fps`?"),
        (
            "colour = 3\n",
            &[],
            "/till.toml:1: unknown key `colour`: remove it, or use one of `name`, `camera`, `extra`",
        ),
        ("[camra]\nfps = 3\n", &[], "/till.toml:1: unknown key `camra`: did you mean `camera`?"),
        (
            "[camera]\nkind = \"photo\"\n",
            &[],
            "/till.toml:2: `camera.kind`: unknown variant `photo`, expected `v4l` or `photos`",
        ),
        (
            "[camera]\n\n  fps = \"many\"\n",
            &[],
            "/till.toml:3: `camera.fps`: invalid type: string \"many\", expected u16",
        ),
        (
            "[camera]\nfps = 70000\n",
            &[],
            "/till.toml:2: `camera.fps`: invalid value: integer `70000`, expected u16",
        ),
        (
            "[[extra]]\nid = 1\n[[extra]]\nid = 1\nidd = 2\n",
            &[],
            "/till.toml:5: unknown key `extra[1].idd`: did you mean `extra[1].id`?",
        ),
        ("[[extra]]\n", &[], "/till.toml:1: `extra[0].id` is missing: set it"),
        ("name = \n", &[], "/till.toml:1: string values must be quoted, expected literal string"),
        (
            "",
            &[("TILL__CAMERA__FPS", "fast")],
            "environment variable TILL__CAMERA__FPS: `camera.fps`: invalid type: string \"fast\", expected u16",
        ),
        (
            "",
            &[("TILL__CAMERA__FSP", "3")],
            "environment variable TILL__CAMERA__FSP: unknown key `camera.fsp`: did you mean `camera.fps`?",
        ),
        (
            "",
            &[("TILL__NAME__FIRST", "a")],
            "environment variable TILL__NAME__FIRST: `name.first`: `name` is a value, not a section",
        ),
        (
            "name = \"\"\n[camera]\nfps = 0\n",
            &[],
            "/till.toml:3: `camera.fps` is 0, but must be 1 to 60\n/till.toml:1: `name` is empty",
        ),
    ];
    for (file, variables, expected) in cases {
        let found = read(Some(file), variables).expect_err(file);
        assert_eq!(found, *expected, "for {file:?} {variables:?}");
    }
}

#[test]
fn names_a_file_that_cannot_be_read() {
    let missing = Path::new("/nowhere/till.toml");
    let error = load_from::<Till>(DEFAULT, Some(missing), "TILL", [], |_| Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "failed to read the configuration `/nowhere/till.toml`");
}
