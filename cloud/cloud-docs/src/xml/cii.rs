//! UN/CEFACT's messages: Cross Industry Invoice (D16B), Order-X, and the draft of it that ZUGFeRD 1 is.

use rust_decimal::Decimal;

use crate::document::{
    Adjustment, DocumentKind, Field, Format, Line, ParsedDocument, Party, TaxShare, Totals,
};
use crate::notes;
use crate::reading::Limits;
use crate::xml::kinds;
use crate::xml::tree::Node;
use crate::xml::values::{
    Values, adjustment, attribute, first, gln, gtin, joined, place, text, without_blanks,
};

/// What the messages call the same parts.
struct Names {
    document: &'static str,
    transaction: &'static str,
    agreement: &'static str,
    delivery: &'static str,
    settlement: &'static str,
    line_agreement: &'static str,
    line_delivery: &'static str,
    line_settlement: &'static str,
    format: Format,
}

const D16B: Names = Names {
    document: "ExchangedDocument",
    transaction: "SupplyChainTradeTransaction",
    agreement: "ApplicableHeaderTradeAgreement",
    delivery: "ApplicableHeaderTradeDelivery",
    settlement: "ApplicableHeaderTradeSettlement",
    line_agreement: "SpecifiedLineTradeAgreement",
    line_delivery: "SpecifiedLineTradeDelivery",
    line_settlement: "SpecifiedLineTradeSettlement",
    format: Format::Cii,
};

const ZUGFERD_1: Names = Names {
    document: "HeaderExchangedDocument",
    transaction: "SpecifiedSupplyChainTradeTransaction",
    agreement: "ApplicableSupplyChainTradeAgreement",
    delivery: "ApplicableSupplyChainTradeDelivery",
    settlement: "ApplicableSupplyChainTradeSettlement",
    line_agreement: "SpecifiedSupplyChainTradeAgreement",
    line_delivery: "SpecifiedSupplyChainTradeDelivery",
    line_settlement: "SpecifiedSupplyChainTradeSettlement",
    format: Format::Zugferd1,
};

/// Root of Order-X.
const ORDER: &str = "SCRDMCCBDACIOMessageStructure";
/// Elements of amounts that stand in both a line and the header.
const SUMMATIONS: [&str; 2] =
    ["SpecifiedTradeSettlementHeaderMonetarySummation", "SpecifiedTradeSettlementMonetarySummation"];

/// Maps an invoice or an order.
pub(super) fn document(root: &Node, limits: &Limits) -> ParsedDocument {
    mapped(root, &D16B, limits)
}

/// Maps ZUGFeRD 1.
pub(super) fn zugferd_1(root: &Node, limits: &Limits) -> ParsedDocument {
    mapped(root, &ZUGFERD_1, limits)
}

fn mapped(root: &Node, names: &Names, limits: &Limits) -> ParsedDocument {
    let transaction = root.part(names.transaction);
    let mut values = Values::default();
    let mut document = ParsedDocument::empty(names.format);
    head(root, names, &mut document, &mut values);
    agreed(transaction.part(names.agreement), &mut document);
    delivered(transaction.part(names.delivery), &mut document, &mut values);
    settled(transaction.part(names.settlement), &mut document, &mut values);
    let mut groups = Vec::new();
    let nodes = transaction.all("IncludedSupplyChainTradeLineItem");
    document.lines = values.lines(nodes, limits, |values, node| line(node, names, &mut groups, values));
    document.kind = Some(kind(root, names, &document, &mut values));
    values.into(document)
}

fn kind(root: &Node, names: &Names, document: &ParsedDocument, values: &mut Values) -> Field<DocumentKind> {
    let due = document.totals.due();
    let Some(code) = root.part(names.document).text_at("TypeCode") else {
        let kind = if root.name == ORDER { DocumentKind::Order } else { DocumentKind::Invoice };
        values.warn(notes::kind_missing());
        return Field { confidence: 0.5, ..Field::structured(kind) };
    };
    let kind = kinds::by_code(&code, due, values);
    // ZUGFeRD 1 has no code for a credit note: the sign says it.
    let gives_back = kind.value == DocumentKind::Invoice && due.is_some_and(|due| due < Decimal::ZERO);
    if names.format == Format::Zugferd1 && gives_back { kind.with(DocumentKind::CreditNote) } else { kind }
}

