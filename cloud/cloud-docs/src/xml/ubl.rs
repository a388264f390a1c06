//! OASIS UBL 2: invoices and credit notes (XRechnung, Peppol), orders and their answers, despatch advices, catalogues.

use crate::document::{
    Adjustment, DocumentKind, Field, Format, Line, ParsedDocument, Party, TaxShare, Totals,
};
use crate::reading::Limits;
use crate::xml::kinds;
use crate::xml::tree::Node;
use crate::xml::values::{Values, adjustment, attribute, gln, gtin, joined, place, text, without_blanks};

/// What Peppol wants in the place of an order number where there is none.
const NO_ORDER: &str = "NA";

/// Maps a document of any of the kinds.
pub(super) fn document(root: &Node, limits: &Limits) -> ParsedDocument {
    let mut values = Values::default();
    let mut document = ParsedDocument::empty(Format::Ubl);
    head(root, &mut document, &mut values);
    dates(root, &mut document, &mut values);
    parties(root, &mut document);
    document.adjustments = adjustments(root, &mut values);
    taxes(root, &mut document, &mut values);
    document.totals = Totals { tax: document.totals.tax.take(), ..totals(root, &mut values) };
    let nodes = root.children.iter().filter_map(line_node);
    document.lines = values.lines(nodes, limits, |values, node| Some(line(node, values)));
    document.currency = document.currency.take().or_else(|| priced_in(root));
    document.kind = Some(kind(root, &document, &mut values));
    values.into(document)
}

/// The root says what it is; an invoice or credit note may say it more closely.
fn kind(root: &Node, document: &ParsedDocument, values: &mut Values) -> Field<DocumentKind> {
    let kind = match root.name.as_str() {
        "Order" => DocumentKind::Order,
        "OrderResponse" => DocumentKind::OrderConfirmation,
        "DespatchAdvice" => DocumentKind::DeliveryNote,
        "Catalogue" => DocumentKind::PriceList,
        "CreditNote" => DocumentKind::CreditNote,
        _ => match root.text_at("InvoiceTypeCode") {
            Some(code) => return kinds::by_code(&code, document.totals.due(), values),
            None => DocumentKind::Invoice,
        },
    };
    Field::structured(kind)
}

fn head(root: &Node, document: &mut ParsedDocument, values: &mut Values) {
    document.producer = root.text_at("CustomizationID").or_else(|| root.text_at("ProfileID"));
    document.number = text(root, &["ID"]);
    document.issued = values.date(root, &["IssueDate"]);
    document.currency = text(root, &["DocumentCurrencyCode", "PricingCurrencyCode"]);
    // An order's own reference is to the order that it replaces.
    let order = ["OrderReference/ID", "OrderDocumentReference/ID"];
    document.order_number = text(root, &order).filter(|number| number.value != NO_ORDER);
    document.delivery_note_number = text(root, &["DespatchDocumentReference/ID"]);
    document.corrects_number = text(
        root,
        &["BillingReference/InvoiceDocumentReference/ID", "BillingReference/CreditNoteDocumentReference/ID"],
    );
}

/// A catalogue says its currency at its prices only.
fn priced_in(root: &Node) -> Option<Field<String>> {
    root.children
        .iter()
        .filter_map(line_node)
        .find_map(|line| attribute(price(line).part("PriceAmount"), "currencyID"))
}

fn dates(root: &Node, document: &mut ParsedDocument, values: &mut Values) {
    document.due =
        values.date(root, &["DueDate", "PaymentMeans/PaymentDueDate", "PaymentTerms/PaymentDueDate"]);
    document.delivered = values.date(
        root,
        &[
            "Delivery/ActualDeliveryDate",
            "Shipment/Delivery/ActualDeliveryDate",
            "Shipment/Delivery/EstimatedDeliveryPeriod/EndDate",
            "Shipment/Delivery/Despatch/ActualDespatchDate",
            "Delivery/PromisedDeliveryPeriod/EndDate",
            "Delivery/RequestedDeliveryPeriod/EndDate",
            "Delivery/RequestedDeliveryPeriod/StartDate",
        ],
    );
    document.valid_from = values.date(root, &["InvoicePeriod/StartDate", "ValidityPeriod/StartDate"]);
    document.valid_to = values.date(root, &["InvoicePeriod/EndDate", "ValidityPeriod/EndDate"]);
}

