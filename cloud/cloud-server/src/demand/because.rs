//! Why so much is proposed: as data for software, and as sentences for people.

use cloud_core::ledger::StockUnit;
use cloud_demand::replenish::because::Because;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::days::day_numbered;
use super::reasons::Tongue;

/// One reason of a line. Quantities are pieces or grams.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum LineReason {
    /// So much is expected to be sold until the delivery after this one.
    Demand {
        /// Over how many days, the day of the order included.
        days: u32,
        /// On average.
        quantity: i64,
    },
    /// Of it promotions that the forecast does not know of.
    Promotion {
        /// How much.
        quantity: i64,
    },
    /// The forecast ends before the delivery after this one: its last week was carried on.
    BeyondForecast {
        /// For so many days.
        days: u32,
    },
    /// So much more is held because demand may be more than its mean.
    Safety {
        /// With which probability it is to suffice.
        level: f64,
        /// Below zero where less than the mean is worth having.
        quantity: i64,
    },
    /// It spoils: a missed sale is weighed against a spoilt piece.
    Newsvendor {
        /// With which probability the last piece has to be sold in time.
        ratio: f64,
        /// Days on which it can be sold before the delivery after this one.
        days: u32,
    },
    /// There is no forecast: it is ordered at its reorder point.
    ReorderPoint {
        /// At which stock.
        minimum: i64,
        /// Up to which.
        maximum: i64,
    },
    /// So much is there.
    Stock {
        /// On hand.
        on_hand: i64,
        /// Of it to be there at least.
        reserved: i64,
    },
    /// Of what is there or under way so much will spoil before it is sold.
    Spoils {
        /// How much.
        quantity: i64,
    },
    /// So much is ordered or proposed already and comes in time.
    OnOrder {
        /// How much.
        quantity: i64,
    },
    /// So much comes too late to count.
    OnOrderLater {
        /// How much.
        quantity: i64,
    },
    /// So much should have come long ago and is not counted on.
    Overdue {
        /// How much.
        quantity: i64,
    },
    /// So much will be asked for in vain before anything can arrive.
    LostBefore {
        /// How much.
        quantity: i64,
    },
    /// Another product has more than it needs and can stand in.
    Substitute {
        /// The other.
        product: String,
        /// For how much.
        quantity: i64,
    },
    /// Packs hold more, or less, than is needed.
    RoundedToPack {
        /// What is needed.
        needed: i64,
        /// What the packs hold.
        quantity: i64,
    },
    /// A pack would spoil more than it earns.
    NotWorthAPack,
    /// There may be no more.
    Maximum {
        /// How much still may come.
        room: i64,
    },
    /// The budget was spent on what earns more.
    Budget {
        /// Packs that are needed.
        packs: i64,
    },
    /// More than is needed, so that the supplier's minimum is reached.
    FilledToMinimum {
        /// Packs beyond the need.
        packs: i64,
    },
    /// The supplier's minimum is not reached.
    WaitsForMinimum {
        /// What is missing to it, in minor units.
        missing_minor: i64,
    },
    /// The supplier takes no orders today.
    WaitsForOrderDay {
        /// The next day on which it does.
        day: String,
    },
    /// The supplier's calendar has no day on which it takes orders or delivers.
    NoDelivery,
}

impl LineReason {
    /// From what the arithmetic says; `product_of` names other products.
    pub(super) fn of(because: &Because, product_of: impl Fn(u64) -> String) -> Self {
        match because {
            Because::Demand { days, quantity } => Self::Demand { days: *days, quantity: *quantity },
            Because::Promotion { quantity } => Self::Promotion { quantity: *quantity },
            Because::BeyondForecast { days } => Self::BeyondForecast { days: *days },
            Because::Safety { level, quantity } => Self::Safety { level: *level, quantity: *quantity },
            Because::Newsvendor { ratio, days } => Self::Newsvendor { ratio: *ratio, days: *days },
            Because::ReorderPoint { minimum, maximum } => {
                Self::ReorderPoint { minimum: *minimum, maximum: *maximum }
            }
            Because::Stock { on_hand, reserved } => Self::Stock { on_hand: *on_hand, reserved: *reserved },
            Because::Spoils { quantity } => Self::Spoils { quantity: *quantity },
            Because::OnOrder { quantity } => Self::OnOrder { quantity: *quantity },
            Because::OnOrderLater { quantity } => Self::OnOrderLater { quantity: *quantity },
            Because::Overdue { quantity } => Self::Overdue { quantity: *quantity },
            Because::LostBefore { quantity } => Self::LostBefore { quantity: *quantity },
            Because::Substitute { item, quantity } => {
                Self::Substitute { product: product_of(*item), quantity: *quantity }
            }
            Because::RoundedToPack { needed, quantity } => {
                Self::RoundedToPack { needed: *needed, quantity: *quantity }
            }
            Because::NotWorthAPack => Self::NotWorthAPack,
            Because::Maximum { room } => Self::Maximum { room: *room },
            Because::Budget { packs } => Self::Budget { packs: *packs },
            Because::FilledToMinimum { packs } => Self::FilledToMinimum { packs: *packs },
            Because::WaitsForMinimum { missing_minor } => {
                Self::WaitsForMinimum { missing_minor: *missing_minor }
            }
            Because::WaitsForOrderDay { day } => {
                Self::WaitsForOrderDay { day: day_numbered(*day).to_string() }
            }
            Because::NoDelivery => Self::NoDelivery,
        }
    }

