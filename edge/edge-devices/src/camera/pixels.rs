//! From the pixel formats that V4L2 cameras send to RGB.
//!
//! The layouts are those of the kernel's V4L2 documentation; colours are BT.601 with limited range, as such cameras send.

/// A layout of raw pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RawPixels {
    /// `YUYV`: two pixels in four bytes.
    Yuyv,
    /// `NV12`: a plane of brightness, then one of colour at half the size.
    Nv12,
    /// `RGB3`.
    Rgb,
    /// `BGR3`.
    Bgr,
}

/// Converts a frame; a frame of the wrong length is refused with the reason. Drivers may append padding, never leave pixels
/// out.
pub(crate) fn to_rgb(layout: RawPixels, width: u32, height: u32, data: &[u8]) -> Result<Vec<u8>, String> {
    let pixels = width as usize * height as usize;
    let needed = match layout {
        RawPixels::Yuyv => pixels * 2,
        RawPixels::Nv12 => pixels * 3 / 2,
        RawPixels::Rgb | RawPixels::Bgr => pixels * 3,
    };
    if !width.is_multiple_of(2) || (layout == RawPixels::Nv12 && !height.is_multiple_of(2)) {
        return Err(format!("{width}x{height} has no whole pairs of pixels"));
    }
    if data.len() < needed {
        return Err(format!("it holds {} bytes, but {width}x{height} pixels need {needed}", data.len()));
    }
    let data = &data[..needed];
    Ok(match layout {
        RawPixels::Yuyv => data
            .chunks_exact(4)
            .flat_map(|pair| {
                let [a, b] = [pair[0], pair[2]].map(|y| rgb_of(y, pair[1], pair[3]));
                [a[0], a[1], a[2], b[0], b[1], b[2]]
            })
            .collect(),
        RawPixels::Nv12 => nv12_to_rgb(width as usize, data, pixels),
        RawPixels::Rgb => data.to_vec(),
        RawPixels::Bgr => data.chunks_exact(3).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect(),
    })
}

fn nv12_to_rgb(width: usize, data: &[u8], pixels: usize) -> Vec<u8> {
    let (luma, chroma) = data.split_at(pixels);
    let mut rgb = Vec::with_capacity(pixels * 3);
    for (y, row) in luma.chunks_exact(width).enumerate() {
        let colours = &chroma[y / 2 * width..][..width];
        for (x, &luma) in row.iter().enumerate() {
            rgb.extend(rgb_of(luma, colours[x & !1], colours[x | 1]));
        }
    }
    rgb
}

/// ITU-R BT.601, limited range, in 1/256.
fn rgb_of(y: u8, u: u8, v: u8) -> [u8; 3] {
    let (y, u, v) = (298 * (i32::from(y) - 16), i32::from(u) - 128, i32::from(v) - 128);
    let byte = |value: i32| ((value + 128) >> 8).clamp(0, 255) as u8;
    [byte(y + 409 * v), byte(y - 100 * u - 208 * v), byte(y + 516 * u)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts_every_layout() {
        // Pure red in BT.601 limited range is Y 81, U 90, V 240.
        let (y, u, v) = (81, 90, 240);
        let red = [255, 0, 0];
        let near_red = |rgb: &[u8]| rgb.chunks(3).all(|p| p[0] > 250 && p[1] < 5 && p[2] < 5);
        assert!(near_red(&to_rgb(RawPixels::Yuyv, 2, 2, &[y, u, y, v, y, u, y, v]).unwrap()));
        assert!(near_red(&to_rgb(RawPixels::Nv12, 2, 2, &[y, y, y, y, u, v]).unwrap()));
        assert_eq!(to_rgb(RawPixels::Rgb, 2, 1, &[255, 0, 0, 255, 0, 0]).unwrap(), [red, red].concat());
        assert_eq!(to_rgb(RawPixels::Bgr, 2, 1, &[0, 0, 255, 0, 0, 255]).unwrap(), [red, red].concat());
        assert_eq!(to_rgb(RawPixels::Rgb, 2, 1, &[9; 8]).unwrap(), [9; 6], "padding is cut");
    }

    #[test]
    fn refuses_frames_of_the_wrong_length() {
        for layout in [RawPixels::Yuyv, RawPixels::Nv12, RawPixels::Rgb, RawPixels::Bgr] {
            let error = to_rgb(layout, 4, 4, &[0; 15]).unwrap_err();
            assert!(error.contains("4x4 pixels need"), "{error}");
        }
        assert!(to_rgb(RawPixels::Yuyv, 3, 3, &[0; 99]).is_err());
    }
}