fn parties(root: &Node, document: &mut ParsedDocument) {
    const SUPPLIERS: [&str; 5] = [
        "AccountingSupplierParty",
        "SellerSupplierParty",
        "DespatchSupplierParty",
        "ProviderParty",
        "SupplierParty",
    ];
    const BUYERS: [&str; 5] = [
        "AccountingCustomerParty",
        "BuyerCustomerParty",
        "DeliveryCustomerParty",
        "ReceiverParty",
        "CustomerParty",
    ];
    document.supplier = party(root.one_of(&SUPPLIERS));
    document.buyer = party(root.one_of(&BUYERS));
    document.supplier.iban = text(root, &["PaymentMeans/PayeeFinancialAccount/ID"]).map(without_blanks);
}

fn party(role: &Node) -> Party {
    // Catalogues put the party itself where the others wrap it.
    let node = role.child("Party").unwrap_or(role);
    let legal = node.part("PartyLegalEntity");
    let contact = node.child("Contact").unwrap_or_else(|| {
        role.one_of(&[
            "AccountingContact",
            "SellerContact",
            "DespatchContact",
            "DeliveryContact",
            "BuyerContact",
        ])
    });
    let endpoint = node.part("EndpointID");
    let identifications = node.all("PartyIdentification").filter_map(|one| one.child("ID"));
    let endpoint_mail = endpoint.words().filter(|_| endpoint.attribute("schemeID").as_deref() == Some("EM"));
    Party {
        // The registered name is the seller's (BT-27); the other is what it trades under (BT-28).
        name: text(legal, &["RegistrationName"]).or_else(|| text(node, &["PartyName/Name"])),
        tax_id: tax_id(node).map(without_blanks),
        registration_id: text(legal, &["CompanyID"]),
        gln: identifications.chain([endpoint]).find_map(gln),
        address: address(node.part("PostalAddress")),
        country: text(node, &["PostalAddress/Country/IdentificationCode"]),
        email: text(contact, &["ElectronicMail"]).or(endpoint_mail.map(Field::structured)),
        phone: text(contact, &["Telephone"]),
        iban: None,
    }
}

/// The VAT number says more than the number of the local tax office.
fn tax_id(party: &Node) -> Option<Field<String>> {
    let is_vat =
        |scheme: &&Node| scheme.text_at("TaxScheme/ID").is_some_and(|id| id.eq_ignore_ascii_case("VAT"));
    let schemes = || party.all("PartyTaxScheme").filter(|scheme| scheme.text_at("CompanyID").is_some());
    text(schemes().find(is_vat).or_else(|| schemes().next())?, &["CompanyID"])
}

fn address(node: &Node) -> Option<Field<String>> {
    let part = |name: &str| node.text_at(name);
    // Peppol has one line for the street and its number; UBL has an element for each.
    let street = match (part("StreetName"), part("BuildingNumber")) {
        (Some(street), Some(number)) => Some(format!("{street} {number}")),
        (street, number) => street.or(number),
    };
    joined(&[
        street,
        part("AdditionalStreetName"),
        part("AddressLine/Line"),
        place(part("PostalZone"), part("CityName")),
        part("CountrySubentity"),
    ])
}

fn adjustments(node: &Node, values: &mut Values) -> Vec<Adjustment> {
    let mut all = Vec::new();
    for one in node.all("AllowanceCharge") {
        let Some(amount) = values.amount(one, &["Amount"]) else { continue };
        let is_charge = matches!(one.text_at("ChargeIndicator").as_deref(), Some("true" | "1"));
        all.push(Adjustment {
            percent: values.amount(one, &["MultiplierFactorNumeric"]).map(|percent| percent.value),
            reason: text(one, &["AllowanceChargeReason", "AllowanceChargeReasonCode"])
                .map(|reason| reason.value),
            ..adjustment(is_charge, amount)
        });
    }
    all
}

/// The tax may be said a second time in the currency of the tax office.
fn taxes(root: &Node, document: &mut ParsedDocument, values: &mut Values) {
    let currency = document.currency.as_ref().map(|currency| currency.value.as_str());
    let in_currency = |total: &&Node| {
        let code = total.part("TaxAmount").attribute("currencyID");
        code.is_none_or(|code| currency.is_none_or(|currency| currency == code))
    };
    let totals = || root.all("TaxTotal");
    let Some(total) = totals().find(in_currency).or_else(|| totals().next()) else { return };
    document.totals.tax = values.amount(total, &["TaxAmount"]);
    document.taxes = total.all("TaxSubtotal").map(|share| tax_share(share, values)).collect();
}

