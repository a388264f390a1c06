//! The real model, where `cargo xtask model` has made it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use vision::embed::{EmbedError, Embedder};
use vision::models::{ModelError, ModelFiles};
use vision::outlines::Outlines;
use vision::preprocess::{Region, centre_crop, to_input};

/// The made models, or a note that there are none.
pub(crate) fn built_models(test: &str) -> Option<PathBuf> {
    // Cargo starts tests in their package's folder.
    let folder = PathBuf::from("../../models/built");
    if folder.join("manifest.json").exists() {
        Some(folder)
    } else {
        eprintln!("SKIPPED: {test} because models/built is missing (make it with `cargo xtask model`)");
        None
    }
}

/// The default model, opened.
pub(crate) fn open_default(test: &str) -> Option<Embedder> {
    let files = ModelFiles::find(&built_models(test)?, None).unwrap();
    Some(Embedder::open(&files, 1).unwrap())
}

/// A picture with something in it: coloured waves.
fn waves(width: u32, height: u32, phase: f32) -> Vec<u8> {
    (0..width * height)
        .flat_map(|at| {
            let (x, y) = ((at % width) as f32 / width as f32, (at / width) as f32 / height as f32);
            let wave = |speed: f32| ((x * speed + y * 7.0 + phase).sin() * 100.0 + 128.0) as u8;
            [wave(9.0), wave(23.0), wave(41.0)]
        })
        .collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn one_by_one_and_together_give_the_same_vectors() {
    let Some(mut embedder) = open_default("one_by_one_and_together_give_the_same_vectors") else { return };
    let side = embedder.input_side();
    let region = Region { x: 0, y: 0, width: 300, height: 300 };
    let inputs: Vec<Vec<u8>> =
        (0..10).map(|i| to_input(&waves(300, 300, i as f32), (300, 300), region, side)).collect();
    let together = embedder.embed(&inputs).unwrap();
    assert_eq!(together.len(), 10);
    for (input, together) in inputs.iter().zip(&together) {
        let alone = embedder.embed(std::slice::from_ref(input)).unwrap();
        assert_eq!(alone[0].model(), embedder.version());
        assert_eq!(alone[0].values().len(), embedder.dim());
        assert!(cosine(alone[0].values(), together.values()) > 0.9999);
    }
    assert!(cosine(together[0].values(), together[5].values()) < 0.999, "different pictures look alike");
    assert!(embedder.embed(&[]).unwrap().is_empty());
}

#[test]
fn refuses_an_input_of_another_size() {
    let Some(mut embedder) = open_default("refuses_an_input_of_another_size") else { return };
    let expected = embedder.input_side() as usize * embedder.input_side() as usize * 3;
    let error = embedder.embed(&[vec![0; expected], vec![0; 3]]).unwrap_err();
    assert!(matches!(error, EmbedError::InputSize { given: 3, .. }));
    assert_eq!(
        embedder.embed(&[vec![0; 3]]).unwrap_err().to_string(),
        format!("an input of 3 bytes was given to a model that reads {expected}")
    );
}

#[test]
fn refuses_a_model_of_another_shape_and_a_file_that_is_none() {
    let Some(folder) = built_models("refuses_a_model_of_another_shape_and_a_file_that_is_none") else {
        return;
    };
    let files = ModelFiles::find(&folder, None).unwrap();
    let other = ModelFiles { embedding_dim: files.embedding_dim + 1, ..files.clone() };
    let error = Embedder::open(&other, 1).err().unwrap();
    assert!(matches!(error, ModelError::Shape { .. }), "{error:?}");
    assert!(error.to_string().contains("`embedding` must be"), "{error}");

    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("broken.onnx");
    std::fs::write(&path, b"not a model").unwrap();
    let broken = ModelFiles { model: path.clone(), ..files.clone() };
    let message = Embedder::open(&broken, 1).err().unwrap().to_string();
    assert_eq!(
        message,
        format!(
            "ONNX Runtime cannot open the model `{}`: make it again with `cargo xtask model`",
            path.display()
        )
    );
    // The runtime is loaded by now, and a process has only one.
    let runtime = scratch.path().join("libonnxruntime.so");
    std::fs::write(&runtime, b"not a library").unwrap();
    let elsewhere = ModelFiles { runtime, ..files };
    assert!(matches!(Embedder::open(&elsewhere, 1), Err(ModelError::OtherRuntime { .. })));
}

#[test]
fn sees_where_one_thing_ends_and_refuses_what_is_no_tray() {
    let test = "sees_where_one_thing_ends_and_refuses_what_is_no_tray";
    let Some(folder) = built_models(test) else { return };
    let files = ModelFiles::find(&folder, None).unwrap();
    let Some(mut outlines) = Outlines::open(&files, 1).unwrap() else {
        eprintln!("SKIPPED: {test} because models/built is older (make it anew with `cargo xtask model`)");
        return;
    };
    // A red square that lies over a green one, on a tray whose sides are no multiples of anything.
    let (columns, rows) = (203, 150);
    let lies_in = |at: usize, left: usize, top: usize| {
        (left..left + 50).contains(&(at % columns)) && (top..top + 50).contains(&(at / columns))
    };
    let cells: Vec<([u8; 3], bool)> = (0..columns * rows)
        .map(|at| match (lies_in(at, 60, 40), lies_in(at, 95, 55)) {
            (true, _) => ([190, 40, 35], true),
            (false, true) => ([40, 160, 60], true),
            _ => ([170, 174, 178], false),
        })
        .collect();
    let map = outlines.look(columns, rows, &cells).unwrap();
    assert_eq!((map.columns, map.depth.len()), (columns, columns * rows));
    let depth = |x: usize, y: usize| map.depth[y * columns + x];
    let (red, rim, green) = (depth(85, 65), depth(110, 72), depth(128, 80));
    assert!(rim < 0.6 * red && rim < 0.6 * green, "{red} {rim} {green}");

    let error = outlines.look(columns, rows + 1, &cells).unwrap_err().to_string();
    assert_eq!(error, "30450 cells were given of a tray of 203 x 151");
    // An embedding model is no such network.
    let other = ModelFiles { outlines: Some(files.model.clone()), ..files.clone() };
    let error = Outlines::open(&other, 1).unwrap_err();
    assert!(matches!(error, ModelError::Shape { .. }), "{error:?}");
    assert!(error.to_string().contains("`tray` must be"), "{error}");
    let none = ModelFiles { outlines: None, ..files };
    assert!(Outlines::open(&none, 1).unwrap().is_none(), "older folders have none");
}

#[test]
fn cutting_and_embedding_costs_little_more_than_the_bare_session() {
    let Some(mut embedder) = open_default("cutting_and_embedding_costs_little_more_than_the_bare_session")
    else {
        return;
    };
    // An item's crop in a camera frame, as on a tray.
    let (width, height) = (1280, 960);
    let frame = waves(width, height, 1.0);
    let region = Region { x: 400, y: 300, width: 320, height: 320 };
    let side = embedder.input_side();
    let input = to_input(&frame, (width, height), region, side);
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    let (mut whole, mut bare, mut cut) = (Vec::new(), Vec::new(), Vec::new());
    // In turn, so that whatever else the machine does hits both alike.
    for _ in 0..30 {
        let started = Instant::now();
        embedder.embed_region(&frame, (width, height), region).unwrap();
        whole.push(started.elapsed());
        let started = Instant::now();
        embedder.run_bare(&input).unwrap();
        bare.push(started.elapsed());
        let started = Instant::now();
        std::hint::black_box(to_input(&frame, (width, height), centre_crop(width, height), side));
        cut.push(started.elapsed());
    }
    let (whole, bare, cut) = (median(whole), median(bare), median(cut));
    let ratio = whole.as_secs_f64() / bare.as_secs_f64();
    eprintln!(
        "embedding an item: {whole:?}, bare session {bare:?}, ratio {ratio:.3}; a whole frame's crop {cut:?}"
    );
    // The bar is 1.10 (`tillsight bench`); a busy test machine gets some slack.
    assert!(ratio < 1.25, "{ratio}");
}
