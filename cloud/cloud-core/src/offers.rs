//! What suppliers ask for goods, and which offer is the cheapest for what is wanted.
//!
//! Prices are decimals without tax: suppliers quote parts of a cent. An offer is of packs; what is wanted is pieces or grams.

use std::collections::BTreeSet;

use domain::money::{Currency, Money};
use domain::time::BusinessDay;
use rust_decimal::{Decimal, RoundingStrategy};
use thiserror::Error;

use crate::ledger::StockUnit;

/// The most packs of one line, and the most pieces or grams in one pack: together as much as the ledger takes.
pub const PACKS_MAX: u32 = 100_000;
/// See [`PACKS_MAX`].
pub const CONTENT_MAX: u32 = 10_000_000;
/// Digits behind the point of a price of one piece or gram.
const UNIT_PRICE_DIGITS: u32 = 6;
/// Days that are looked at for a delivery: a calendar without any open day ends here.
const DAYS_AHEAD_MAX: u32 = 400;

/// What one pack holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pack {
    /// How many pieces or grams.
    pub content: u32,
    /// Which of both.
    pub unit: StockUnit,
}

/// How many packs may be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PackRule {
    /// At least so many.
    pub at_least: u32,
    /// And a multiple of so many.
    pub multiple_of: u32,
}

/// When a price holds; no day is no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Validity {
    /// The first day.
    pub from: Option<BusinessDay>,
    /// The last day.
    pub to: Option<BusinessDay>,
}

/// When a supplier comes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delivery {
    /// Days from the order to the goods.
    pub lead_days: u32,
    /// Days of the week on which it comes, Monday in the lowest of seven bits; none set is every day.
    pub weekdays: u8,
    /// Days on which it does not.
    pub closed: BTreeSet<BusinessDay>,
}

/// A supplier, as far as comparing offers goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// Why nothing is bought there.
    pub blacklisted: Option<String>,
    /// The smallest order that it takes.
    pub order_min: Option<Money>,
    /// When it comes.
    pub delivery: Delivery,
}

/// What a supplier asks for packs of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The pack.
    pub pack: Pack,
    /// How many of them may be ordered.
    pub rule: PackRule,
    /// Price of a pack without tax.
    pub pack_price: Decimal,
    /// Its currency.
    pub currency: Currency,
    /// When it holds.
    pub validity: Validity,
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// How many pieces or grams.
    pub quantity: u64,
    /// Which of both.
    pub unit: StockUnit,
    /// The currency that prices are compared in: there are no exchange rates here.
    pub currency: Currency,
    /// The day of the order.
    pub on: BusinessDay,
}

/// What an offer comes to for what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Packs to order.
    pub packs: u32,
    /// Pieces or grams that come with them.
    pub quantity: u64,
    /// What they cost without tax.
    pub amount: Decimal,
    /// Price of each piece or gram that comes.
    pub unit_price: Decimal,
    /// The amount over what was wanted: what each wanted piece or gram costs once packs and minima are bought along.
    pub landed_unit_price: Decimal,
    /// How much is missing to the supplier's smallest order; it may be filled with other goods.
    pub missing_to_order_min: Option<Decimal>,
    /// The first day on which the goods can be there; `None` where the supplier's calendar has none.
    pub arrives: Option<BusinessDay>,
}

/// Why an offer is not compared.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LeftOut {
    /// Nothing is bought from this supplier.
    #[error("the supplier is on the blacklist: {0}")]
    Blacklisted(String),
    /// It holds later.
    #[error("it holds from {0} on")]
    NotYet(BusinessDay),
    /// It held earlier.
    #[error("it held until {0}")]
    Expired(BusinessDay),
    /// A later price of the same article holds.
    #[error("a newer price of the same article holds")]
    Superseded,
    /// It is weighed where pieces are wanted, or the reverse.
    #[error("it is sold in another unit than is wanted")]
    OtherUnit,
    /// Its price is in another currency.
    #[error("its price is in {0}, and there are no exchange rates here")]
    OtherCurrency(Currency),
    /// More packs than an order takes.
    #[error("it would take more than {PACKS_MAX} packs")]
    TooMany,
}

impl Validity {
    /// Whether it holds on a day, or why not.
    pub fn check(self, on: BusinessDay) -> Result<(), LeftOut> {
        match self {
            Self { from: Some(from), .. } if on < from => Err(LeftOut::NotYet(from)),
            Self { to: Some(to), .. } if on > to => Err(LeftOut::Expired(to)),
            _ => Ok(()),
        }
    }
}

impl PackRule {
    /// The fewest packs that may be ordered and hold so much.
    pub fn packs_for(self, pack: Pack, quantity: u64) -> Option<u32> {
        let content = u64::from(pack.content.max(1));
        let step = u64::from(self.multiple_of.max(1));
        let packs = quantity.div_ceil(content).max(u64::from(self.at_least)).max(1);
        let packs = packs.div_ceil(step).checked_mul(step)?;
        u32::try_from(packs).ok().filter(|packs| *packs <= PACKS_MAX)
    }

