//! The light on the tray by the light it was learnt in: one factor for all of it, or a smooth field where it comes from another
//! side now.
//!
//! The field of each channel is a polynomial of second degree in the place, fitted by least squares to the cells that look
//! like bare tray under the field found so far, while what counts as bare is narrowed from round to round (trimmed least
//! squares: Rousseeuw and Leroy, Robust Regression and Outlier Detection, 1987). One factor is kept where a field explains
//! hardly more cells: things on the tray must not bend the light.

use super::thumb::{SCALE, Thumb};
use crate::linear::{Equations, solve};

/// One, then along the row, along the column, and their products.
const TERMS: usize = 6;
/// How many of them each round fits, and by what share of its brightness a bare cell may be off meanwhile. The first rounds know
/// a slope alone, which reaches beyond the cells that it was fitted to more safely than a curve.
const ROUNDS: [(usize, f32); 6] =
    [(3, 0.3), (3, 0.2), (TERMS, 0.15), (TERMS, 0.1), (TERMS, 0.07), (TERMS, BARE)];
/// By what share of its brightness a cell that is explained may be off.
const BARE: f32 = 0.05;
/// A field is worth having when it explains this many times the cells that one factor does.
const WORTH: f32 = 1.05;
/// Every so many cells tell as much as all of them, and are no row or column of a pattern.
const EVERY: usize = 23;
/// Levels between which a channel tells of the light: not black, nor burnt out.
const TELLING: std::ops::RangeInclusive<f32> = 12.0..=250.0;
/// The light may change by these factors and still be the same scene.
const GAIN: std::ops::RangeInclusive<f32> = 0.4..=2.5;

/// How much brighter each place of the tray is than it was.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shading {
    channels: [[f32; TERMS]; 3],
}

/// A cell that is looked at.
struct Sample {
    terms: [f64; TERMS],
    learnt: [f32; 3],
    now: [f32; 3],
}

impl Shading {
    /// What is between the tray as learnt and a frame of it; `None` when that is not one light.
    pub(super) fn between(learnt: &[[f32; 3]], thumb: &Thumb) -> Option<Self> {
        let samples = samples(learnt, thumb);
        let even = Self::even(&samples);
        if !even.channels.iter().all(|terms| GAIN.contains(&terms[0])) {
            return None;
        }
        let field =
            ROUNDS.iter().fold(even.clone(), |field, (terms, off)| field.fitted(&samples, *terms, *off));
        let explained =
            |light: &Self| samples.iter().filter(|sample| light.explains(sample, BARE)).count() as f32;
        let is_worth = field.is_sound() && explained(&field) > explained(&even) * WORTH;
        Some(if is_worth { field } else { even })
    }

    /// The learnt tray, `width` cells in a row, in this light.
    pub(super) fn on(&self, learnt: &[[f32; 3]], width: usize) -> Vec<[f32; 3]> {
        let height = learnt.len() / width;
        let mut lit = Vec::with_capacity(learnt.len());
        for (row, cells) in learnt.chunks_exact(width).enumerate() {
            let v = along(row, height);
            // A row of the polynomial is one in the place along it.
            let rows =
                self.channels.map(|[one, u, v1, uu, uv, vv]| [one + v * (v1 + v * vv), u + v * uv, uu]);
            for (column, cell) in cells.iter().enumerate() {
                let u = along(column, width);
                let gain = rows.map(|[one, once, twice]| one + u * (once + u * twice));
                lit.push([cell[0] * gain[0], cell[1] * gain[1], cell[2] * gain[2]]);
            }
        }
        lit
    }

    /// The factor of one cell.
    pub(super) fn at(&self, (column, row): (usize, usize), (width, height): (usize, usize)) -> [f32; 3] {
        self.gain(&terms(along(column, width), along(row, height)))
    }

    /// The median factor of each channel, everywhere.
    fn even(samples: &[Sample]) -> Self {
        let mut channels = [[0.0; TERMS]; 3];
        for (channel, terms) in channels.iter_mut().enumerate() {
            let telling = samples.iter().filter(|sample| TELLING.contains(&sample.learnt[channel]));
            let mut ratios: Vec<f32> =
                telling.map(|sample| sample.now[channel] / sample.learnt[channel]).collect();
            let middle = ratios.len() / 2;
            terms[0] = if ratios.is_empty() {
                1.0
            } else {
                *ratios.select_nth_unstable_by(middle, f32::total_cmp).1
            };
        }
        Self { channels }
    }

    /// The field that fits best the cells that are off this one by less than `off`.
    fn fitted(&self, samples: &[Sample], count: usize, off: f32) -> Self {
        let bare: Vec<&Sample> = samples.iter().filter(|sample| self.explains(sample, off)).collect();
        if bare.len() < 4 * TERMS {
            return self.clone();
        }
        Self { channels: std::array::from_fn(|channel| fit(&bare, channel, count)) }
    }

    fn explains(&self, sample: &Sample, off: f32) -> bool {
        let gain = self.gain(&sample.terms);
        (0..3).filter(|channel| TELLING.contains(&sample.learnt[*channel])).all(|channel| {
            let expected = sample.learnt[channel] * gain[channel];
            (sample.now[channel] - expected).abs() <= expected * off
        })
    }