fn head(root: &Node, names: &Names, document: &mut ParsedDocument, values: &mut Values) {
    const GUIDELINE: &str = "GuidelineSpecifiedDocumentContextParameter/ID";
    let contexts = ["ExchangedDocumentContext", "SpecifiedExchangedDocumentContext"];
    document.producer = contexts.iter().find_map(|context| root.child(context)?.text_at(GUIDELINE));
    let head = root.part(names.document);
    document.number = text(head, &["ID"]);
    document.issued = values.moment(head, &["IssueDateTime"]);
    let period = ["EffectiveSpecifiedPeriod/StartDateTime", "EffectiveSpecifiedPeriod/EndDateTime"];
    document.valid_from = values.moment(head, &period[..1]);
    document.valid_to = values.moment(head, &period[1..]);
}

fn agreed(agreement: &Node, document: &mut ParsedDocument) {
    document.supplier = party(agreement.child("SellerTradeParty"));
    document.buyer = party(agreement.child("BuyerTradeParty"));
    document.order_number = referenced(agreement, &["BuyerOrderReferencedDocument"]);
}

fn delivered(delivery: &Node, document: &mut ParsedDocument, values: &mut Values) {
    // An invoice says when it came; an order asks when it should.
    document.delivered = values.moment(
        delivery,
        &[
            "ActualDeliverySupplyChainEvent/OccurrenceDateTime",
            "RequestedDeliverySupplyChainEvent/OccurrenceDateTime",
            "RequestedDeliverySupplyChainEvent/OccurrenceSpecifiedPeriod/EndDateTime",
            "RequestedDespatchSupplyChainEvent/OccurrenceDateTime",
        ],
    );
    let notes = ["DespatchAdviceReferencedDocument", "DeliveryNoteReferencedDocument"];
    document.delivery_note_number = referenced(delivery, &notes);
}

fn settled(settlement: &Node, document: &mut ParsedDocument, values: &mut Values) {
    document.currency = text(settlement, &["InvoiceCurrencyCode", "OrderCurrencyCode"]);
    document.due = values.moment(settlement, &["SpecifiedTradePaymentTerms/DueDateDateTime"]);
    let (from, to) = ("BillingSpecifiedPeriod/StartDateTime", "BillingSpecifiedPeriod/EndDateTime");
    document.valid_from = values.moment(settlement, &[from]).or(document.valid_from.take());
    document.valid_to = values.moment(settlement, &[to]).or(document.valid_to.take());
    document.corrects_number = referenced(settlement, &["InvoiceReferencedDocument"]);
    // An account outside of IBAN's countries has a number of its bank's own.
    let accounts = ["IBANID", "ProprietaryID"]
        .map(|id| format!("SpecifiedTradeSettlementPaymentMeans/PayeePartyCreditorFinancialAccount/{id}"));
    document.supplier.iban = text(settlement, &accounts.each_ref().map(String::as_str)).map(without_blanks);
    document.adjustments = adjustments(settlement, values);
    document.taxes = settlement.all("ApplicableTradeTax").map(|tax| tax_share(tax, values)).collect();
    let summation = settlement.one_of(&SUMMATIONS);
    // Some programs leave the currency to the amounts.
    let of_amount = || attribute(summation.part("GrandTotalAmount"), "currencyID");
    document.currency = document.currency.take().or_else(of_amount);
    let currency = document.currency.as_ref().map(|currency| currency.value.as_str());
    document.totals = totals(summation, currency, values);
}

