//! Why a forecast is what it is: as data for software, and as sentences for people.

use cloud_demand::forecast::all::{Cause, History, Outcome};
use cloud_demand::forecast::explain::{self, explain};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::learning::SEASON;
use super::method_words;
use super::series::Series;
use super::shelves::Shelf;

/// Products that another is compared with, as many as are told.
const ALIKE_MAX: usize = 3;
/// What changes a forecast by less than this is not told.
const NOTABLE: f64 = 0.02;

/// One reason of a forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Reason {
    /// The methods that it is by, with their weights.
    Methods {
        /// The heaviest first.
        parts: Vec<MethodPart>,
    },
    /// How it goes over the days of the week.
    Weekday {
        /// The strongest day, 0 is Monday.
        best: u8,
        /// The weakest, among those on which the shop is open.
        worst: u8,
        /// Each day of the week from Monday on, over the mean: 1.2 is a fifth more.
        factors: Vec<f64>,
    },
    /// Where it is going.
    Trend {
        /// What a day gains in a week, as a part of what it sells: 0.02 is two per cent more a week.
        share_per_week: f64,
    },
    /// It is bought on some days only.
    Seldom {
        /// The share of days on which it was sold.
        share_of_days: f64,
    },
    /// It has not sold for longer than its gaps let expect.
    Quiet {
        /// Days since it did.
        days: u32,
    },
    /// The shelf was empty, so that more was wanted than sold.
    EmptyShelf {
        /// On so many of the last 28 days, in part or all day.
        days: u32,
    },
    /// Holidays.
    Holiday {
        /// 1.2 is a fifth more than otherwise.
        factor: f64,
    },
    /// A price other than the usual one.
    Price {
        /// See `Holiday`.
        factor: f64,
    },
    /// A promotion.
    Promotion {
        /// See `Holiday`.
        factor: f64,
    },
    /// The time of the year.
    Season {
        /// See `Holiday`.
        factor: f64,
    },
    /// Too little was sold of it so far: it is forecast as those are that resemble it.
    Alike {
        /// Those that resemble it most.
        products: Vec<String>,
    },
}

/// A method and its weight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct MethodPart {
    /// Its name.
    pub(crate) method: String,
    /// From 0 to 1.
    pub(crate) weight: f64,
}

/// Languages that reasons are told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tongue {
    En,
    Ru,
}

/// Why a series is forecast as it is; `product_of` names other series.
pub(super) fn reasons(
    series: &Series,
    outcome: &Outcome,
    product_of: impl Fn(&usize) -> Option<String>,
) -> Vec<Reason> {
    let mut found = of_days(&series.history, outcome);
    found.extend(empty_shelf(&series.shelves));
    for cause in &outcome.causes {
        let factor = |factor: f64| Some(rounded(factor)).filter(|factor| (factor - 1.0).abs() >= NOTABLE);
        found.extend(match cause {
            Cause::Holiday { factor: by } => factor(*by).map(|factor| Reason::Holiday { factor }),
            Cause::Price { factor: by } => factor(*by).map(|factor| Reason::Price { factor }),
            Cause::Promotion { factor: by } => factor(*by).map(|factor| Reason::Promotion { factor }),
            Cause::Season { factor: by } => factor(*by).map(|factor| Reason::Season { factor }),
            Cause::Alike { ids } => {
                let products = ids.iter().filter_map(&product_of).take(ALIKE_MAX).collect();
                Some(Reason::Alike { products })
            }
        });
    }
    found
}

/// Why days alone are forecast as they are: by which methods, and what they say themselves.
pub(super) fn of_days(history: &History, outcome: &Outcome) -> Vec<Reason> {
    let part = |(method, weight): &(cloud_demand::forecast::choose::Method, f64)| MethodPart {
        method: method.as_str().to_owned(),
        weight: rounded(*weight),
    };
    let mut found = Vec::new();
    if !outcome.choice.parts.is_empty() {
        found.push(Reason::Methods { parts: outcome.choice.parts.iter().map(part).collect() });
    }
    found.extend(explained(history));
    found
}

fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// What the days themselves say.
fn explained(history: &History) -> Vec<Reason> {
    let found = explain(&history.values, SEASON);
    found.into_iter().filter_map(|one| told(one, history.end())).collect()
}