    /// As a sentence; quantities in pieces or kilograms.
    pub(crate) fn sentence(&self, unit: StockUnit, tongue: Tongue) -> String {
        let en = tongue == Tongue::En;
        let amount = |quantity: &i64| counted(*quantity, unit, tongue);
        match self {
            Self::Demand { days, quantity } if en => {
                format!(
                    "{} are expected to be sold within {days} days, until the delivery after this one.",
                    amount(quantity)
                )
            }
            Self::Demand { days, quantity } => {
                format!(
                    "До следующей за этой поставки (дней: {days}) ожидаются продажи: {}.",
                    amount(quantity)
                )
            }
            Self::Safety { level, quantity } => safety(*level, &amount(quantity), en),
            Self::Newsvendor { ratio, days } => newsvendor(*ratio, *days, en),
            Self::ReorderPoint { minimum, maximum } if en => {
                format!("There is no forecast: ordered at {}, up to {}.", amount(minimum), amount(maximum))
            }
            Self::ReorderPoint { minimum, maximum } => {
                format!("Прогноза нет: заказ при остатке {}, до {}.", amount(minimum), amount(maximum))
            }
            Self::Stock { on_hand, reserved } => {
                stock(&amount(on_hand), (*reserved > 0).then(|| amount(reserved)).as_deref(), en)
            }
            Self::RoundedToPack { needed, quantity } if en => {
                format!("{} are needed, and whole packs hold {}.", amount(needed), amount(quantity))
            }
            Self::RoundedToPack { needed, quantity } => {
                format!("Нужно {}, в целых упаковках {}.", amount(needed), amount(quantity))
            }
            Self::Substitute { product, quantity } if en => {
                format!("`{product}` has enough to stand in for {}.", amount(quantity))
            }
            Self::Substitute { product, quantity } => {
                format!("Товара «{product}» достаточно, чтобы заменить {}.", amount(quantity))
            }
            other => other.short(tongue, amount),
        }
    }

    /// Reasons that are a few words and a number.
    fn short(&self, tongue: Tongue, amount: impl Fn(&i64) -> String) -> String {
        let (en, ru, value) = match self {
            Self::Promotion { quantity } => ("Of it by promotions", "Из них за счёт акций", amount(quantity)),
            Self::Spoils { quantity } => {
                ("Expected to spoil before it is sold", "Испортится до продажи", amount(quantity))
            }
            Self::OnOrder { quantity } => {
                ("On its way already, and in time", "Уже в пути и успеет", amount(quantity))
            }
            Self::OnOrderLater { quantity } => {
                ("On its way, too late to count", "В пути, но придёт слишком поздно", amount(quantity))
            }
            Self::Overdue { quantity } => {
                ("Long overdue and not counted on", "Давно просрочено, в расчёт не взято", amount(quantity))
            }
            Self::LostBefore { quantity } => {
                ("Missed before anything can arrive", "Не хватит до прихода товара", amount(quantity))
            }
            Self::Maximum { room } => ("Room that is left", "Места осталось на", amount(room)),
            Self::Budget { packs } => (
                "The budget went to what earns more; packs needed",
                "Бюджет ушёл на более выгодное; нужно упаковок",
                packs.to_string(),
            ),
            Self::FilledToMinimum { packs } => (
                "Packs beyond the need, to reach the supplier's smallest order",
                "Упаковок сверх нужного, чтобы набрать минимальный заказ",
                packs.to_string(),
            ),
            Self::BeyondForecast { days } => (
                "Days beyond the forecast, for which its last week was carried on",
                "Дней за концом прогноза, для них продолжена его последняя неделя",
                days.to_string(),
            ),
            Self::WaitsForOrderDay { day } => {
                ("The supplier takes orders next on", "Поставщик примет заказ", day.clone())
            }
            other => return other.bare(tongue).to_owned(),
        };
        format!("{}: {value}.", if tongue == Tongue::En { en } else { ru })
    }

