//! Why an item is ordered, and why not more or less. Words are made of it elsewhere.

/// One reason. Quantities are pieces or grams.
#[derive(Debug, Clone, PartialEq)]
pub enum Because {
    /// So much is expected to be sold until the delivery after this one.
    Demand {
        /// Over how many days, today included.
        days: u32,
        /// The mean.
        quantity: i64,
    },
    /// Of it promotions that the forecast does not know of are to bring so much.
    Promotion {
        /// Over the mean without them.
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
    /// It spoils: what a missed sale costs against what a spoilt one does says how much is worth having.
    Newsvendor {
        /// The share of lost margin in both: with which probability the last piece has to be sold in time.
        ratio: f64,
        /// Days on which ordered goods can be sold before the delivery after this one.
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
        /// Of it promised.
        reserved: i64,
    },
    /// Of what is there or under way so much will spoil before it is sold.
    Spoils {
        /// How much is expected to.
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
    /// So much will be asked for in vain before anything can arrive, and is not ordered any more.
    LostBefore {
        /// How much is expected to be.
        quantity: i64,
    },
    /// Another item has more than it needs and can stand in.
    Substitute {
        /// The other.
        item: u64,
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
    /// The supplier's minimum is not reached, and waiting costs less than buying more.
    WaitsForMinimum {
        /// What is missing to it, in minor units.
        missing_minor: i64,
    },
    /// The supplier takes no orders today.
    WaitsForOrderDay {
        /// The next day on which it does.
        day: i64,
    },
    /// The supplier's calendar has no day on which it takes orders or delivers.
    NoDelivery,
}
