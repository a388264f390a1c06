//! Which products matter and which are hard to foresee: ABC by value, XYZ by how much demand varies from week to week.

use std::cmp::Reverse;

/// Days that are added up before they are compared: within a week demand varies for reasons that everybody knows.
const WEEK: usize = 7;

/// What a product sold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turnover<'a> {
    /// The caller's number.
    pub id: u64,
    /// What it brought over the time that is looked at, in minor units: turnover or margin.
    pub value_minor: i64,
    /// What was sold of it each day, oldest first.
    pub days: &'a [f64],
}

/// How much a product matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// The few that bring most.
    A,
    /// Those in between.
    B,
    /// The many that bring little.
    C,
}

/// How hard a product's demand is to foresee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variability {
    /// Each week is much as the other.
    X,
    /// Weeks differ.
    Y,
    /// Some weeks bring much and others nothing.
    Z,
}

/// What a product is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class {
    /// How much it matters.
    pub value: Value,
    /// How hard it is to foresee.
    pub variability: Variability,
}

/// Where classes end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The share of all value that A products bring, in ten-thousandths.
    pub a_basis_points: u32,
    /// That which A and B products bring together.
    pub b_basis_points: u32,
    /// The coefficient of variation of weekly demand up to which a product is X.
    pub x_variation: f64,
    /// And up to which it is Y.
    pub y_variation: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { a_basis_points: 8_000, b_basis_points: 9_500, x_variation: 0.5, y_variation: 1.0 }
    }
}

/// On which share of days demand until the next delivery shall be met, for each class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ServiceLevels {
    /// Rows A, B, C; columns X, Y, Z.
    pub levels: [[f64; 3]; 3],
}

impl Default for ServiceLevels {
    fn default() -> Self {
        Self { levels: [[0.99, 0.98, 0.97], [0.98, 0.96, 0.94], [0.96, 0.94, 0.90]] }
    }
}

impl ServiceLevels {
    /// The level of a class.
    pub fn of(&self, class: Class) -> f64 {
        self.levels[class.value as usize][class.variability as usize]
    }
}

/// The class of each product, in the order they were given.
///
/// Products are taken from the most valuable down; the one with which the limit of A is reached is still A, and so for B. What brought
/// nothing is C.
pub fn classify(products: &[Turnover<'_>], limits: &Limits) -> Vec<Class> {
    let mut order: Vec<usize> = (0..products.len()).collect();
    order.sort_by_key(|place| (Reverse(products[*place].value_minor), products[*place].id));
    let total: i128 = products.iter().map(|product| i128::from(product.value_minor.max(0))).sum();
    let mut classes = vec![Class { value: Value::C, variability: Variability::Z }; products.len()];
    let mut before: i128 = 0;
    for place in order {
        let value = i128::from(products[place].value_minor.max(0));
        let below = |basis_points: u32| before * 10_000 < total * i128::from(basis_points);
        classes[place].value = match () {
            () if value == 0 => Value::C,
            () if below(limits.a_basis_points) => Value::A,
            () if below(limits.b_basis_points) => Value::B,
            () => Value::C,
        };
        classes[place].variability = variability(products[place].days, limits);
        before += value;
    }
    classes
}

/// By the coefficient of variation of whole weeks, the newest last; fewer than two weeks say nothing and count as hard to foresee.
fn variability(days: &[f64], limits: &Limits) -> Variability {
    let weeks: Vec<f64> = days.rchunks_exact(WEEK).map(|week| week.iter().sum()).collect();
    let mean = weeks.iter().sum::<f64>() / weeks.len() as f64;
    if weeks.len() < 2 || mean <= 0.0 {
        return Variability::Z;
    }
    let squares: f64 = weeks.iter().map(|week| (week - mean).powi(2)).sum();
    let variation = (squares / (weeks.len() - 1) as f64).sqrt() / mean;
    if variation <= limits.x_variation {
        Variability::X
    } else if variation <= limits.y_variation {
        Variability::Y
    } else {
        Variability::Z
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_few_that_bring_most_are_a() {
        let steady = [1.0; 28];
        let values = [800, 0, 100, 60, 40];
        let products: Vec<Turnover<'_>> = values
            .iter()
            .zip(0..)
            .map(|(value_minor, id)| Turnover { id, value_minor: *value_minor, days: &steady })
            .collect();
        let classes = classify(&products, &Limits::default());
        let letters: Vec<Value> = classes.iter().map(|class| class.value).collect();
        assert_eq!(letters, [Value::A, Value::C, Value::B, Value::B, Value::C]);
        assert!(classes.iter().all(|class| class.variability == Variability::X));
    }

    #[test]
    fn weeks_that_differ_are_hard_to_foresee() {
        let limits = Limits::default();
        let weekly = |weeks: &[f64]| -> Vec<f64> {
            weeks.iter().flat_map(|week| [*week, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]).collect()
        };
        assert_eq!(variability(&weekly(&[10.0, 11.0, 9.0, 10.0]), &limits), Variability::X);
        assert_eq!(variability(&weekly(&[10.0, 2.0, 18.0, 6.0]), &limits), Variability::Y);
        assert_eq!(variability(&weekly(&[0.0, 0.0, 20.0, 0.0]), &limits), Variability::Z);
        assert_eq!(variability(&[1.0; 7], &limits), Variability::Z);
    }

    #[test]
    fn a_matrix_says_which_level_a_class_has() {
        let levels = ServiceLevels::default();
        assert!((levels.of(Class { value: Value::B, variability: Variability::Z }) - 0.94).abs() < 1e-12);
    }
}
