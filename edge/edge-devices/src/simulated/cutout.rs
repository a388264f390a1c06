//! Products cut out of pictures that show them on white.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::sprite::Sprite;
use crate::picture;

/// A pixel this bright in every channel may be the white behind the product.
const WHITE: u8 = 236;

/// Why a product cannot be cut out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("failed to cut the product out of `{path}`: {reason}")]
pub struct CutoutError {
    /// The picture.
    path: PathBuf,
    /// Why.
    reason: String,
}

/// Reads a picture and makes the white transparent that reaches in from its border; white inside the product stays.
pub(super) fn read_white_backed(path: &Path) -> Result<Sprite, CutoutError> {
    let fail = |reason: String| CutoutError { path: path.to_owned(), reason };
    let bytes = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
    let image = picture::decode(&bytes, picture::FILE_LIMITS).map_err(fail)?;
    let mut image = image.into_rgba8();
    let (width, height) = image.dimensions();
    clear_white(&mut image, width as usize, height as usize);
    Sprite::new(width, height, image.as_raw()).ok_or_else(|| fail("it is white all over".to_owned()))
}

fn clear_white(rgba: &mut [u8], width: usize, height: usize) {
    let is_white = |rgba: &[u8], at: usize| rgba[at * 4..at * 4 + 3].iter().all(|&level| level >= WHITE);
    let border = (0..width).flat_map(|x| [x, (height - 1) * width + x]);
    let mut open: Vec<usize> =
        border.chain((0..height).flat_map(|y| [y * width, y * width + width - 1])).collect();
    while let Some(at) = open.pop() {
        if rgba[at * 4 + 3] == 0 || !is_white(rgba, at) {
            continue;
        }
        rgba[at * 4 + 3] = 0;
        let (x, y) = (at % width, at / width);
        let next = [
            (x > 0).then(|| at - 1),
            (x + 1 < width).then_some(at + 1),
            (y > 0).then(|| at - width),
            (y + 1 < height).then_some(at + width),
        ];
        open.extend(next.into_iter().flatten());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_white_that_reaches_the_border_goes() {
        // A dark ring on white, with white inside.
        let (side, ring) = (9, 2..7);
        let is_dark = |x: usize, y: usize| {
            ring.contains(&x) && ring.contains(&y) && ([2, 6].contains(&x) || [2, 6].contains(&y))
        };
        let mut rgba: Vec<u8> = (0..side * side)
            .flat_map(
                |at| if is_dark(at % side, at / side) { [40, 40, 40, 255] } else { [250, 250, 250, 255] },
            )
            .collect();
        clear_white(&mut rgba, side, side);
        let alpha = |x: usize, y: usize| rgba[(y * side + x) * 4 + 3];
        assert_eq!((alpha(0, 0), alpha(1, 4)), (0, 0), "outside");
        assert_eq!((alpha(2, 2), alpha(4, 4)), (255, 255), "the ring and what it holds");
    }

    #[test]
    fn names_the_picture_that_cannot_be_read() {
        let error = read_white_backed(Path::new("no/such.jpg")).unwrap_err().to_string();
        assert!(error.contains("no/such.jpg"), "{error}");
    }
}