    fn gain(&self, terms: &[f64; TERMS]) -> [f32; 3] {
        self.channels
            .map(|factors| factors.iter().zip(terms).map(|(factor, term)| factor * *term as f32).sum())
    }

    /// True when no place is lit beyond what a light does.
    fn is_sound(&self) -> bool {
        let places = [-1.0, 0.0, 1.0];
        let mut all = places.iter().flat_map(|u| places.map(|v| terms(*u, v)));
        all.all(|terms| self.gain(&terms).iter().all(|gain| GAIN.contains(gain)))
    }
}

/// A place as a number from -1 to 1.
fn along(place: usize, length: usize) -> f32 {
    (place as f32 + 0.5) / length as f32 * 2.0 - 1.0
}

fn terms(u: f32, v: f32) -> [f64; TERMS] {
    let (u, v) = (f64::from(u), f64::from(v));
    [1.0, u, v, u * u, u * v, v * v]
}

fn samples(learnt: &[[f32; 3]], thumb: &Thumb) -> Vec<Sample> {
    let cells = learnt.iter().zip(&thumb.cells).enumerate().step_by(EVERY);
    let all = cells.map(|(index, (learnt, cell))| {
        let (column, row) = (index % thumb.width, index / thumb.width);
        let now = cell.map(|value| f32::from(value) / SCALE);
        Sample { terms: terms(along(column, thumb.width), along(row, thumb.height)), learnt: *learnt, now }
    });
    all.filter(|sample| sample.now.iter().all(|level| level <= TELLING.end())).collect()
}

/// The first `count` terms of the polynomial by which the learnt levels of a channel come nearest to the present ones.
fn fit(bare: &[&Sample], channel: usize, count: usize) -> [f32; TERMS] {
    let mut rows: Equations<TERMS> = [([0.0; TERMS], 0.0); TERMS];
    for sample in bare {
        let (learnt, now) = (f64::from(sample.learnt[channel]), f64::from(sample.now[channel]));
        for (term, (row, sum)) in rows.iter_mut().enumerate() {
            let weight = sample.terms[term] * learnt;
            for (value, other) in row.iter_mut().zip(sample.terms) {
                *value += weight * learnt * other;
            }
            *sum += weight * now;
        }
    }
    // Terms that are not asked for are held at nothing, and the rest apart where the bare cells lie in one line.
    let most = rows[0].0[0].max(1.0);
    for (term, (row, _)) in rows.iter_mut().enumerate() {
        row[term] += most * if term < count { 1e-6 } else { 1e9 };
    }
    solve(rows).map(|factor| factor as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (usize, usize) = (160, 120);

    fn learnt() -> Vec<[f32; 3]> {
        (0..SIZE.0 * SIZE.1)
            .map(|cell| if cell % 160 < 10 { [40.0, 42.0, 45.0] } else { [150.0, 140.0, 130.0] })
            .collect()
    }

    fn thumb(cell: impl Fn(usize, usize) -> [f32; 3]) -> Thumb {
        let places = (0..SIZE.1).flat_map(|row| (0..SIZE.0).map(move |column| (column, row)));
        let cells =
            places.map(|(column, row)| cell(column, row).map(|level| (level * SCALE) as u16)).collect();
        Thumb { width: SIZE.0, height: SIZE.1, step: 1, cells }
    }

    #[test]
    fn light_from_another_side_is_followed_around_things() {
        let learnt = learnt();
        let gain = |column: usize| 0.75 + 0.5 * column as f32 / SIZE.0 as f32;
        let lit = thumb(|column, row| {
            // A thing covers a third of the tray.
            if (60..140).contains(&column) && (20..90).contains(&row) {
                return [60.0, 110.0, 50.0];
            }
            let [red, green, blue] = learnt[row * SIZE.0 + column];
            [red * gain(column), green * gain(column), blue * gain(column) * 0.9]
        });
        let expected = Shading::between(&learnt, &lit).unwrap().on(&learnt, SIZE.0);
        for (row, column) in [(5, 3), (5, 80), (110, 150), (60, 20), (60, 155)] {
            let ([red, _, blue], [was_red, _, was_blue]) =
                (expected[row * SIZE.0 + column], learnt[row * SIZE.0 + column]);
            assert!((red / was_red / gain(column) - 1.0).abs() < 0.02, "red at {column}, {row}");
            assert!((blue / was_blue / gain(column) / 0.9 - 1.0).abs() < 0.02, "blue at {column}, {row}");
        }
    }

    #[test]
    fn things_do_not_bend_the_light() {
        let learnt = learnt();
        // A pale thing over half of the tray, a little brighter than it on one side.
        let covered = thumb(
            |column, row| if column > 90 { [168.0, 157.0, 146.0] } else { learnt[row * SIZE.0 + column] },
        );
        let expected = Shading::between(&learnt, &covered).unwrap().on(&learnt, SIZE.0);
        let far = expected[60 * SIZE.0 + 40][0] / learnt[60 * SIZE.0 + 40][0];
        assert!((far - 1.0).abs() < 0.03, "the bare side is as it was, not {far}");
        assert!(Shading::between(&learnt, &thumb(|_, _| [3.0; 3])).is_none(), "the light went out");
    }
}