fn totals(summation: &Node, currency: Option<&str>, values: &mut Values) -> Totals {
    // The tax may be said a second time in the currency of the tax office.
    let in_currency =
        |tax: &&Node| tax.attribute("currencyID").is_none_or(|code| currency.is_none_or(|c| c == code));
    let taxes = || summation.all("TaxTotalAmount");
    let tax = taxes().find(in_currency).or_else(|| taxes().next()).and_then(Node::words);
    Totals {
        lines: values.amount(summation, &["LineTotalAmount"]),
        discounts: values.amount(summation, &["AllowanceTotalAmount"]),
        charges: values.amount(summation, &["ChargeTotalAmount"]),
        net: values.amount(summation, &["TaxBasisTotalAmount"]),
        tax: tax.and_then(|tax| values.number("TaxTotalAmount", &tax)),
        gross: values.amount(summation, &["GrandTotalAmount"]),
        prepaid: values.amount(summation, &["TotalPrepaidAmount"]),
        rounding: values.amount(summation, &["RoundingAmount"]),
        payable: values.amount(summation, &["DuePayableAmount"]),
    }
}

fn party(node: Option<&Node>) -> Party {
    let Some(node) = node else { return Party::default() };
    let tax_ids = || node.all("SpecifiedTaxRegistration").filter_map(|registration| registration.child("ID"));
    // The VAT number says more than the number of the local tax office.
    let is_vat = |id: &&Node| id.attribute("schemeID").as_deref() == Some("VA");
    let tax_id = tax_ids().find(is_vat).or_else(|| tax_ids().next()).and_then(Node::words);
    let address = node.part("PostalTradeAddress");
    let line = |name: &str| address.text_at(name);
    let contact = node.part("DefinedTradeContact");
    let by_mail = |id: &&Node| id.attribute("schemeID").as_deref() == Some("EM");
    let electronic = node.at("URIUniversalCommunication/URIID").filter(by_mail).and_then(Node::words);
    Party {
        name: text(node, &["Name"]),
        tax_id: tax_id.map(Field::structured).map(without_blanks),
        registration_id: text(node, &["SpecifiedLegalOrganization/ID"]),
        gln: node.all("GlobalID").chain(node.at("URIUniversalCommunication/URIID")).find_map(gln),
        address: joined(&[
            line("LineOne"),
            line("LineTwo"),
            line("LineThree"),
            place(line("PostcodeCode"), line("CityName")),
            line("CountrySubDivisionName"),
        ]),
        country: text(address, &["CountryID"]),
        email: text(contact, &["EmailURIUniversalCommunication/URIID"]).or(electronic.map(Field::structured)),
        phone: text(contact, &["TelephoneUniversalCommunication/CompleteNumber"]),
        iban: None,
    }
}

/// The number of another document; ZUGFeRD 1 calls it otherwise.
fn referenced(node: &Node, documents: &[&str]) -> Option<Field<String>> {
    documents
        .iter()
        .find_map(|name| node.all(name).find_map(|document| text(document, &["IssuerAssignedID", "ID"])))
}

fn adjustments(node: &Node, values: &mut Values) -> Vec<Adjustment> {
    let mut all = Vec::new();
    for one in node.all("SpecifiedTradeAllowanceCharge") {
        let Some(amount) = values.amount(one, &["ActualAmount"]) else { continue };
        let is_charge = first(one, &["ChargeIndicator/Indicator", "ChargeIndicator"])
            .is_some_and(|(_, flag)| is_yes(&flag));
        all.push(Adjustment {
            percent: values.amount(one, &["CalculationPercent"]).map(|percent| percent.value),
            reason: first(one, &["Reason", "ReasonCode"]).map(|(_, reason)| reason),
            ..adjustment(is_charge, amount)
        });
    }
    // Freight and packing have an element of their own in the extended profiles.
    for service in node.all("SpecifiedLogisticsServiceCharge") {
        let Some(amount) = values.amount(service, &["AppliedAmount"]) else { continue };
        all.push(Adjustment { reason: service.text_at("Description"), ..adjustment(true, amount) });
    }
    all
}

