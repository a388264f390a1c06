//! Codes of UNTDID 1001 say what a document is for.

use rust_decimal::Decimal;

use crate::document::{DocumentKind, Field};
use crate::notes;
use crate::xml::values::Values;

/// What a code stands for. `due` is what is to be paid: a corrected invoice goes up or down, and only its sign says which.
pub(super) fn by_code(code: &str, due: Option<Decimal>, values: &mut Values) -> Field<DocumentKind> {
    let gives_back = due.is_some_and(|amount| amount < Decimal::ZERO);
    let kind = match code {
        "384" if gives_back => DocumentKind::CreditNote,
        // Credit notes of goods and services, of adjustments, self-billed, factored, forwarder's, and price deductions.
        "81" | "83" | "261" | "262" | "296" | "308" | "381" | "396" | "420" | "458" | "502" | "532" => {
            DocumentKind::CreditNote
        }
        // Invoices and debit notes: commercial, partial, corrected, prepaid, self-billed, factored, of construction ..
        "71" | "80" | "82" | "84" | "102" | "130" | "202" | "203" | "204" | "211" | "218" | "219" | "295"
        | "325" | "326" | "331" | "380" | "382" | "383" | "384" | "385" | "386" | "387" | "388" | "389"
        | "390" | "393" | "394" | "395" | "456" | "457" | "500" | "501" | "503" | "527" | "553" | "575"
        | "623" | "633" | "751" | "780" | "817" | "870" | "875" | "876" | "877" | "935" => {
            DocumentKind::Invoice
        }
        "105" | "220" | "221" | "224" | "226" | "227" | "230" | "402" => DocumentKind::Order,
        "231" | "320" => DocumentKind::OrderConfirmation,
        "270" | "351" => DocumentKind::DeliveryNote,
        "9" | "50" => DocumentKind::PriceList,
        _ => {
            values.warn(notes::kind_unknown(code));
            return Field { confidence: 0.5, ..Field::structured(DocumentKind::Invoice) };
        }
    };
    Field::structured(kind)
}
