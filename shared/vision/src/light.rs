//! What a white or grey card beside the tray says of the light, and pictures corrected for it.
//!
//! The card has no colour of its own, so whatever colour it shows is the light's, and its brightness is the exposure (von
//! Kries, Theoretische Studien über die Umstimmung des Sehorgans, 1902: one gain for each channel, in linear light). The
//! gains stay within bounds, beyond which nothing is put right but somebody told; so is who lays something on the card.

use std::sync::Arc;

use domain::frame::Frame;

/// Exponent between light and 8-bit levels.
const GAMMA: f32 = 2.2;
/// The most that a channel is brightened, and the inverse of the most that it is darkened, in linear light.
const GAIN_MOST: f32 = 4.0;
/// The most that one channel's gain may be of another's: beyond it a lamp is broken, or the card is no card.
const CAST_MOST: f32 = 3.0;
/// Gains that differ from those in use by less than this are the camera's noise: pictures would only flicker.
const GAIN_STEP: f32 = 0.04;
/// The card is looked at in so many rows and columns...
const BLOCKS: usize = 4;
/// ...and where a block's light differs from the median one by more than this factor, something lies on it, or a shadow.
const UNEVEN: f32 = 1.35;
/// The card's light cannot change by more than this factor while that of the picture does not.
const ALONE: f32 = 1.5;
/// Levels below or above which a channel tells nothing: black, or burnt out.
const TELLING: std::ops::RangeInclusive<f32> = 8.0..=252.0;

/// Where the card is, in thousandths of the picture, and how bright it is meant to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    /// Left, top, width, height.
    pub area: [u16; 4],
    /// The level, 0 to 255, that each channel of it has in good light.
    pub level: u8,
}

/// What the card says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Light {
    /// The light, as gains of red, green and blue in linear light that make it good.
    Seen([f32; 3]),
    /// The same, but no camera could make it good.
    TooFarOff([f32; 3]),
    /// Something lies on the card, or a shadow falls on it, or it is too dark or burnt out to tell anything.
    Hidden,
}

/// Watches a card, frame by frame.
#[derive(Debug)]
pub struct CardWatch {
    card: Card,
    /// What pictures are corrected by.
    gain: [f32; 3],
    /// Brightness of the card and of the picture when the card was seen last, in linear light.
    seen: Option<(f32, f32)>,
}

impl CardWatch {
    /// A watch that has seen nothing yet and corrects nothing.
    pub fn new(card: Card) -> Self {
        Self { card, gain: [1.0; 3], seen: None }
    }

    /// Looks at a frame as the camera gave it. What cannot be trusted changes no correction.
    pub fn look(&mut self, frame: &Frame) -> Light {
        let Some(colour) = self.colour(frame) else { return Light::Hidden };
        let (card, picture) = (brightness(colour), brightness(mean_of(frame)).max(f32::MIN_POSITIVE));
        if let Some((card_before, picture_before)) = self.seen {
            let (own, others) = (card / card_before, picture / picture_before);
            if own.max(1.0 / own) > ALONE && (own / others).max(others / own) > ALONE {
                return Light::Hidden;
            }
        }
        self.seen = Some((card, picture));
        let wanted = linear(f32::from(self.card.level));
        let gain = colour.map(|channel| wanted / channel);
        let (least, most) =
            gain.iter().fold((f32::MAX, 0.0_f32), |(low, high), &g| (low.min(g), high.max(g)));
        if most > GAIN_MOST || least < 1.0 / GAIN_MOST || most / least > CAST_MOST {
            return Light::TooFarOff(gain);
        }
        let changed = |(now, used): (f32, f32)| (now / used - 1.0).abs() > GAIN_STEP;
        if gain.into_iter().zip(self.gain).any(changed) {
            self.gain = gain;
        }
        Light::Seen(gain)
    }

    /// The frame as it would look in good light.
    pub fn correct(&self, frame: &Frame) -> Frame {
        if self.gain.iter().all(|gain| (gain - 1.0).abs() <= GAIN_STEP) {
            return frame.clone();
        }
        let tables = self
            .gain
            .map(|gain| std::array::from_fn::<u8, 256, _>(|value| level(linear(value as f32) * gain)));
        let rgb: Arc<[u8]> = frame
            .rgb
            .chunks_exact(3)
            .flat_map(|pixel| [0, 1, 2].map(|at| tables[at][usize::from(pixel[at])]))
            .collect();
        Frame { rgb, ..frame.clone() }
    }

