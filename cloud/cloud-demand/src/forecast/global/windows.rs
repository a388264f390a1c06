//! Sums over any stretch of days in a step each. Days on which the shop was closed say nothing and are left out.

/// Running sums of a series.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Windows {
    values: Vec<f64>,
    /// What the first so many days sum to: one more than there are days.
    sums: Vec<f64>,
    squares: Vec<f64>,
    zeros: Vec<u32>,
    open: Vec<u32>,
    /// The last day with a sale before each day.
    last_sale: Vec<Option<usize>>,
}

impl Windows {
    /// Sums `values`; a day that `open` does not tell of is open.
    pub(super) fn new(values: &[f64], open: &[bool]) -> Self {
        let days = values.len() + 1;
        let mut made = Self {
            values: values.to_vec(),
            sums: vec![0.0; days],
            squares: vec![0.0; days],
            zeros: vec![0; days],
            open: vec![0; days],
            last_sale: vec![None; days],
        };
        for (day, value) in values.iter().enumerate() {
            let is_open = open.get(day).copied().unwrap_or(true);
            let counted = if is_open { *value } else { 0.0 };
            made.sums[day + 1] = made.sums[day] + counted;
            made.squares[day + 1] = made.squares[day] + counted * counted;
            made.zeros[day + 1] = made.zeros[day] + u32::from(is_open && *value <= 0.0);
            made.open[day + 1] = made.open[day] + u32::from(is_open);
            made.last_sale[day + 1] = if *value > 0.0 { Some(day) } else { made.last_sale[day] };
        }
        made
    }

    fn open(&self, from: usize, to: usize) -> Option<f64> {
        let open = self.open[self.clamp(to)].checked_sub(self.open[self.clamp(from)])?;
        (open > 0).then_some(f64::from(open))
    }

    fn clamp(&self, day: usize) -> usize {
        day.min(self.values.len())
    }

    /// The mean of the open days from `from` up to, but without, `to`.
    pub(super) fn mean(&self, from: usize, to: usize) -> Option<f64> {
        let open = self.open(from, to)?;
        // Differences of sums may miss zero by a hair.
        Some(((self.sums[self.clamp(to)] - self.sums[self.clamp(from)]) / open).max(0.0))
    }

    /// The share of open days without a sale.
    pub(super) fn zero_share(&self, from: usize, to: usize) -> Option<f64> {
        let open = self.open(from, to)?;
        Some(f64::from(self.zeros[self.clamp(to)] - self.zeros[self.clamp(from)]) / open)
    }

    /// The standard deviation of the open days.
    pub(super) fn deviation(&self, from: usize, to: usize) -> Option<f64> {
        let open = self.open(from, to)?;
        let mean = self.mean(from, to)?;
        let square = (self.squares[self.clamp(to)] - self.squares[self.clamp(from)]) / open;
        Some((square - mean * mean).max(0.0).sqrt())
    }

    /// The mean of some days, of those that were open.
    pub(super) fn mean_of(&self, days: impl Iterator<Item = usize>) -> Option<f64> {
        let open = days.filter_map(|day| self.mean(day, day + 1));
        let (sum, count) = open.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
        (count > 0).then(|| sum / f64::from(count))
    }

    /// The share of some open days that sold nothing.
    pub(super) fn zero_share_of(&self, days: impl Iterator<Item = usize>) -> Option<f64> {
        let open = days.filter_map(|day| self.mean(day, day + 1));
        let (zeros, count) =
            open.fold((0, 0), |(zeros, count), value| (zeros + i32::from(value <= 0.0), count + 1));
        (count > 0).then(|| f64::from(zeros) / f64::from(count))
    }

    /// How many days ago the last sale was when `known` days are known.
    pub(super) fn days_since_sale(&self, known: usize) -> Option<usize> {
        let known = self.clamp(known);
        Some(known - self.last_sale[known]?)
    }
}
