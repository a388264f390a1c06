//! The checkout's view as the JSON that the kiosk reads.

use std::collections::BTreeMap;

use domain::frame::PixelBox;
use domain::ids::ProductId;
use domain::observation::Unsettled;
use domain::product::Product;
use domain::quantity::{Measure, Quantity, UnitPrice};
use domain::sale::Identification;
use domain::tax::Totals;
use domain::text::LocalizedText;
use edge_core::view::{
    ApprovalView, ItemStatus, ItemView, LineView, PaymentReason, PaymentState, PaymentView, QuestionKind,
    QuestionView, ReceiptView,
};
use serde::Serialize;

use crate::clock::rfc3339;

/// A rectangle in pixels of the frame.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct BoundsBody {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

impl From<PixelBox> for BoundsBody {
    fn from(bounds: PixelBox) -> Self {
        Self { x: bounds.x, y: bounds.y, width: bounds.width, height: bounds.height }
    }
}

/// A product as lists show it.
#[derive(Debug, Clone, Serialize)]
pub struct ProductRef {
    product: String,
    name: BTreeMap<String, String>,
    picture: Option<String>,
    unit_price: PriceBody,
    age_limit: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f32>,
}

impl ProductRef {
    /// A product of the catalogue.
    pub fn of(product: &Product) -> Self {
        Self {
            product: product.id.to_string(),
            name: names(&product.name),
            picture: product.picture.as_ref().map(|_| picture_url(&product.id)),
            unit_price: product.price.into(),
            age_limit: product.age_limit,
            probability: None,
        }
    }

    /// The same, with how likely it is.
    pub fn with_probability(mut self, probability: f32) -> Self {
        self.probability = Some(probability);
        self
    }
}

#[derive(Debug, Clone, Copy, Serialize)]
struct PriceBody {
    minor: i64,
    per: &'static str,
}

impl From<UnitPrice> for PriceBody {
    fn from(price: UnitPrice) -> Self {
        let per = match price.per {
            Measure::Piece => "piece",
            Measure::Kilogram => "kilogram",
        };
        Self { minor: price.amount.minor, per }
    }
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum QuantityBody {
    Pieces(u32),
    Grams(u32),
}

impl From<Quantity> for QuantityBody {
    fn from(quantity: Quantity) -> Self {
        match quantity {
            Quantity::Pieces(pieces) => Self::Pieces(pieces),
            Quantity::Grams(grams) => Self::Grams(grams),
        }
    }
}

/// The `tray` section.
#[derive(Debug, Serialize)]
pub(crate) struct TrayBody {
    frame_width: u32,
    frame_height: u32,
    unsettled: Option<&'static str>,
    items: Vec<ItemBody>,
}

#[derive(Debug, Serialize)]
struct ItemBody {
    track: u64,
    bounds: BoundsBody,
    status: &'static str,
    product: Option<String>,
    line: Option<u32>,
}

impl TrayBody {
    pub(crate) fn new(frame_size: (u32, u32), unsettled: Option<Unsettled>, items: &[ItemView]) -> Self {
        let unsettled = unsettled.map(|reason| match reason {
            Unsettled::Moving => "moving",
            Unsettled::Blurred => "blurred",
            Unsettled::SceneChanged => "scene_changed",
        });
        let items = items.iter().map(ItemBody::new).collect();
        Self { frame_width: frame_size.0, frame_height: frame_size.1, unsettled, items }
    }
}

impl ItemBody {
    fn new(item: &ItemView) -> Self {
        let status = match item.status {
            ItemStatus::Sure => "sure",
            ItemStatus::Asking => "asking",
            ItemStatus::Weighing => "weighing",
            ItemStatus::Covered => "covered",
            ItemStatus::Ignored => "ignored",
            ItemStatus::Sold => "sold",
        };
        Self {
            track: item.track.0,
            bounds: item.bounds.into(),
            status,
            product: item.product.as_ref().map(ProductId::to_string),
            line: item.line.map(|line| line.0),
        }
    }
}

/// The `basket` section.
#[derive(Debug, Serialize)]
pub(crate) struct BasketBody {
    lines: Vec<LineBody>,
    item_count: u32,
    totals: TotalsBody,
}

impl BasketBody {
    pub(crate) fn new(lines: &[LineView], item_count: u32, totals: &Totals) -> Self {
        let lines = lines.iter().map(LineBody::new).collect();
        Self { lines, item_count, totals: TotalsBody::new(totals) }
    }
}

#[derive(Debug, Serialize)]
struct LineBody {
    line: u32,
    product: String,
    name: BTreeMap<String, String>,
    picture: Option<String>,
    unit_price: PriceBody,
    quantity: Option<QuantityBody>,
    amount_minor: Option<i64>,
    identified_by: &'static str,
    probability: Option<f32>,
    tracks: Vec<u64>,
    on_tray: bool,
    can_change_quantity: bool,
    age_limit: Option<u8>,
}

impl LineBody {
    fn new(line: &LineView) -> Self {
        let (identified_by, probability) = match line.identified_by {
            Identification::Vision { probability } => ("vision", Some(probability)),
            Identification::Candidate { probability, .. } => ("candidate", Some(probability)),
            Identification::Search => ("search", None),
            Identification::Barcode => ("barcode", None),
            Identification::Plu => ("plu", None),
            Identification::Staff => ("staff", None),
        };
        Self {
            line: line.line.0,
            product: line.product.to_string(),
            name: names(&line.name),
            picture: line.has_picture.then(|| picture_url(&line.product)),
            unit_price: line.unit_price.into(),
            quantity: line.quantity.map(Into::into),
            amount_minor: line.amount.map(|amount| amount.minor),
            identified_by,
            probability: probability.map(domain::observation::Probability::as_f32),
            tracks: line.tracks.iter().map(|track| track.0).collect(),
            on_tray: !line.tracks.is_empty(),
            can_change_quantity: line.can_change_quantity,
            age_limit: line.age_limit,
        }
    }
}

#[derive(Debug, Serialize)]
struct TotalsBody {
    net_minor: i64,
    tax_minor: i64,
    gross_minor: i64,
    taxes: Vec<TaxBody>,
}

#[derive(Debug, Serialize)]
struct TaxBody {
    code: String,
    rate_basis_points: u32,
    net_minor: i64,
    tax_minor: i64,
    gross_minor: i64,
}

impl TotalsBody {
    fn new(totals: &Totals) -> Self {
        let taxes = totals.taxes.iter().map(|tax| TaxBody {
            code: tax.code.to_string(),
            rate_basis_points: tax.rate.basis_points,
            net_minor: tax.net.minor,
            tax_minor: tax.tax.minor,
            gross_minor: tax.gross.minor,
        });
        Self {
            net_minor: totals.net.minor,
            tax_minor: totals.tax.minor,
            gross_minor: totals.gross.minor,
            taxes: taxes.collect(),
        }
    }
}

/// One entry of the `questions` section.
#[derive(Debug, Serialize)]
pub(crate) struct QuestionBody {
    question: u64,
    kind: &'static str,
    track: u64,
    line: Option<u32>,
    bounds: BoundsBody,
    candidates: Vec<ProductRef>,
}

impl QuestionBody {
    /// `product` looks candidates up in the generation being sold from.
    pub(crate) fn new<'a>(
        question: &QuestionView,
        product: impl Fn(&ProductId) -> Option<&'a Product>,
    ) -> Self {
        let candidates = question.candidates.iter().filter_map(|candidate| {
            let found = ProductRef::of(product(&candidate.product)?);
            Some(found.with_probability(candidate.probability.as_f32()))
        });
        Self {
            question: question.track.0,
            kind: match question.kind {
                QuestionKind::WhichProduct => "which_product",
                QuestionKind::Weigh => "weigh",
            },
            track: question.track.0,
            line: question.line.map(|line| line.0),
            bounds: question.bounds.into(),
            candidates: candidates.collect(),
        }
    }
}