fn told(one: explain::Reason, end: i64) -> Option<Reason> {
    Some(match one {
        // What it sells now is what the forecast begins with.
        explain::Reason::Level { .. } => return None,
        explain::Reason::Trend { share, .. } => Reason::Trend { share_per_week: rounded(share) },
        explain::Reason::Intermittent { selling_share, .. } => {
            Reason::Seldom { share_of_days: rounded(selling_share) }
        }
        explain::Reason::Quiet { days } => Reason::Quiet { days: u32::try_from(days).unwrap_or(u32::MAX) },
        explain::Reason::Season { best, worst, factors, .. } => {
            // Its first day is the one after the history; ours is Monday, and 1970-01-01 was a Thursday.
            let weekday = |day: usize| (i64::try_from(day).unwrap_or(0) + end + 3).rem_euclid(7);
            let number = |day: usize| u8::try_from(weekday(day)).unwrap_or(0);
            let mut from_monday = vec![0.0; factors.len()];
            for (day, factor) in factors.iter().enumerate() {
                *from_monday.get_mut(usize::from(number(day)))? = rounded(*factor);
            }
            Reason::Weekday { best: number(best), worst: number(worst), factors: from_monday }
        }
    })
}

fn empty_shelf(shelves: &[Shelf]) -> Option<Reason> {
    let recent = &shelves[shelves.len().saturating_sub(28)..];
    let days = recent.iter().filter(|shelf| **shelf != Shelf::Stocked).count();
    (days > 0).then(|| Reason::EmptyShelf { days: u32::try_from(days).unwrap_or(u32::MAX) })
}

/// Reads what was kept; what another version wrote and this one does not know is none.
pub(crate) fn read(json: &str) -> Vec<Reason> {
    let kept: Vec<serde_json::Value> = serde_json::from_str(json).unwrap_or_default();
    kept.into_iter().filter_map(|reason| serde_json::from_value(reason).ok()).collect()
}

const DAYS_EN: [&str; 7] =
    ["Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"];
const DAYS_RU: [&str; 7] =
    ["понедельникам", "вторникам", "средам", "четвергам", "пятницам", "субботам", "воскресеньям"];

impl Reason {
    /// As a sentence.
    pub(crate) fn sentence(&self, tongue: Tongue) -> String {
        let en = tongue == Tongue::En;
        let day = |day: u8| {
            let days = if en { DAYS_EN } else { DAYS_RU };
            days.get(usize::from(day)).copied().unwrap_or_default()
        };
        match self {
            Self::Methods { parts } => {
                let names: Vec<String> = parts.iter().map(|part| method_words(part, tongue)).collect();
                let names = names.join("; ");
                if en {
                    format!("Forecast by {names}.")
                } else {
                    format!("Метод прогноза: {names}.")
                }
            }
            Self::Weekday { best, worst, factors } => {
                let (up, down) = (percent(factors, *best), percent(factors, *worst));
                let (best, worst) = (day(*best), day(*worst));
                if en {
                    format!("Most is sold on {best} ({up} of an average day), least on {worst} ({down}).")
                } else {
                    format!(
                        "Больше всего продаётся по {best} ({up} от среднего дня), меньше всего по {worst} ({down})."
                    )
                }
            }
            Self::Trend { share_per_week } => {
                let by = change(1.0 + share_per_week);
                if en {
                    format!("It changes by {by} a week.")
                } else {
                    format!("Меняется на {by} в неделю.")
                }
            }
            Self::Quiet { days } => {
                if en {
                    format!("It has not sold for {days} days, longer than usual.")
                } else {
                    format!("Не продаётся дольше обычного, дней: {days}.")
                }
            }
            Self::Seldom { share_of_days } => {
                let share = (share_of_days * 100.0).round();
                if en {
                    format!("It is bought on {share} % of days only.")
                } else {
                    format!("Покупают лишь в {share} % дней.")
                }
            }
            Self::EmptyShelf { days } => {
                if en {
                    format!("Of the last 28 days it was sold out on {days}: more was wanted than sold.")
                } else {
                    format!("За последние 28 дней товар заканчивался, дней: {days}. Спрос был выше продаж.")
                }
            }
            Self::Alike { products } => alike(en, &products.join(", ")),
            Self::Holiday { factor } => moved(en, ("Holidays", "Праздники"), *factor),
            Self::Price { factor } => moved(en, ("The price", "Цена"), *factor),
            Self::Promotion { factor } => moved(en, ("A promotion", "Акция"), *factor),
            Self::Season { factor } => moved(en, ("The time of the year", "Время года"), *factor),
        }
    }
}

