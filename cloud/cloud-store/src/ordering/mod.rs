//! What is to be ordered: a store's policy, what is said of single products, and proposals that people decide on.
//!
//! A store's proposals are replaced in one transaction, which holds the store's row and looks whether what they were made from is
//! still so: what is on its way, and what is proposed by a person. So nothing is ordered twice, however often proposals are made.

mod notices;
mod policy;
mod proposals;
mod rules;

use cloud_core::ledger::StockUnit;
use cloud_core::offers::{Pack, PackRule};
use domain::gtin::Gtin;
use domain::ids::{ProductId, StoreId};
use domain::money::Currency;
use domain::time::{BusinessDay, WallMs};
use rust_decimal::Decimal;

use crate::ids::{Actor, ForecastRunId, ProposalId, PurchaseOrderId, SupplierId};
use crate::sql::word_column;

/// How much it matters that a product is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceClass {
    /// Most of what is sold.
    A,
    /// What comes next.
    B,
    /// The rest.
    C,
}

word_column!(ServiceClass: A = "a", B = "b", C = "c");

/// How a store orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderingPolicy {
    /// Days from one order to the next.
    pub review_days: u32,
    /// The probability that what is there lasts until the next goods come, in basis points: of class A, B and C.
    pub service: [u32; 3],
    /// What may be ordered at once, in minor units of the store's currency; `None` is no limit.
    pub budget_minor: Option<i64>,
}

impl Default for OrderingPolicy {
    fn default() -> Self {
        Self { review_days: 3, service: [9_800, 9_500, 9_000], budget_minor: None }
    }
}

/// What is said of a product in a store; what is not said follows from its offers, its sales and the store's policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleDetails {
    /// Where it is bought.
    pub supplier: Option<SupplierId>,
    /// Days from the order to the goods.
    pub lead_days: Option<u32>,
    /// Days from one order to the next.
    pub review_days: Option<u32>,
    /// How much it matters.
    pub class: Option<ServiceClass>,
    /// Days that it can be sold for.
    pub shelf_life_days: Option<u32>,
    /// Pieces or grams that are to be there at least.
    pub stock_min: Option<u64>,
    /// Pieces or grams that there is room for.
    pub stock_max: Option<u64>,
}

/// A rule and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderingRule {
    /// Of which product.
    pub product: ProductId,
    /// What is said.
    pub details: RuleDetails,
    /// When it was changed last.
    pub updated_at: WallMs,
}

/// What something on its way belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PendingOf {
    /// An order, be it a draft.
    Order(PurchaseOrderId),
    /// A proposal that a person has changed.
    Proposal(ProposalId),
}

/// What of a product is on its way to a store, or will be once somebody sends what is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPurchase {
    /// What it belongs to.
    pub of: PendingOf,
    /// Of which product.
    pub product: ProductId,
    /// Pieces or grams.
    pub unit: StockUnit,
    /// How many are still to come.
    pub quantity: u64,
    /// When they are wanted.
    pub wanted_on: Option<BusinessDay>,
    /// When the order went to its supplier, or else was made.
    pub since: WallMs,
    /// From whom.
    pub supplier: SupplierId,
}

/// How far a proposal has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProposalState {
    /// Nobody has decided.
    Open,
    /// It became a draft of an order.
    Accepted,
    /// Somebody said no.
    Rejected,
    /// Nobody decided in time.
    Expired,
    /// A later run proposes otherwise.
    Replaced,
}

word_column!(ProposalState:
    Open = "open",
    Accepted = "accepted",
    Rejected = "rejected",
    Expired = "expired",
    Replaced = "replaced",
);

/// A line of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposalLine {
    /// Of which product.
    pub product: ProductId,
    /// The supplier's article number, or nothing.
    pub article: String,
    /// Its GTIN.
    pub gtin: Option<Gtin>,
    /// What the supplier calls it.
    pub name: String,
    /// Packs that were proposed.
    pub packs_proposed: u32,
    /// Packs that are to be ordered; none leaves the line out.
    pub packs: u32,
    /// How many packs may be ordered.
    pub rule: PackRule,
    /// What is in one.
    pub pack: Pack,
    /// Price of a pack without tax.
    pub pack_price: Decimal,
    /// The tax on it, in basis points, where it is known.
    pub tax_basis_points: Option<u32>,
    /// Why so much, as JSON.
    pub because: String,
}

/// A proposal as it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProposal {
    /// A new id.
    pub id: ProposalId,
    /// From whom.
    pub supplier: SupplierId,
    /// The currency of its prices.
    pub currency: Currency,
    /// The day on which it is to be ordered.
    pub order_on: BusinessDay,
    /// The day on which the goods would come.
    pub arrives_on: Option<BusinessDay>,
    /// Its lines.
    pub lines: Vec<ProposalLine>,
}

/// A proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// As it was made, with the packs that people have changed.
    pub proposal: NewProposal,
    /// For which store.
    pub store: StoreId,
    /// The run that it follows from.
    pub run: ForecastRunId,
    /// How far it has come.
    pub state: ProposalState,
    /// Whether a person has changed it.
    pub edited: bool,
    /// When it was made.
    pub made_at: WallMs,
    /// Until when somebody can decide.
    pub expires_at: WallMs,
    /// Who decided.
    pub decided_by: Option<Actor>,
    /// When.
    pub decided_at: Option<WallMs>,
    /// Why it was rejected.
    pub reason: String,
    /// The order that it became.
    pub purchase_order: Option<PurchaseOrderId>,
}

/// Which proposals.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProposalFilter {
    /// Those for this store.
    pub store: Option<StoreId>,
    /// Those that have come so far.
    pub state: Option<ProposalState>,
}
