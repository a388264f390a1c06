//! What the search goes down into: the likelihood of a model as a sum of squares, in coordinates whose bounds stand still.
//!
//! The likelihood of relative errors is a sum of squares as well, once each error is scaled by the geometric mean of the means
//! (Hyndman, Koehler, Ord and Snyder 2008, section 5.1: n log(sum of e^2) + 2 sum log|mean|), so one search serves both sorts.

use super::super::descend::{Bowl, Room};
use super::pass::{ALPHA, BETA, GAMMA, LEVEL, PHI, SEASON, Sums, TREND};
use super::start::free_of;
use super::{NO_SEASON, Shape, Trend};

/// The point with the smoothing parameters themselves. In the coordinates of the search the trend's smoothing is a part of the level's,
/// and the season's a part of what the level's leaves over, so that no point breaks `beta < alpha` or `gamma < 1 - alpha`.
pub(super) fn raw<const P: usize>(point: &[f64; P]) -> [f64; P] {
    let mut raw = *point;
    raw[BETA] = point[BETA] * point[ALPHA];
    raw[GAMMA] = point[GAMMA] * (1.0 - point[ALPHA]);
    raw
}

/// Where the search may go, parameter by parameter.
pub(super) fn rooms<const P: usize>(shape: Shape, length: usize) -> [Room; P] {
    const SMOOTHING: Room = Room::Between(1e-4, 0.9999);
    let mut rooms = [Room::None; P];
    (rooms[ALPHA], rooms[LEVEL]) = (SMOOTHING, Room::Any);
    if shape.trend != Trend::None {
        (rooms[BETA], rooms[TREND]) = (SMOOTHING, Room::Any);
    }
    if shape.trend == Trend::Damped {
        rooms[PHI] = Room::Between(0.8, 0.98);
    }
    if shape.season != NO_SEASON {
        rooms[GAMMA] = SMOOTHING;
        rooms[SEASON..SEASON + free_of(shape.season, length)].fill(Room::Any);
    }
    rooms
}

/// The bowl that a walk through so many days saw from `point`.
pub(super) fn bowl<const P: usize>(sums: &Sums<P>, days: usize, relative: bool, point: &[f64; P]) -> Bowl<P> {
    let (mut slopes, mut products, mut value) = (sums.slopes, sums.products, sums.squares);
    if relative {
        let days = days as f64;
        let scale = (2.0 * sums.logs / days).exp();
        let tilt = sums.log_slopes.map(|slope| slope / days);
        for place in 0..P {
            for other in 0..P {
                let mixed = sums.slopes[place] * tilt[other] + tilt[place] * sums.slopes[other];
                let both = products[place][other] + mixed + sums.squares * tilt[place] * tilt[other];
                products[place][other] = scale * both;
            }
            slopes[place] = scale * (sums.slopes[place] + sums.squares * tilt[place]);
        }
        value *= scale;
    }
    let mut bowl = Bowl { value, slopes, products };
    turn(&mut bowl, point);
    bowl
}

/// From the raw parameters to the search's coordinates, by the chain rule.
fn turn<const P: usize>(bowl: &mut Bowl<P>, point: &[f64; P]) {
    let (alpha, beta, gamma) = (point[ALPHA], point[BETA], point[GAMMA]);
    let turn = |line: &mut [f64; P]| {
        line[ALPHA] += beta * line[BETA] - gamma * line[GAMMA];
        line[BETA] *= alpha;
        line[GAMMA] *= 1.0 - alpha;
    };
    turn(&mut bowl.slopes);
    bowl.products.iter_mut().for_each(turn);
    for other in 0..P {
        let mut column: [f64; P] = std::array::from_fn(|place| bowl.products[place][other]);
        turn(&mut column);
        for (line, turned) in bowl.products.iter_mut().zip(column).take(LEVEL) {
            line[other] = turned;
        }
    }
}