fn alike(en: bool, products: &str) -> String {
    match (en, products.is_empty()) {
        (true, false) => format!("It is new: forecast after products like it ({products})."),
        (true, true) => "It is new: forecast after products like it.".to_owned(),
        (false, false) => format!("Новый товар: прогноз по похожим ({products})."),
        (false, true) => "Новый товар: прогноз по похожим.".to_owned(),
    }
}

fn moved(en: bool, (what_en, what_ru): (&str, &str), factor: f64) -> String {
    let by = change(factor);
    if en { format!("{what_en}: {by}.") } else { format!("{what_ru}: {by}.") }
}

fn change(factor: f64) -> String {
    let percent = ((factor - 1.0) * 100.0).round();
    if percent < 0.0 { format!("\u{2212}{} %", -percent) } else { format!("+{percent} %") }
}

fn percent(factors: &[f64], day: u8) -> String {
    format!("{} %", (factors.get(usize::from(day)).copied().unwrap_or(0.0) * 100.0).round())
}

fn method_words(part: &MethodPart, tongue: Tongue) -> String {
    let name = method_words::name(&part.method, tongue);
    if part.weight >= 0.995 {
        return name.to_owned();
    }
    format!("{name} ({} %)", (part.weight * 100.0).round())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_week_by_its_own_days_and_the_empty_shelf() {
        // 20,000 days after 1970-01-01 was a Wednesday; Saturdays sell twice as much.
        let value = |day: i64| if (day + 3).rem_euclid(7) == 5 { 20.0 } else { 10.0 };
        for end in 20_070..20_077 {
            let history = History {
                values: (20_000..end).map(value).collect(),
                first_day: 20_000,
                ..History::default()
            };
            let found = explained(&history);
            let week = found.iter().find_map(|one| match one {
                Reason::Weekday { best, factors, .. } => Some((*best, factors.clone())),
                _ => None,
            });
            let (best, factors) = week.unwrap();
            assert!(best == 5 && factors[5] > 1.5 && factors[0] < 1.0, "{end}: {factors:?}");
        }
        assert_eq!(
            empty_shelf(&[Shelf::Stocked, Shelf::RanOut, Shelf::Empty]),
            Some(Reason::EmptyShelf { days: 2 })
        );
        assert_eq!(explained(&History::default()), []);
    }

    #[test]
    fn every_reason_is_a_sentence_in_both_languages_and_is_read_as_it_was_kept() {
        let all = vec![
            Reason::Methods { parts: vec![MethodPart { method: "global".to_owned(), weight: 0.6 }] },
            Reason::Weekday { best: 5, worst: 0, factors: vec![0.5, 1.0, 1.0, 1.0, 1.0, 1.5, 1.0] },
            Reason::Trend { share_per_week: -0.1 },
            Reason::Quiet { days: 30 },
            Reason::Seldom { share_of_days: 0.1 },
            Reason::EmptyShelf { days: 3 },
            Reason::Holiday { factor: 1.2 },
            Reason::Price { factor: 0.8 },
            Reason::Promotion { factor: 1.4 },
            Reason::Season { factor: 1.1 },
            Reason::Alike { products: vec!["milk".to_owned()] },
        ];
        for reason in &all {
            let (en, ru) = (reason.sentence(Tongue::En), reason.sentence(Tongue::Ru));
            assert!(en.ends_with('.') && ru.ends_with('.') && en != ru, "{en} {ru}");
            assert!(ru.chars().any(|letter| ('а'..='я').contains(&letter)), "{ru}");
        }
        assert_eq!(all[2].sentence(Tongue::En), "It changes by \u{2212}10 % a week.");
        let mut kept = serde_json::to_value(&all).unwrap();
        kept.as_array_mut().unwrap().push(serde_json::json!({"kind": "of_a_later_version"}));
        assert_eq!(read(&kept.to_string()), all);
    }
}