/// The `approval` section.
#[derive(Debug, Serialize)]
pub(crate) struct ApprovalBody {
    kind: &'static str,
    age_limit: u8,
    lines: Vec<u32>,
    state: &'static str,
}

impl ApprovalBody {
    pub(crate) fn new(approval: &ApprovalView) -> Self {
        Self {
            kind: "age",
            age_limit: approval.age_limit,
            lines: approval.lines.iter().map(|line| line.0).collect(),
            state: if approval.approved { "approved" } else { "needed" },
        }
    }
}

/// The `payment` section.
#[derive(Debug, Serialize)]
pub(crate) struct PaymentBody {
    state: &'static str,
    amount_minor: i64,
    reason: Option<&'static str>,
}

impl PaymentBody {
    pub(crate) fn new(payment: PaymentView) -> Self {
        let (state, reason) = match payment.state {
            PaymentState::Preparing => ("preparing", None),
            PaymentState::Authorising => ("authorising", None),
            PaymentState::Querying => ("querying", None),
            PaymentState::Approved => ("approved", None),
            PaymentState::Declined(reason) => ("declined", Some(reason)),
            PaymentState::Failed(reason) => ("failed", Some(reason)),
        };
        let reason = reason.map(|reason| match reason {
            PaymentReason::DeclinedByIssuer => "declined_by_issuer",
            PaymentReason::CancelledByShopper => "cancelled_by_shopper",
            PaymentReason::TerminalUnavailable => "terminal_unavailable",
            PaymentReason::StorageFailed => "storage_failed",
        });
        Self { state, amount_minor: payment.amount.minor, reason }
    }
}

/// The `receipt` section.
#[derive(Debug, Serialize)]
pub(crate) struct ReceiptBody {
    sale: String,
    sequence: u64,
    completed_at: String,
    lines: Vec<LineBody>,
    totals: TotalsBody,
    authorisation: String,
    clear_tray: bool,
}

impl ReceiptBody {
    pub(crate) fn new(receipt: &ReceiptView) -> Self {
        Self {
            sale: receipt.sale.to_string(),
            sequence: receipt.sequence.0,
            completed_at: rfc3339(receipt.completed_at),
            lines: receipt.lines.iter().map(LineBody::new).collect(),
            totals: TotalsBody::new(&receipt.totals),
            authorisation: receipt.authorisation.clone(),
            clear_tray: receipt.clear_tray,
        }
    }
}

fn names(text: &LocalizedText) -> BTreeMap<String, String> {
    text.0.clone()
}

fn picture_url(product: &ProductId) -> String {
    format!("/api/v1/products/{product}/picture")
}
