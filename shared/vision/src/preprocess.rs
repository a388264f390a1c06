//! Pixels to the model's input: which part of a picture, at the model's size.

use domain::frame::PixelBox;

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

/// The centre square of a photo of one product: 0.875 of the short side.
pub fn centre_crop(_width: u32, _height: u32) -> Region {
    unimplemented!()
}

/// A square around an item on the tray, with a margin, moved to lie within the frame.
pub fn item_crop(_bounds: PixelBox, _frame: (u32, u32)) -> Region {
    unimplemented!()
}

/// Cuts `region` out of a picture and resizes it to `side * side * 3` bytes, as the model reads them.
pub fn to_input(_rgb: &[u8], _size: (u32, u32), _region: Region, _side: u32) -> Vec<u8> {
    unimplemented!()
}
