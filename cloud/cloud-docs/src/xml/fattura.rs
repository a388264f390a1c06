//! FatturaPA 1.2 (Agenzia delle Entrate): one header, and a body for each invoice of a lot.

use rust_decimal::Decimal;

use crate::document::{
    Adjustment, DocumentKind, Field, Format, Line, Origin, ParsedDocument, Party, TaxShare,
};
use crate::reading::Limits;
use crate::units;
use crate::xml::tree::Node;
use crate::xml::values::{Values, adjustment, joined, place, text, without_blanks};

/// Kinds of article numbers that stand for a GTIN.
const GTIN_KINDS: [&str; 3] = ["EAN", "GTIN", "UPC"];

/// Maps each body to a document.
pub(super) fn documents(root: &Node, limits: &Limits) -> Vec<ParsedDocument> {
    let header = root.part("FatturaElettronicaHeader");
    let bodies: Vec<&Node> = root.all("FatturaElettronicaBody").collect();
    let mut documents: Vec<ParsedDocument> =
        bodies.iter().map(|body| document(root, header, body, limits)).collect();
    if documents.len() > 1 {
        for (index, document) in documents.iter_mut().enumerate() {
            document.path = format!("FatturaElettronicaBody[{}]", index + 1);
        }
    }
    documents
}

fn document(root: &Node, header: &Node, body: &Node, limits: &Limits) -> ParsedDocument {
    let mut values = Values::default();
    let mut document = ParsedDocument::empty(Format::FatturaPa);
    document.producer = root.attribute("versione").map(|version| format!("FatturaPA {version}"));
    document.supplier = party(header.part("CedentePrestatore"));
    document.buyer = party(header.part("CessionarioCommittente"));
    general(body.part("DatiGenerali"), &mut document, &mut values);
    payment(body, &mut document, &mut values);
    let goods = body.part("DatiBeniServizi");
    document.lines =
        values.lines(goods.all("DettaglioLinee"), limits, |values, node| Some(line(node, values)));
    document.taxes = goods.all("DatiRiepilogo").map(|share| tax_share(share, &mut values)).collect();
    // With one rate its tax is the document's; a sum of several stands nowhere.
    if let [share] = document.taxes.as_slice() {
        document.totals.net = share.basis.clone();
        document.totals.tax = share.amount.clone();
    }
    values.into(document)
}

fn general(node: &Node, document: &mut ParsedDocument, values: &mut Values) {
    let head = node.part("DatiGeneraliDocumento");
    document.kind = head.text_at("TipoDocumento").map(|code| Field::structured(kind(&code)));
    document.number = text(head, &["Numero"]);
    document.issued = values.date(head, &["Data"]);
    document.currency = text(head, &["Divisa"]);
    document.totals.gross = values.amount(head, &["ImportoTotaleDocumento"]);
    document.totals.rounding = values.amount(head, &["Arrotondamento"]);
    document.order_number = text(node, &["DatiOrdineAcquisto/IdDocumento"]);
    document.delivery_note_number = text(node, &["DatiDDT/NumeroDDT"]);
    document.corrects_number = text(node, &["DatiFattureCollegate/IdDocumento"]);
    document.delivered =
        values.date(node, &["DatiTrasporto/DataOraConsegna", "DatiTrasporto/DataInizioTrasporto"]);
    for fund in head.all("DatiCassaPrevidenziale") {
        let Some(amount) = values.amount(fund, &["ImportoContributoCassa"]) else { continue };
        let percent = values.amount(fund, &["AlCassa"]).map(|percent| percent.value);
        let reason = fund.text_at("TipoCassa");
        document.adjustments.push(Adjustment { percent, reason, ..adjustment(true, amount) });
    }
    for one in head.all("ScontoMaggiorazione") {
        // Only an amount can be carried: what a percentage is of is not said.
        let Some(amount) = values.amount(one, &["Importo"]) else { continue };
        let percent = values.amount(one, &["Percentuale"]).map(|percent| percent.value);
        document.adjustments.push(Adjustment { percent, ..adjustment(is_charge(one), amount) });
    }
}

/// Codes of `TipoDocumento`.
fn kind(code: &str) -> DocumentKind {
    match code {
        "TD04" | "TD08" => DocumentKind::CreditNote,
        _ => DocumentKind::Invoice,
    }
}

fn payment(body: &Node, document: &mut ParsedDocument, values: &mut Values) {
    let parts: Vec<&Node> =
        body.all("DatiPagamento").flat_map(|terms| terms.all("DettaglioPagamento")).collect();
    document.due = parts.iter().find_map(|part| values.date(part, &["DataScadenzaPagamento"]));
    document.supplier.iban = parts.iter().find_map(|part| text(part, &["IBAN"])).map(without_blanks);
    // Instalments are parts of what is to be paid; their sum stands nowhere.
    if let [only] = parts.as_slice() {
        document.totals.payable = values.amount(only, &["ImportoPagamento"]);
    }
}