    /// Reasons without a number.
    fn bare(&self, tongue: Tongue) -> &'static str {
        match (self, tongue) {
            (Self::WaitsForMinimum { .. }, Tongue::En) => {
                "The supplier's smallest order is not reached, and waiting costs less."
            }
            (Self::WaitsForMinimum { .. }, Tongue::Ru) => "Минимальный заказ не набран, ждать дешевле.",
            (Self::NotWorthAPack, Tongue::En) => "A pack would spoil more than it earns.",
            (Self::NotWorthAPack, Tongue::Ru) => "Упаковка испортит больше, чем принесёт.",
            (_, Tongue::En) => "The supplier's calendar has no day of delivery.",
            (_, Tongue::Ru) => "В календаре поставщика нет дня поставки.",
        }
    }
}

fn safety(level: f64, amount: &str, en: bool) -> String {
    let percent = (level * 1_000.0).round() / 10.0;
    if en {
        format!("{amount} more, so that it suffices with {percent} % certainty.")
    } else {
        format!("Запас {amount}, чтобы хватило с вероятностью {percent} %.")
    }
}

fn newsvendor(ratio: f64, days: u32, en: bool) -> String {
    let percent = (ratio * 100.0).round();
    if en {
        format!("It spoils: within {days} days the last piece has to be sold with {percent} % certainty.")
    } else {
        format!(
            "Товар портится: за {days} дн. последняя единица должна продаться с вероятностью {percent} %."
        )
    }
}

fn stock(on_hand: &str, reserved: Option<&str>, en: bool) -> String {
    match (en, reserved) {
        (true, None) => format!("{on_hand} are there."),
        (true, Some(reserved)) => format!("{on_hand} are there, and {reserved} are to stay there."),
        (false, None) => format!("В наличии: {on_hand}."),
        (false, Some(reserved)) => format!("В наличии: {on_hand}, из них должно оставаться: {reserved}."),
    }
}

/// Pieces, or kilograms of what is weighed.
fn counted(quantity: i64, unit: StockUnit, tongue: Tongue) -> String {
    match (unit, tongue) {
        (StockUnit::Piece, Tongue::En) => format!("{quantity} pcs"),
        (StockUnit::Piece, Tongue::Ru) => format!("{quantity} шт"),
        (StockUnit::Gram, Tongue::En) => format!("{} kg", quantity as f64 / 1_000.0),
        (StockUnit::Gram, Tongue::Ru) => {
            format!("{} кг", (quantity as f64 / 1_000.0).to_string().replace('.', ","))
        }
    }
}

/// Reads what was kept; what another version wrote and this one does not know is none.
pub(crate) fn read(json: &str) -> Vec<LineReason> {
    let kept: Vec<serde_json::Value> = serde_json::from_str(json).unwrap_or_default();
    kept.into_iter().filter_map(|reason| serde_json::from_value(reason).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_a_sentence_in_both_languages_and_is_read_as_it_was_kept() {
        let all = [
            Because::Demand { days: 5, quantity: 40 },
            Because::Promotion { quantity: 3 },
            Because::BeyondForecast { days: 2 },
            Because::Safety { level: 0.98, quantity: 12 },
            Because::Newsvendor { ratio: 0.6, days: 3 },
            Because::ReorderPoint { minimum: 5, maximum: 20 },
            Because::Stock { on_hand: 7, reserved: 2 },
            Because::Spoils { quantity: 1 },
            Because::OnOrder { quantity: 12 },
            Because::OnOrderLater { quantity: 12 },
            Because::Overdue { quantity: 12 },
            Because::LostBefore { quantity: 4 },
            Because::Substitute { item: 3, quantity: 2 },
            Because::RoundedToPack { needed: 33, quantity: 36 },
            Because::NotWorthAPack,
            Because::Maximum { room: 9 },
            Because::Budget { packs: 2 },
            Because::FilledToMinimum { packs: 1 },
            Because::WaitsForMinimum { missing_minor: 900 },
            Because::WaitsForOrderDay { day: 20_000 },
            Because::NoDelivery,
        ];
        let told: Vec<LineReason> =
            all.iter().map(|because| LineReason::of(because, |item| format!("p{item}"))).collect();
        for reason in &told {
            for unit in [StockUnit::Piece, StockUnit::Gram] {
                let (en, ru) = (reason.sentence(unit, Tongue::En), reason.sentence(unit, Tongue::Ru));
                assert!(en.ends_with('.') && ru.ends_with('.'), "{en} {ru}");
                assert!(ru.chars().any(|letter| ('а'..='я').contains(&letter)), "{ru}");
            }
        }
        assert_eq!(read(&serde_json::to_string(&told).unwrap()), told);
        let weighed = LineReason::Stock { on_hand: 1_500, reserved: 0 };
        assert_eq!(weighed.sentence(StockUnit::Gram, Tongue::Ru), "В наличии: 1,5 кг.");
    }
}
