//! What methods of forecasting are called where people read it.

use super::reasons::Tongue;

/// Names of methods: as they are kept, in English, in Russian.
const NAMES: &[(&str, &str, &str)] = &[
    ("seasonal_naive", "the same day of the last week", "тот же день прошлой недели"),
    ("historic_average", "the average of all days", "среднее всех дней"),
    ("window_average", "the average of the last weeks", "среднее последних недель"),
    ("seasonal_average", "the average of the same weekdays", "среднее тех же дней недели"),
    ("window_median", "the median of the last weeks", "медиана последних недель"),
    ("seasonal_median", "the median of the same weekdays", "медиана тех же дней недели"),
    ("ets", "exponential smoothing (ETS)", "экспоненциальное сглаживание (ETS)"),
    ("theta", "the Theta method", "метод Theta"),
    ("ces", "complex smoothing (CES)", "комплексное сглаживание (CES)"),
    ("mstl", "trend and week taken apart (MSTL)", "разложение на тренд и неделю (MSTL)"),
    ("ets_of_roots", "exponential smoothing of roots (ETS)", "экспоненциальное сглаживание корней (ETS)"),
    ("theta_of_roots", "the Theta method of roots", "метод Theta по корням"),
    ("ces_of_roots", "complex smoothing of roots (CES)", "комплексное сглаживание корней (CES)"),
    (
        "mstl_of_roots",
        "trend and week of roots taken apart (MSTL)",
        "разложение корней на тренд и неделю (MSTL)",
    ),
    ("croston", "rare sales (Croston)", "редкие продажи (Croston)"),
    ("croston_optimised", "rare sales (Croston, fitted)", "редкие продажи (Croston, с подбором)"),
    ("croston_sba", "rare sales (Croston, SBA)", "редкие продажи (Croston, SBA)"),
    ("tsb", "rare sales that end (TSB)", "редкие продажи, которые прекращаются (TSB)"),
    ("adida", "rare sales by longer spans (ADIDA)", "редкие продажи по длинным отрезкам (ADIDA)"),
    ("imapa", "rare sales by many spans (IMAPA)", "редкие продажи по разным отрезкам (IMAPA)"),
    ("global", "a model of all products", "общая модель всех товаров"),
    ("global_median", "a model of all products", "общая модель всех товаров"),
];

/// What a method is called; one that another version wrote keeps its own name.
pub(super) fn name(method: &str, tongue: Tongue) -> &str {
    let found = NAMES.iter().find(|(kept, ..)| *kept == method);
    found.map_or(method, |(_, en, ru)| if tongue == Tongue::En { en } else { ru })
}

#[cfg(test)]
mod tests {
    use cloud_demand::forecast::statistical::Statistical;

    use super::*;

    #[test]
    fn every_method_has_a_name_that_people_read() {
        for method in Statistical::ALL.iter().map(|one| one.as_str()).chain(["global", "global_median"]) {
            for tongue in [Tongue::En, Tongue::Ru] {
                assert_ne!(name(method, tongue), method);
            }
        }
        assert_eq!(name("of tomorrow", Tongue::Ru), "of tomorrow");
    }
}
