//! Papers of many countries as plain text: each line of an expectation is what must be read.

use super::*;
use crate::document::Line;
use crate::layout::plain;

fn read(text: &str) -> ParsedDocument {
    understand(&plain::pages(text, 10), &Hints::default(), &Limits::default())
}

fn said<T: ToString>(field: &Option<crate::document::Field<T>>) -> String {
    field.as_ref().map_or_else(|| "-".to_owned(), |field| field.value.to_string())
}

/// Number, dates, order, currency, parties, net, tax, gross, taxes: what a clerk types.
fn summary(document: &ParsedDocument) -> Vec<String> {
    let totals = &document.totals;
    let mut lines = vec![
        [
            said(&document.number),
            said(&document.issued),
            said(&document.due),
            said(&document.order_number),
            said(&document.currency),
        ]
        .join(" | "),
        [said(&document.supplier.name), said(&document.supplier.tax_id), said(&document.buyer.name)]
            .join(" | "),
        [said(&totals.net), said(&totals.tax), said(&totals.gross)].join(" | "),
    ];
    lines.extend(document.lines.iter().map(line));
    lines
}

fn line(line: &Line) -> String {
    let sum = if line.net_amount.is_some() { &line.net_amount } else { &line.gross_amount };
    [said(&line.supplier_article), said(&line.name), said(&line.quantity), said(&line.unit_price), said(sum)]
        .join(" | ")
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(summary(&read(text)), expected);
}

#[test]
fn reads_a_french_invoice_with_two_rates() {
    check(
        include_str!("../../tests/data/pages/french.txt"),
        &[
            "FA-2024-0317 | 2024-03-14 | 2024-04-13 | BC-7781 | EUR",
            "LES VERGERS DU MIDI SARL | FR83404833048 | Épicerie Durand",
            "637.80 | 37.25 | 675.05",
            "AB-100 | Abricots Bergeron | 120 | 2.45 | 294.00",
            "HU-250 | Huile d'olive vierge extra, bouteille de 75 cl | 24 | 8.90 | 213.60",
            "CO-330 | Confiture d'abricot | 36 | 3.20 | 115.20",
            "EM-001 | Emballage perdu | 1 | 15.00 | 15.00",
        ],
    );
}

#[test]
fn reads_an_american_invoice_whose_subtotal_is_no_net() {
    check(
        include_str!("../../tests/data/pages/american.txt"),
        &[
            "NW-10442 | 2024-03-28 | 2024-04-27 | 88-4410 | USD",
            "Northwind Supply Co. | - | Corner Deli LLC",
            "- | 46.75 | 621.75",
            "10-4402 | Paper cups 12 oz, sleeve of 50 | 40 | 4.25 | 170.00",
            "10-5518 | Napkins, white, 500 ct | 12 | 6.10 | 73.20",
            "22-0007 | Espresso beans 5 lb | 6 | 54.00 | 324.00",
        ],
    );
}

#[test]
fn reads_a_russian_account() {
    check(
        include_str!("../../tests/data/pages/russian.txt"),
        &[
            "1284 | 2024-07-12 | - | - | RUB",
            "ООО \"Северный склад\" | 7707083893 | ООО \"Магазин у дома\"",
            "- | 2017.47 | 22192.20",
            "МЛ-32 | Молоко 3,2% 1 л | 120 | 78.50 | 9420.00",
            "ХЛ-07 | Хлеб ржаной нарезной | 80 | 41.00 | 3280.00",
            "СР-15 | Сыр Российский, весовой | 15.500 | 612.40 | 9492.20",
        ],
    );
}

#[test]
fn reads_a_dutch_invoice_with_labels_above_values() {
    check(
        include_str!("../../tests/data/pages/dutch.txt"),
        &[
            "2024-00871 | 2024-03-29 | 2024-04-28 | - | EUR",
            "Groothandel De Linde B.V. | NL810433941B01 | Buurtwinkel Jansen",
            "243.84 | 25.83 | 269.67",
            "80012 | Pindakaas naturel 350 g | 48 | 2.15 | 98.04",
            "80340 | Hagelslag puur 400 g | 60 | 1.89 | 113.40",
            "91001 | Afwasmiddel citroen 1 l | 24 | 1.35 | 32.40",
        ],
    );
}

#[test]
fn reads_a_spanish_invoice_whose_sums_stand_under_their_heads() {
    check(
        include_str!("../../tests/data/pages/spanish.txt"),
        &[
            "F24/0093 | 2024-05-05 | 2024-06-04 | 4500012 | EUR",
            "Conservas Bahía, S.L. | B36123458 | Ultramarinos García",
            "674.21 | 67.42 | 741.63",
            "C-101 | Mejillones en escabeche 120 g | 144 | 1.980 | 256.61",
            "C-205 | Bonito del norte 250 g | 96 | 4.350 | 417.60",
        ],
    );
}