fn is_yes(flag: &str) -> bool {
    matches!(flag, "true" | "1")
}

fn tax_share(tax: &Node, values: &mut Values) -> TaxShare {
    TaxShare {
        rate: values.amount(tax, &["RateApplicablePercent", "ApplicablePercent"]),
        category: text(tax, &["CategoryCode"]),
        basis: values.amount(tax, &["BasisAmount"]),
        amount: values.amount(tax, &["CalculatedAmount"]),
    }
}

/// Maps a line. Lines that only head others become their section; lines that only inform are none of goods.
fn line(node: &Node, names: &Names, groups: &mut Vec<(String, String)>, values: &mut Values) -> Option<Line> {
    let head = node.part("AssociatedDocumentLineDocument");
    let product = node.part("SpecifiedTradeProduct");
    let position = text(head, &["LineID"]);
    let name = text(product, &["Name"]);
    let parent = head.text_at("ParentLineID");
    match head.text_at("LineStatusReasonCode").as_deref() {
        Some("GROUP") => {
            groups.extend(position.map(|id| (id.value, name.map(|name| name.value).unwrap_or_default())));
            return None;
        }
        Some("INFORMATION") => return None,
        _ => {}
    }
    let section =
        parent.and_then(|parent| groups.iter().find(|(id, _)| *id == parent).map(|(_, name)| name.clone()));
    let (delivery, settlement) = (node.part(names.line_delivery), node.part(names.line_settlement));
    let mut line = Line { position, name, section, ..Line::default() };
    goods(product, &mut line, values);
    price(node.part(names.line_agreement), &mut line, values);
    values.quantity(delivery.one_of(&["BilledQuantity", "AgreedQuantity", "RequestedQuantity"]), &mut line);
    line.adjustments = adjustments(settlement, values);
    line.tax_rate = values.amount(
        settlement,
        &["ApplicableTradeTax/RateApplicablePercent", "ApplicableTradeTax/ApplicablePercent"],
    );
    line.tax_amount = values.amount(settlement, &["ApplicableTradeTax/CalculatedAmount"]);
    let summation = settlement.one_of(&[
        "SpecifiedTradeSettlementLineMonetarySummation",
        "SpecifiedTradeSettlementMonetarySummation",
    ]);
    line.net_amount = values.amount(summation, &["LineTotalAmount"]);
    line.gross_amount = values.amount(summation, &["GrandTotalAmount"]);
    // ZUGFeRD 1 keeps notes between the lines as lines of no goods.
    let is_goods = line.name.is_some() || line.quantity.is_some() || line.net_amount.is_some();
    is_goods.then_some(line)
}

fn goods(product: &Node, line: &mut Line, values: &mut Values) {
    line.description = text(product, &["Description"]);
    line.supplier_article = text(product, &["SellerAssignedID"]);
    line.buyer_article = text(product, &["BuyerAssignedID"]);
    line.gtin = product.all("GlobalID").find_map(gtin);
    let instance = product.part("IndividualTradeProductInstance");
    line.lot = text(instance, &["BatchID"]);
    line.expires = values.moment(instance, &["ExpiryDateTime", "BestBeforeDateTime", "SellByDateTime"]);
}

fn price(agreement: &Node, line: &mut Line, values: &mut Values) {
    let (net, gross) = ("NetPriceProductTradePrice", "GrossPriceProductTradePrice");
    let price = agreement.child(net).filter(|price| price.text_at("ChargeAmount").is_some());
    // Without discounts the price before them is the price.
    let undiscounted = |price: &&Node| price.child("AppliedTradeAllowanceCharge").is_none();
    let Some(price) = price.or_else(|| agreement.child(gross).filter(undiscounted)) else { return };
    line.unit_price = values.amount(price, &["ChargeAmount"]);
    line.price_basis = values.amount(price, &["BasisQuantity"]);
}