    /// Whether so many packs may be ordered, or what is wrong with them.
    pub fn check(self, packs: u32) -> Result<(), String> {
        let step = self.multiple_of.max(1);
        if packs < self.at_least {
            return Err(format!(
                "{packs} packs are fewer than the {} that the supplier sells at once",
                self.at_least
            ));
        }
        if !packs.is_multiple_of(step) {
            return Err(format!("{packs} packs are no multiple of {step}, in which the supplier sells"));
        }
        Ok(())
    }
}

/// What an offer comes to, or why it is left out.
pub fn quote(offer: &Offer, terms: &Terms, wanted: &Wanted) -> Result<Quote, LeftOut> {
    if let Some(reason) = &terms.blacklisted {
        return Err(LeftOut::Blacklisted(reason.clone()));
    }
    offer.validity.check(wanted.on)?;
    if offer.pack.unit != wanted.unit {
        return Err(LeftOut::OtherUnit);
    }
    if offer.currency != wanted.currency {
        return Err(LeftOut::OtherCurrency(offer.currency));
    }
    let packs = offer.rule.packs_for(offer.pack, wanted.quantity).ok_or(LeftOut::TooMany)?;
    let quantity = u64::from(packs) * u64::from(offer.pack.content);
    let amount = offer.pack_price.checked_mul(packs.into()).ok_or(LeftOut::TooMany)?;
    let missing = terms.order_min.filter(|least| least.currency == wanted.currency).and_then(|least| {
        let missing = Decimal::new(least.minor, least.currency.exponent()) - amount;
        (missing > Decimal::ZERO).then_some(missing)
    });
    Ok(Quote {
        packs,
        quantity,
        amount: amount.normalize(),
        unit_price: share(amount, quantity),
        landed_unit_price: share(amount, wanted.quantity),
        missing_to_order_min: missing.map(|missing| missing.normalize()),
        arrives: terms.delivery.first_day(wanted.on),
    })
}

/// Puts quotes in order: the cheapest for what is wanted first, then the one that brings more, then the one that comes earlier.
pub fn sort<T>(quotes: &mut [(T, Quote)]) {
    quotes.sort_by(|(_, a), (_, b)| {
        let late = |quote: &Quote| (quote.arrives.is_none(), quote.arrives);
        a.amount.cmp(&b.amount).then_with(|| b.quantity.cmp(&a.quantity)).then_with(|| late(a).cmp(&late(b)))
    });
}

/// An amount over a number of pieces or grams, as far as people read it: six digits.
pub fn share(amount: Decimal, over: u64) -> Decimal {
    let price = amount / Decimal::from(over.max(1));
    price.round_dp_with_strategy(UNIT_PRICE_DIGITS, RoundingStrategy::MidpointAwayFromZero).normalize()
}

impl Delivery {
    /// The first day on which what is ordered on `on` can come.
    pub fn first_day(&self, on: BusinessDay) -> Option<BusinessDay> {
        let mut day = (0..self.lead_days.min(DAYS_AHEAD_MAX)).fold(on, |day, _| next_day(day));
        for _ in 0..DAYS_AHEAD_MAX {
            let comes = self.weekdays & 0x7f == 0 || self.weekdays & (1 << weekday(day)) != 0;
            if comes && !self.closed.contains(&day) {
                return Some(day);
            }
            day = next_day(day);
        }
        None
    }
}

