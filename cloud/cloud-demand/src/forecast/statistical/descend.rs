//! The search for the parameters with the least squared errors: Levenberg and Marquardt's method, kept inside bounds
//! (Marquardt, An algorithm for least-squares estimation of nonlinear parameters, Journal of the Society for Industrial and Applied
//! Mathematics 11, 1963).

/// Gains of less than this part are the end.
const ENOUGH: f64 = 1e-6;
/// Looks from each start, and from the best of them.
const FIRST_LOOKS: usize = 6;
const MOST_LOOKS: usize = 40;

/// Where a parameter may go.
#[derive(Debug, Clone, Copy)]
pub(super) enum Room {
    /// Nowhere: it stays as it is.
    None,
    /// Anywhere.
    Any,
    /// From the one to the other.
    Between(f64, f64),
}

/// The bowl that the sum of squares looks like from one point.
pub(super) struct Bowl<const P: usize> {
    pub(super) value: f64,
    /// Sums of each error times its slopes.
    pub(super) slopes: [f64; P],
    /// Sums of the products of the slopes.
    pub(super) products: [[f64; P]; P],
}

/// Where a search ended.
#[derive(Clone, Copy)]
pub(super) struct Lowest<const P: usize> {
    pub(super) point: [f64; P],
    pub(super) value: f64,
    /// Whether nothing more is to be gained, by the search's own measure.
    settled: bool,
}

/// What is searched, and where.
pub(super) struct Search<'a, const P: usize> {
    /// What is seen from a point; `None` where the model cannot hold the days.
    pub(super) look: &'a dyn Fn(&[f64; P]) -> Option<Bowl<P>>,
    pub(super) rooms: [Room; P],
}

impl<const P: usize> Search<'_, P> {
    /// The lowest point from any of the starts: all are followed a little, and the one that is lowest then to its end.
    pub(super) fn lowest(&self, starts: &[[f64; P]]) -> Option<Lowest<P>> {
        let ends = starts.iter().filter_map(|start| self.descend(*start, FIRST_LOOKS));
        let leading = ends.min_by(|one, other| one.value.total_cmp(&other.value))?;
        if leading.settled { Some(leading) } else { self.descend(leading.point, MOST_LOOKS) }
    }

    /// Goes down from `start` with so many looks; `None` where nothing is to be seen even there.
    fn descend(&self, start: [f64; P], looks: usize) -> Option<Lowest<P>> {
        let mut point = start;
        let mut bowl = (self.look)(&point)?;
        let (mut damping, mut small_gains) = (1e-3, 0);
        for _ in 0..looks {
            let Some(next) = bowl.next(&self.rooms, &point, damping) else { break };
            match (self.look)(&next) {
                Some(lower) if lower.value < bowl.value => {
                    let gain = (bowl.value - lower.value) / bowl.value;
                    (point, bowl) = (next, lower);
                    damping = (damping * 0.2_f64).max(1e-9);
                    small_gains = if gain < ENOUGH { small_gains + 1 } else { 0 };
                }
                _ => {
                    damping *= 8.0;
                    small_gains += usize::from(damping > 1e3);
                }
            }
            if small_gains >= 2 || damping > 1e7 {
                return Some(Lowest { point, value: bowl.value, settled: true });
            }
        }
        Some(Lowest { point, value: bowl.value, settled: false })
    }
}

/// Brings a point between its bounds.
pub(super) fn clamp<const P: usize>(point: &mut [f64; P], rooms: &[Room; P]) {
    for (at, room) in point.iter_mut().zip(rooms) {
        if let Room::Between(low, high) = room {
            *at = at.clamp(*low, *high);
        }
    }
}

impl<const P: usize> Bowl<P> {
    /// The bottom, or a place on the way there with `damping`; parameters that a bound holds back stay.
    fn next(&self, rooms: &[Room; P], point: &[f64; P], damping: f64) -> Option<[f64; P]> {
        let mut moving = [0_usize; P];
        let mut count = 0;
        for (place, room) in rooms.iter().enumerate() {
            let moves = match room {
                Room::None => false,
                Room::Any => true,
                Room::Between(low, high) => {
                    let (at, slope) = (point[place], self.slopes[place]);
                    !(at <= *low && slope > 0.0 || at >= *high && slope < 0.0)
                }
            };
            if moves {
                moving[count] = place;
                count += 1;
            }
        }
        let moving = &moving[..count];
        let mean =
            moving.iter().map(|place| self.products[*place][*place]).sum::<f64>() / count.max(1) as f64;
        let mut matrix = [[0.0; P]; P];
        let mut right = [0.0; P];
        for (line, place) in moving.iter().enumerate() {
            for (column, other) in moving.iter().enumerate() {
                matrix[line][column] = self.products[*place][*other];
            }
            matrix[line][line] += damping * matrix[line][line] + 1e-12 * mean + f64::MIN_POSITIVE;
            right[line] = -self.slopes[*place];
        }
        solve(&mut matrix, &mut right, count)?;
        let mut next = *point;
        for (line, place) in moving.iter().enumerate() {
            next[*place] += right[line];
        }
        clamp(&mut next, rooms);
        Some(next)
    }
}

/// Solves a symmetric system of `count` equations in place (Cholesky); `None` where it has no one solution.
fn solve<const P: usize>(matrix: &mut [[f64; P]; P], right: &mut [f64; P], count: usize) -> Option<()> {
    for line in 0..count {
        for column in 0..=line {
            let mut sum = matrix[line][column];
            let (one, other) = (&matrix[line][..column], &matrix[column][..column]);
            sum -= one.iter().zip(other).map(|(one, other)| one * other).sum::<f64>();
            if line == column {
                // Written so that what is no number is refused as well.
                if !(sum > 0.0 && sum.is_finite()) {
                    return None;
                }
                matrix[line][line] = sum.sqrt();
            } else {
                matrix[line][column] = sum / matrix[column][column];
            }
        }
    }
    for line in 0..count {
        let known: f64 = matrix[line][..line].iter().zip(&*right).map(|(one, other)| one * other).sum();
        right[line] -= known;
        right[line] /= matrix[line][line];
    }
    for line in (0..count).rev() {
        let known: f64 = (line + 1..count).map(|inner| matrix[inner][line] * right[inner]).sum();
        right[line] -= known;
        right[line] /= matrix[line][line];
    }
    right[..count].iter().all(|one| one.is_finite()).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_a_small_system() {
        let mut matrix = [[4.0, 2.0, 0.0], [2.0, 3.0, 1.0], [0.0, 1.0, 2.0]];
        let mut right = [8.0, 11.0, 8.0];
        solve(&mut matrix, &mut right, 3).unwrap();
        for (found, meant) in right.iter().zip([1.0, 2.0, 3.0]) {
            assert!((found - meant).abs() < 1e-12);
        }
        let mut singular = [[1.0, 1.0], [1.0, 1.0]];
        assert!(solve(&mut singular, &mut [1.0, 2.0], 2).is_none());
    }
}