fn tax_share(share: &Node, values: &mut Values) -> TaxShare {
    TaxShare {
        rate: values.amount(share, &["TaxCategory/Percent", "Percent"]),
        category: text(share, &["TaxCategory/ID"]),
        basis: values.amount(share, &["TaxableAmount"]),
        amount: values.amount(share, &["TaxAmount"]),
    }
}

fn totals(root: &Node, values: &mut Values) -> Totals {
    let total = root.one_of(&["LegalMonetaryTotal", "AnticipatedMonetaryTotal", "RequestedMonetaryTotal"]);
    Totals {
        lines: values.amount(total, &["LineExtensionAmount"]),
        discounts: values.amount(total, &["AllowanceTotalAmount"]),
        charges: values.amount(total, &["ChargeTotalAmount"]),
        net: values.amount(total, &["TaxExclusiveAmount"]),
        tax: None,
        gross: values.amount(total, &["TaxInclusiveAmount"]),
        prepaid: values.amount(total, &["PrepaidAmount"]),
        rounding: values.amount(total, &["PayableRoundingAmount"]),
        payable: values.amount(total, &["PayableAmount"]),
    }
}

/// The element that a line's values stand in; orders wrap it once more.
fn line_node(node: &Node) -> Option<&Node> {
    match node.name.as_str() {
        "InvoiceLine" | "CreditNoteLine" | "DespatchLine" | "CatalogueLine" => Some(node),
        "OrderLine" => node.child("LineItem"),
        _ => None,
    }
}

fn line(node: &Node, values: &mut Values) -> Line {
    let item = node.part("Item");
    let mut line = Line { position: text(node, &["ID"]), ..Line::default() };
    goods(item, &mut line, values);
    let quantities = ["InvoicedQuantity", "CreditedQuantity", "DeliveredQuantity", "Quantity"];
    values.quantity(node.one_of(&quantities), &mut line);
    let price =
        node.child("Price").unwrap_or_else(|| node.part("RequiredItemLocationQuantity").part("Price"));
    line.unit_price = values.amount(price, &["PriceAmount"]);
    line.price_basis = values.amount(price, &["BaseQuantity"]);
    // A catalogue has no quantities: what its price is for says the unit.
    let priced_in =
        || attribute(price.part("BaseQuantity"), "unitCode").or_else(|| text(node, &["OrderableUnit"]));
    if line.unit.is_none() {
        values.unit(priced_in(), &mut line);
    }
    line.adjustments = adjustments(node, values);
    let rates = ["ClassifiedTaxCategory/Percent", "TaxTotal/TaxSubtotal/TaxCategory/Percent"];
    line.tax_rate = values.amount(item, &rates[..1]).or_else(|| values.amount(node, &rates[1..]));
    line.tax_amount = values.amount(node, &["TaxTotal/TaxAmount"]);
    line.net_amount = values.amount(node, &["LineExtensionAmount"]);
    line
}

fn price(line: &Node) -> &Node {
    line.child("Price").unwrap_or_else(|| line.part("RequiredItemLocationQuantity").part("Price"))
}

fn goods(item: &Node, line: &mut Line, values: &mut Values) {
    // Before EN 16931 many wrote the name where its description stands now.
    line.name = text(item, &["Name", "Description"]);
    line.description = text(item, &["Description"]).filter(|_| item.text_at("Name").is_some());
    line.supplier_article = text(item, &["SellersItemIdentification/ID"]);
    line.buyer_article = text(item, &["BuyersItemIdentification/ID"]);
    line.gtin = item.all("StandardItemIdentification").filter_map(|one| one.child("ID")).find_map(gtin);
    line.lot = text(item, &["ItemInstance/LotIdentification/LotNumberID", "LotIdentification/LotNumberID"]);
    let expiry = [
        "ItemInstance/LotIdentification/ExpiryDate",
        "ItemInstance/BestBeforeDate",
        "LotIdentification/ExpiryDate",
    ];
    line.expires = values.date(item, &expiry);
}