fn party(node: &Node) -> Party {
    let data = node.part("DatiAnagrafici");
    let vat = data.part("IdFiscaleIVA");
    let vat = vat.text_at("IdCodice").map(|code| vat.text_at("IdPaese").unwrap_or_default() + &code);
    let names = data.part("Anagrafica");
    let person = match (names.text_at("Nome"), names.text_at("Cognome")) {
        (Some(first), Some(last)) => Some(format!("{first} {last}")),
        (first, last) => first.or(last),
    };
    let seat = node.part("Sede");
    let part = |name: &str| seat.text_at(name);
    let street = match (part("Indirizzo"), part("NumeroCivico")) {
        (Some(street), Some(number)) => Some(format!("{street} {number}")),
        (street, number) => street.or(number),
    };
    let register = node.part("IscrizioneREA");
    let registered = register.text_at("NumeroREA");
    let registered = registered.map(|number| {
        [register.text_at("Ufficio"), Some(number)].into_iter().flatten().collect::<Vec<_>>().join(" ")
    });
    Party {
        name: text(names, &["Denominazione"]).or(person.map(Field::structured)),
        tax_id: vat.or_else(|| data.text_at("CodiceFiscale")).map(Field::structured).map(without_blanks),
        registration_id: registered.map(Field::structured),
        address: joined(&[street, place(part("CAP"), part("Comune")), part("Provincia")]),
        country: text(seat, &["Nazione"]),
        email: text(node, &["Contatti/Email"]),
        phone: text(node, &["Contatti/Telefono"]),
        ..Party::default()
    }
}

fn is_charge(node: &Node) -> bool {
    node.text_at("Tipo").as_deref() == Some("MG")
}

fn line(node: &Node, values: &mut Values) -> Line {
    let mut line = Line {
        position: text(node, &["NumeroLinea"]),
        name: text(node, &["Descrizione"]),
        ..Line::default()
    };
    for code in node.all("CodiceArticolo") {
        let kind = code.text_at("CodiceTipo").unwrap_or_default().to_ascii_uppercase();
        let number = text(code, &["CodiceValore"]);
        if GTIN_KINDS.iter().any(|known| kind.contains(known)) {
            line.gtin = line.gtin.or(number.map(without_blanks));
        } else {
            line.supplier_article = line.supplier_article.or(number);
        }
    }
    line.quantity = values.amount(node, &["Quantita"]);
    line.unit = text(node, &["UnitaMisura"]);
    line.unit_code = line.unit.as_ref().and_then(|unit| units::by_name(&unit.value)).map(str::to_owned);
    line.unit_price = values.amount(node, &["PrezzoUnitario"]);
    line.net_amount = values.amount(node, &["PrezzoTotale"]);
    line.tax_rate = values.amount(node, &["AliquotaIVA"]);
    line.adjustments = discounts(node, &line, values);
    line
}

/// Discounts are on one unit here, one after the other; a line's are on all of it.
fn discounts(node: &Node, line: &Line, values: &mut Values) -> Vec<Adjustment> {
    let quantity = line.quantity.as_ref().map_or(Decimal::ONE, |quantity| quantity.value);
    let mut price = line.unit_price.as_ref().map_or(Decimal::ZERO, |price| price.value);
    let mut all = Vec::new();
    for one in node.all("ScontoMaggiorazione") {
        let is_charge = is_charge(one);
        let percent = values.amount(one, &["Percentuale"]).map(|percent| percent.value);
        let amount = values.amount(one, &["Importo"]).map(|amount| amount.value);
        let of_price =
            || percent.and_then(|percent| price.checked_mul(percent)).map(|part| part / Decimal::ONE_HUNDRED);
        let Some(each) = amount.or_else(of_price) else { continue };
        let Some(total) = each.checked_mul(quantity) else { continue };
        let left = if is_charge { price.checked_add(each) } else { price.checked_sub(each) };
        let Some(left) = left else { continue };
        price = left;
        let amount = Field { origin: Origin::Computed, ..Field::structured(total.normalize()) };
        all.push(Adjustment { percent, ..adjustment(is_charge, amount) });
    }
    all
}

fn tax_share(share: &Node, values: &mut Values) -> TaxShare {
    TaxShare {
        rate: values.amount(share, &["AliquotaIVA"]),
        // `Natura` says why there is no tax; the codes are Italy's own.
        category: text(share, &["Natura"]),
        basis: values.amount(share, &["ImponibileImporto"]),
        amount: values.amount(share, &["Imposta"]),
    }
}
