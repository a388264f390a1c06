//! Pixels to the model's input: which part of a picture, at the model's size.

use std::cell::RefCell;

use domain::frame::PixelBox;
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

/// The part of a picture that goes to the model, in pixels; it lies within the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width, at least 1.
    pub width: u32,
    /// Height, at least 1.
    pub height: u32,
}

/// How much of a tray item's crop is its surroundings: the box's longer side is this share of the square's.
const ITEM_SHARE_PERCENT: u32 = 80;

thread_local! {
    /// Keeps its buffers and its knowledge of the processor from crop to crop.
    static RESIZER: RefCell<Resizer> = RefCell::new(Resizer::new());
}

/// The centre square of a photo of one product: 0.875 of the short side, the crop the model was trained with.
pub fn centre_crop(width: u32, height: u32) -> Region {
    let side = (u64::from(width.min(height)) * 7 / 8).max(1);
    let side = u32::try_from(side).expect("not longer than the short side");
    Region {
        x: width.saturating_sub(side) / 2,
        y: height.saturating_sub(side) / 2,
        width: side,
        height: side,
    }
}

/// A square around an item on the tray, with a margin, moved to lie within the frame. An item longer than the frame is
/// high loses its ends: its middle says more than a squeezed whole.
pub fn item_crop(bounds: PixelBox, frame: (u32, u32)) -> Region {
    let longer = u64::from(bounds.width.max(bounds.height));
    let largest = u64::from(frame.0.min(frame.1).max(1));
    let side = (longer * 100).div_ceil(u64::from(ITEM_SHARE_PERCENT)).clamp(1, largest);
    let side = u32::try_from(side).expect("not longer than the frame");
    let place = |start: u32, length: u32, end: u32| {
        let centre = u64::from(start) + u64::from(length) / 2;
        let wanted = centre.saturating_sub(u64::from(side) / 2);
        u32::try_from(wanted.min(u64::from(end.saturating_sub(side)))).expect("within the frame")
    };
    Region {
        x: place(bounds.x, bounds.width, frame.0),
        y: place(bounds.y, bounds.height, frame.1),
        width: side,
        height: side,
    }
}

/// Cuts `region` out of a picture and resizes it to `side * side * 3` bytes, as the model reads them: each output pixel
/// is a weighted mean of all the pixels under it (a triangle filter as wide as the reduction), so that fine patterns do
/// not turn into false ones.
///
/// # Panics
/// When `rgb` is not `size.0 * size.1 * 3` bytes or `region` does not lie within: the caller's fault, never data.
pub fn to_input(rgb: &[u8], size: (u32, u32), region: Region, side: u32) -> Vec<u8> {
    // Typed, since the untyped way compiles the filters of every pixel format there is.
    let source = TypedImageRef::<U8x3>::from_buffer(size.0, size.1, rgb).expect("pixels fill the picture");
    let mut input = vec![0; side as usize * side as usize * 3];
    let mut target = TypedImage::<U8x3>::from_buffer(side, side, &mut input).expect("made to fit");
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).crop(
        f64::from(region.x),
        f64::from(region.y),
        f64::from(region.width),
        f64::from(region.height),
    );
    RESIZER
        .with_borrow_mut(|resizer| resizer.resize_typed(&source, &mut target, &options))
        .expect("the region lies within the picture");
    input
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn takes_seven_eighths_of_the_short_side_from_the_centre() {
        assert_eq!(centre_crop(400, 320), Region { x: 60, y: 20, width: 280, height: 280 });
        assert_eq!(centre_crop(1, 9), Region { x: 0, y: 4, width: 1, height: 1 });
    }

    #[test]
    fn keeps_a_flat_picture_flat_and_a_half_and_half_one_apart() {
        let rgb: Vec<u8> =
            (0..100 * 50).flat_map(|i| if i % 100 < 50 { [200, 10, 30] } else { [5, 90, 160] }).collect();
        let input = to_input(&rgb, (100, 50), Region { x: 25, y: 0, width: 50, height: 50 }, 20);
        assert_eq!(input.len(), 20 * 20 * 3);
        for row in input.chunks_exact(60) {
            assert_eq!((&row[..3], &row[57..]), (&[200, 10, 30][..], &[5, 90, 160][..]));
        }
    }

    #[test]
    fn averages_a_pattern_finer_than_the_output() {
        // One-pixel stripes, 8 to an output pixel: nearest-neighbour sampling would give all black or all white.
        let rgb: Vec<u8> =
            (0..160 * 160).flat_map(|i| if i % 2 == 0 { [0, 0, 0] } else { [255, 255, 255] }).collect();
        let input = to_input(&rgb, (160, 160), Region { x: 0, y: 0, width: 160, height: 160 }, 20);
        assert!(input.iter().all(|&v| (118..=137).contains(&v)), "{:?}", &input[..12]);
    }

    proptest! {
        #[test]
        fn an_items_square_lies_within_the_frame_and_holds_its_centre(
            frame in (1u32..3000, 1u32..3000), corner in (0u32..3000, 0u32..3000), size in (1u32..3000, 1u32..3000)
        ) {
            let x = corner.0.min(frame.0 - 1);
            let y = corner.1.min(frame.1 - 1);
            let bounds =
                PixelBox { x, y, width: size.0.min(frame.0 - x), height: size.1.min(frame.1 - y) };
            let region = item_crop(bounds, frame);
            prop_assert_eq!(region.width, region.height);
            prop_assert!(region.x + region.width <= frame.0 && region.y + region.height <= frame.1);
            let (cx, cy) = bounds.centre();
            prop_assert!((region.x..region.x + region.width).contains(&cx));
            prop_assert!((region.y..region.y + region.height).contains(&cy));
            let longer = bounds.width.max(bounds.height);
            prop_assert!(region.width >= longer.min(frame.0.min(frame.1)));
        }
    }
}