#[test]
fn reads_an_italian_invoice() {
    check(
        include_str!("../../tests/data/pages/italian.txt"),
        &[
            "512/A | 2024-04-30 | 2024-05-31 | - | EUR",
            "Molino Rossi S.p.A. | IT01234567897 | Panetteria Bianchi snc",
            "613.10 | 26.18 | 639.28",
            "FT00 | Farina tipo 00, sacco 25 kg | 20 | 18.40 | 368.00",
            "FT01 | Farina integrale 25 kg | 10 | 21.75 | 217.50",
            "LV05 | Lievito di birra 500 g | 12 | 2.30 | 27.60",
        ],
    );
}

#[test]
fn reads_a_polish_invoice_with_net_tax_and_gross_in_each_line() {
    check(
        include_str!("../../tests/data/pages/polish.txt"),
        &[
            "FV/2024/05/117 | 2024-05-31 | 2024-06-14 | - | PLN",
            "Hurtownia Kłos Sp. z o.o. | 5260250274 | Sklep Osiedlowy Anna Nowak",
            "935.00 | 60.70 | 995.70",
            "- | Mąka pszenna typ 500 1 kg | 200 | 2.35 | 470.00",
            "- | Cukier biały 1 kg | 150 | 3.10 | 465.00",
        ],
    );
}

#[test]
fn reads_a_british_invoice_with_one_row_of_totals() {
    check(
        include_str!("../../tests/data/pages/british.txt"),
        &[
            "0004471 | 2024-04-30 | - | VS/220 | GBP",
            "ASHDOWN DAIRIES LIMITED | GB123456782 | The Village Shop",
            "166.10 | 6.90 | 173.00",
            "B250 | Butter salted 250g | 40 | 1.85 | 74.00",
            "CH1 | Mature cheddar 1kg | 8 | 7.20 | 57.60",
            "ICE4 | Ice cream vanilla 4l | 3 | 11.50 | 34.50",
        ],
    );
}

#[test]
fn rejoins_hyphenated_names_and_keeps_notes_apart() {
    let document = read(include_str!("../../tests/data/pages/german-blocks.txt"));
    assert_eq!(
        summary(&document),
        [
            "2024-118 | 2024-02-02 | 2024-02-16 | - | EUR",
            "Getränke Huber e.K. | DE136695976 | Gasthaus zum Löwen",
            "195.00 | 37.05 | 232.05",
            "- | Apfelschorle 0,5 l | 10 | 8.40 | 84.00",
            "- | Weißbier hell 20 x 0,5 l, Mehrwegkasten | 4 | 16.90 | 67.60",
            "- | Pfand | 14 | 3.10 | 43.40",
        ]
    );
    assert_eq!(said(&document.lines[0].description), "12 Flaschen je Kasten");
    assert_eq!(said(&document.delivery_note_number), "LS-5512");
    assert!(document.warnings.is_empty(), "{:?}", document.warnings);
}

#[test]
fn a_table_goes_on_over_a_page_break() {
    let head = "Acme Ltd\n\nInvoice No. 77\n\n";
    let columns = "Description          Qty    Price    Amount\n";
    let first = format!(
        "{head}{columns}Apples                 2     3.00      6.00\nCarried forward                        6.00\n"
    );
    let second = format!(
        "{columns}Pears                  1     4.50      4.50\n\nTotal                                 10.50\n"
    );
    let document = read(&format!("{first}\u{c}{second}"));
    let lines: Vec<String> = document.lines.iter().map(line).collect();
    assert_eq!(lines, ["- | Apples | 2 | 3.00 | 6.00", "- | Pears | 1 | 4.50 | 4.50"]);
    assert_eq!(said(&document.totals.gross), "10.50");
}

#[test]
fn sums_that_differ_are_kept_and_said() {
    let text = "Invoice No. 5\n\nDescription     Qty   Price   Amount\nApples            2    3.00     6.00\n\nNet total   7.00\nVAT 20%     1.40\nTotal       8.40\n";
    let document = read(text);
    assert_eq!(said(&document.totals.net), "7.00");
    assert!(
        document.warnings.iter().any(|warning| warning.code == "totals_differ"),
        "{:?}",
        document.warnings
    );
}

#[test]
fn pages_without_sense_give_an_empty_document() {
    for text in [
        "",
        "\u{c}\u{c}",
        "a",
        "1 2 3 4 5 6 7 8",
        "Qty Price Amount\n",
        "Total\nTotal\nTotal 1",
        "№ № №: ИНН 12345678901234567890",
    ] {
        let document = read(text);
        assert!(document.lines.is_empty(), "{text}: {:?}", document.lines);
    }
}