    /// The card's colour in linear light; `None` when it cannot be told.
    fn colour(&self, frame: &Frame) -> Option<[f32; 3]> {
        let [x, y, width, height] = self.card.area.map(usize::from);
        let (wide, high) = (frame.width as usize, frame.height as usize);
        let edge = |permille: usize, length: usize| permille * length / 1000;
        let along = |start: usize, length: usize, whole: usize, block: usize| {
            let at = |part: usize| edge(start, whole) + edge(length, whole) * part / BLOCKS;
            at(block)..at(block + 1).max(at(block) + 1).min(whole)
        };
        let mut blocks = Vec::with_capacity(BLOCKS * BLOCKS);
        for row in 0..BLOCKS {
            for column in 0..BLOCKS {
                let (rows, columns) = (along(y, height, high, row), along(x, width, wide, column));
                let pixels = rows.flat_map(|y| columns.clone().map(move |x| (y * wide + x) * 3));
                blocks.push(mean(pixels.map(|at| &frame.rgb[at..at + 3])));
            }
        }
        let mut lights: Vec<f32> = blocks.iter().map(|block| brightness(*block)).collect();
        lights.sort_by(f32::total_cmp);
        let (least, median, most) = (lights[0], lights[lights.len() / 2], lights[lights.len() - 1]);
        if least * UNEVEN < median || most > median * UNEVEN {
            return None;
        }
        let colour =
            [0, 1, 2].map(|at| blocks.iter().map(|block| block[at]).sum::<f32>() / blocks.len() as f32);
        colour.iter().all(|&channel| TELLING.contains(&(channel.powf(1.0 / GAMMA) * 255.0))).then_some(colour)
    }
}

/// The whole picture's colour, by every 97th pixel: a prime, so that no column is favoured.
fn mean_of(frame: &Frame) -> [f32; 3] {
    mean(frame.rgb.chunks_exact(3).step_by(97))
}

/// In linear light; black of nothing.
fn mean<'a>(pixels: impl Iterator<Item = &'a [u8]>) -> [f32; 3] {
    let (mut sum, mut count) = ([0.0_f32; 3], 0.0_f32);
    for pixel in pixels {
        for (sum, &value) in sum.iter_mut().zip(pixel) {
            *sum += linear(f32::from(value));
        }
        count += 1.0;
    }
    sum.map(|sum| sum / count.max(1.0))
}

fn brightness(colour: [f32; 3]) -> f32 {
    colour.iter().sum::<f32>() / 3.0
}

fn linear(level: f32) -> f32 {
    (level / 255.0).powf(GAMMA)
}

fn level(linear: f32) -> u8 {
    // The clamp makes the cast exact.
    (linear.powf(1.0 / GAMMA) * 255.0).round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use domain::time::MonotonicMs;

    use super::*;

    const CARD: Card = Card { area: [0, 0, 250, 250], level: 180 };

    /// A picture of 200 x 200 with the card in its corner, in light of this colour.
    fn picture(light: [f32; 3], hidden_rows: usize) -> Frame {
        let mut rgb = Vec::new();
        for y in 0..200 {
            for x in 0..200 {
                let of_card = x < 50 && y < 50 && y >= hidden_rows;
                let own = if of_card { [180.0, 180.0, 180.0] } else { [90.0, 60.0, 40.0] };
                rgb.extend((0..3).map(|at: usize| level(linear(own[at]) * light[at])));
            }
        }
        Frame::new(200, 200, rgb.into(), 1, MonotonicMs(1))
    }

    fn far(a: &Frame, b: &Frame) -> u8 {
        a.rgb.iter().zip(b.rgb.iter()).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
    }

    #[test]
    fn a_cast_and_a_dim_lamp_are_put_right() {
        let good = picture([1.0; 3], 0);
        for light in [[0.3; 3], [1.0, 0.7, 0.4], [0.5, 0.8, 1.0]] {
            let mut watch = CardWatch::new(CARD);
            let seen = picture(light, 0);
            assert!(matches!(watch.look(&seen), Light::Seen(_)), "{light:?}");
            assert!(far(&watch.correct(&seen), &good) <= 6, "{light:?}");
            assert!(far(&seen, &good) > 30, "{light:?}");
        }
    }

    #[test]
    fn good_light_is_left_as_it_is() {
        let good = picture([1.0; 3], 0);
        let mut watch = CardWatch::new(CARD);
        watch.look(&good);
        assert!(Arc::ptr_eq(&watch.correct(&good).rgb, &good.rgb));
    }

    #[test]
    fn light_that_no_camera_puts_right_is_told_and_corrects_nothing() {
        let mut watch = CardWatch::new(CARD);
        for light in [[0.1; 3], [1.0, 0.6, 0.25]] {
            let seen = picture(light, 0);
            assert!(matches!(watch.look(&seen), Light::TooFarOff(_)), "{light:?}");
            assert_eq!(far(&watch.correct(&seen), &seen), 0);
            watch = CardWatch::new(CARD);
        }
    }

    #[test]
    fn what_lies_on_the_card_is_seen_and_the_correction_stays() {
        let mut watch = CardWatch::new(CARD);
        let dim = picture([0.5; 3], 0);
        watch.look(&dim);
        let before = watch.correct(&dim);
        assert_eq!(watch.look(&picture([0.5; 3], 20)), Light::Hidden, "half covered, or in a shadow");
        assert_eq!(watch.look(&picture([0.5; 3], 50)), Light::Hidden, "covered by something of one colour");
        assert_eq!(watch.look(&picture([0.0; 3], 0)), Light::Hidden, "dark");
        assert_eq!(far(&watch.correct(&dim), &before), 0);
        assert!(matches!(watch.look(&dim), Light::Seen(_)), "free again");
    }

    #[test]
    fn the_whole_shops_light_may_change_at_once() {
        let mut watch = CardWatch::new(CARD);
        watch.look(&picture([1.0; 3], 0));
        assert!(matches!(watch.look(&picture([0.3; 3], 0)), Light::Seen(_)));
    }
}
