//! Models, cameras and disk.

use std::path::Path;

use vision::preprocess::{Region, to_input};

use super::Check;
use crate::Context;
use crate::commands::render::count;
use crate::failure::Failure;
use crate::models;

const FILES: &str = "models";
const EMBEDDING: &str = "embedding";
const CAMERAS: &str = "cameras";
const DISK: &str = "disk room";

/// The checks of the models' group.
pub(super) const MODEL_NAMES: &[&str] = &[FILES, EMBEDDING];
/// The checks of the cameras' group.
pub(super) const CAMERA_NAMES: &[&str] = &[CAMERAS];
/// The checks of the disk's group.
pub(super) const DISK_NAMES: &[&str] = &[DISK];

/// What a till asks a camera for unless its configuration says otherwise.
const WANTED_SIZE: (u32, u32) = (1280, 960);
const WANTED_FPS: u32 = 15;

/// Less than this is little: a year of sales of a busy till.
const LOW_BYTES: u64 = 200 * 1024 * 1024;
/// Less than this stops a till before long: its store keeps a reserve to end what it has begun.
const FULL_BYTES: u64 = 16 * 1024 * 1024;

/// Looks for the models and embeds a made-up picture.
pub(super) fn look_at_models(context: &Context, tell: &mut dyn FnMut(Check)) {
    let files = match models::find(context, None) {
        Ok(files) => files,
        Err(failure) => {
            tell(Check::from_failure(FILES, &failure, models::MODELS_HINT));
            tell(Check::skipped(EMBEDDING, "the models are not as they should be"));
            return;
        }
    };
    let folder = models::folder(context);
    let detail = format!("{} in `{}`, hashes right", files.version, folder.display());
    tell(if files.outlines.is_some() {
        Check::ok(FILES, detail)
    } else {
        Check::warning(
            FILES,
            format!("{detail}; {}", models::NO_OUTLINES),
            "take the models of this version, or make them with `cargo xtask model`",
        )
    });
    let embed = || -> Result<usize, Failure> {
        let mut embedder = models::open(&files)?;
        let side = embedder.input_side();
        let picture: Vec<u8> =
            (0..side * side).flat_map(|i| [(i % 251) as u8, (i / side % 256) as u8, 90]).collect();
        let region = Region { x: 0, y: 0, width: side, height: side };
        let input = to_input(&picture, (side, side), region, side);
        let vectors = embedder.embed(&[input])?;
        Ok(vectors.iter().map(|vector| vector.values().len()).sum())
    };
    tell(match embed() {
        Ok(dim) if dim == files.embedding_dim => {
            Check::ok(EMBEDDING, format!("the runtime loads and embeds a picture into {dim} numbers"))
        }
        Ok(dim) => Check::failed(
            EMBEDDING,
            format!("a picture became {dim} numbers instead of {}", files.embedding_dim),
            models::MODELS_HINT,
        ),
        Err(failure) => Check::from_failure(EMBEDDING, &failure, models::MODELS_HINT),
    });
}

/// Looks for cameras.
pub(super) fn look_at_cameras(_: &Context, tell: &mut dyn FnMut(Check)) {
    let report = edge_devices::listing::cameras(WANTED_SIZE, WANTED_FPS);
    let names: Vec<String> =
        report.devices.iter().map(|device| format!("`{}` ({})", device.device, device.name)).collect();
    let found = match names.len() {
        0 => "no camera is connected".to_owned(),
        number => format!("{}: {}", count(number, "camera"), names.join(", ")),
    };
    tell(match (names.is_empty(), report.problems.as_slice()) {
        (false, []) => Check::ok(CAMERAS, found),
        (_, [first, ..]) => {
            Check::warning(CAMERAS, format!("{found}; {}", report.problems.join("; ")), first.clone())
        }
        (true, []) => Check::warning(
            CAMERAS,
            found,
            "connect one, or check its cable; a till with a network camera or a simulated one needs none here",
        ),
    });
}

/// Looks how much room there is.
pub(super) fn look_at_disk(context: &Context, tell: &mut dyn FnMut(Check)) {
    tell(disk(&context.global.data));
}

fn disk(folder: &Path) -> Check {
    // Where the directory is still to be made its disk is that of the nearest folder above.
    let there = folder.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("/"));
    let free = match rustix::fs::statvfs(there) {
        Ok(room) => room.f_bavail.saturating_mul(room.f_frsize),
        Err(error) => {
            let detail = format!("`{}` does not say how much room it has: {error}", there.display());
            return Check::failed(
                DISK,
                detail,
                "look at the system log (`journalctl -k`) for a failing disk",
            );
        }
    };
    let detail = format!("{} MB free under `{}`", free / 1_000_000, there.display());
    let fix = "make room: old logs (`journalctl --vacuum-size=100M`), package caches (`apt-get clean`)";
    if free < FULL_BYTES {
        Check::failed(DISK, detail, fix)
    } else if free < LOW_BYTES {
        Check::warning(DISK, detail, fix)
    } else {
        Check::ok(DISK, detail)
    }
}