/// The day after.
fn next_day(day: BusinessDay) -> BusinessDay {
    let leap = day.year % 4 == 0 && (day.year % 100 != 0 || day.year % 400 == 0);
    let days = match day.month {
        2 => 28 + u8::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    match (day.day < days, day.month < 12) {
        (true, _) => BusinessDay { day: day.day + 1, ..day },
        (false, true) => BusinessDay { month: day.month + 1, day: 1, ..day },
        (false, false) => BusinessDay { year: day.year.saturating_add(1), month: 1, day: 1 },
    }
}

/// Day of the week, Monday 0 (Sakamoto's method).
fn weekday(day: BusinessDay) -> u32 {
    const SHIFT: [i32; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
    let month = i32::from(day.month.clamp(1, 12));
    let year = i32::from(day.year) - i32::from(month < 3);
    let shift = SHIFT[usize::try_from(month - 1).unwrap_or(0)];
    let sunday_first = (year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + shift
        + i32::from(day.day))
    .rem_euclid(7);
    (sunday_first + 6).rem_euclid(7).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i16, month: u8, day: u8) -> BusinessDay {
        BusinessDay { year, month, day }
    }

    fn euro() -> Currency {
        Currency::new("EUR").unwrap()
    }

    fn offer(content: u32, at_least: u32, multiple_of: u32, price: &str) -> Offer {
        Offer {
            pack: Pack { content, unit: StockUnit::Piece },
            rule: PackRule { at_least, multiple_of },
            pack_price: price.parse().unwrap(),
            currency: euro(),
            validity: Validity { from: Some(day(2026, 1, 1)), to: Some(day(2026, 12, 31)) },
        }
    }

    fn wanted(quantity: u64) -> Wanted {
        Wanted { quantity, unit: StockUnit::Piece, currency: euro(), on: day(2026, 11, 22) }
    }

    #[test]
    fn packs_minima_and_multiples_count_into_the_landed_price() {
        for (offer, want, packs, amount, unit, landed) in [
            (offer(1, 1, 1, "0.0345"), 10, 10, "0.345", "0.0345", "0.0345"),
            (offer(12, 1, 1, "6.00"), 10, 1, "6", "0.5", "0.6"),
            (offer(6, 4, 1, "3.00"), 10, 4, "12", "0.5", "1.2"),
            (offer(6, 1, 5, "3.00"), 31, 10, "30", "0.5", "0.967742"),
        ] {
            let quote = quote(&offer, &Terms::default(), &wanted(want)).unwrap();
            assert_eq!(quote.packs, packs);
            let shown =
                [quote.amount, quote.unit_price, quote.landed_unit_price].map(|price| price.to_string());
            assert_eq!(shown, [amount, unit, landed]);
        }
    }

    #[test]
    fn says_why_an_offer_is_left_out() {
        let good = offer(1, 1, 1, "1");
        let barred = Terms { blacklisted: Some("sold spoilt milk".to_owned()), ..Terms::default() };
        assert_eq!(
            quote(&good, &barred, &wanted(1)).unwrap_err(),
            LeftOut::Blacklisted("sold spoilt milk".to_owned())
        );
        let on = |year| Wanted { on: day(year, 6, 1), ..wanted(1) };
        assert_eq!(quote(&good, &Terms::default(), &on(2027)), Err(LeftOut::Expired(day(2026, 12, 31))));
        assert_eq!(quote(&good, &Terms::default(), &on(2025)), Err(LeftOut::NotYet(day(2026, 1, 1))));
        let grams = Wanted { unit: StockUnit::Gram, ..wanted(1) };
        assert_eq!(quote(&good, &Terms::default(), &grams), Err(LeftOut::OtherUnit));
        let rouble = Currency::new("RUB").unwrap();
        let elsewhere = Wanted { currency: rouble, ..wanted(1) };
        assert_eq!(quote(&good, &Terms::default(), &elsewhere), Err(LeftOut::OtherCurrency(euro())));
        assert_eq!(quote(&good, &Terms::default(), &wanted(u64::MAX)), Err(LeftOut::TooMany));
    }

    #[test]
    fn the_cheapest_for_what_is_wanted_comes_first() {
        let mut quotes: Vec<_> = [("case", offer(24, 1, 1, "9.60")), ("single", offer(1, 1, 1, "0.50"))]
            .map(|(name, offer)| (name, quote(&offer, &Terms::default(), &wanted(20)).unwrap()))
            .into();
        quotes.push(("more", quote(&offer(30, 1, 1, "9.60"), &Terms::default(), &wanted(20)).unwrap()));
        sort(&mut quotes);
        assert_eq!(quotes.iter().map(|quote| quote.0).collect::<Vec<_>>(), ["more", "case", "single"]);
    }

    #[test]
    fn tells_what_is_missing_to_the_smallest_order() {
        let terms = Terms { order_min: Some(Money::new(50_00, euro())), ..Terms::default() };
        let missing =
            |want| quote(&offer(1, 1, 1, "1.50"), &terms, &wanted(want)).unwrap().missing_to_order_min;
        assert_eq!(missing(10), Some("35".parse().unwrap()));
        assert_eq!(missing(34), None);
    }

    #[test]
    fn goods_come_on_open_days_of_the_calendar() {
        // 2026-11-22 is a Sunday.
        let on = day(2026, 11, 22);
        assert_eq!(weekday(on), 6);
        assert_eq!(weekday(day(2024, 2, 29)), 3);
        let tuesdays = Delivery { lead_days: 2, weekdays: 0b10, closed: [day(2026, 11, 24)].into() };
        assert_eq!(tuesdays.first_day(on), Some(day(2026, 12, 1)));
        assert_eq!(Delivery::default().first_day(day(2026, 12, 31)), Some(day(2026, 12, 31)));
        let next = Delivery { lead_days: 1, ..Delivery::default() };
        assert_eq!(next.first_day(day(2026, 12, 31)), Some(day(2027, 1, 1)));
        assert_eq!(next.first_day(day(2028, 2, 28)), Some(day(2028, 2, 29)));
    }
}
