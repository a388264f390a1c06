//! One correction of a supplier's document, and what the next one is read like; on made-up suppliers of several layouts.

use cloud_docs::document::{DocumentKind, Field, Format, Line, Origin};
use cloud_docs::evaluate::{self, Printed, Truth, corpus};
use cloud_docs::page::{Area, Page, Word};
use cloud_docs::{Hints, Limits, ParsedDocument, learn, pdf};
use jiff::civil::date;
use rust_decimal::Decimal;

use crate::procurement;

/// How a supplier writes.
struct Form {
    name: &'static str,
    tax_id: Option<&'static str>,
    number_label: &'static str,
    /// The number stands below its label instead of after it.
    is_below: bool,
    date_label: &'static str,
    day: fn(i8) -> String,
    head: [&'static str; 5],
    columns: [f32; 5],
    /// Names are wrapped into two rows.
    wraps: bool,
    labels: [&'static str; 3],
    decimal: &'static str,
    group: &'static str,
}

fn forms() -> [Form; 4] {
    [
        Form {
            name: "Bergquell Getränke GmbH",
            tax_id: Some("DE298765432"),
            number_label: "Beleg",
            is_below: false,
            date_label: "Ausgestellt",
            day: |day| format!("{day:02}.07.2024"),
            head: ["Bezeichnung", "Anz", "Einzel", "Wert", "Lager"],
            columns: [40.0, 300.0, 360.0, 430.0, 510.0],
            wraps: false,
            labels: ["Zwischensumme", "Steueranteil", "Endsumme"],
            decimal: ",",
            group: ".",
        },
        Form {
            name: "Pine Street Traders",
            tax_id: None,
            number_label: "Ref",
            is_below: true,
            date_label: "Raised",
            day: |day| format!("Jul {day} 2024"),
            head: ["Qty", "Goods", "Each", "Ext", "Bay"],
            columns: [40.0, 90.0, 340.0, 420.0, 510.0],
            wraps: true,
            labels: ["Goods value", "Sales levy", "Balance"],
            decimal: ".",
            group: ",",
        },
        Form {
            name: "ООО Полярный склад",
            tax_id: Some("7712345678"),
            number_label: "Документ",
            is_below: false,
            date_label: "Составлен",
            day: |day| format!("{day} июля 2024 г."),
            head: ["Наименование", "Кол", "Цена", "Сумма", "Место"],
            columns: [40.0, 300.0, 360.0, 430.0, 510.0],
            wraps: true,
            labels: ["Стоимость", "Налог", "Всего"],
            decimal: ",",
            group: " ",
        },
        // The same form as the first, of another supplier.
        Form {
            name: "Talwasser Handel AG",
            tax_id: Some("DE111222333"),
            number_label: "Beleg",
            is_below: false,
            date_label: "Ausgestellt",
            day: |day| format!("{day:02}.07.2024"),
            head: ["Bezeichnung", "Anz", "Einzel", "Wert", "Lager"],
            columns: [40.0, 300.0, 360.0, 430.0, 510.0],
            wraps: false,
            labels: ["Zwischensumme", "Steueranteil", "Endsumme"],
            decimal: ",",
            group: ".",
        },
    ]
}

/// Goods in the order in which documents take them.
const GOODS: [[&str; 2]; 8] = [
    ["Apple juice", "cloudy glass"],
    ["Spring water", "still crate"],
    ["Rye bread", "sliced fresh"],
    ["Oat flakes", "fine bag"],
    ["Dark chocolate", "seventy bar"],
    ["Ground coffee", "strong tin"],
    ["Green tea", "loose box"],
    ["Sea salt", "coarse jar"],
];

fn written(form: &Form, amount: Decimal) -> String {
    let text = format!("{amount:.2}");
    let (whole, part) = text.split_once('.').unwrap();
    let whole = match whole.len() {
        4.. => format!("{}{}{}", &whole[..whole.len() - 3], form.group, &whole[whole.len() - 3..]),
        _ => whole.to_owned(),
    };
    format!("{whole}{}{part}", form.decimal)
}

struct Sheet(Vec<Word>);

impl Sheet {
    fn put(&mut self, x: f32, y: f32, text: &str) {
        let mut x = x;
        for text in text.split(' ') {
            let width = text.chars().count() as f32 * 5.0;
            let area = Area { x0: x, y0: y, x1: x + width, y1: y + 10.0 };
            self.0.push(Word { text: text.to_owned(), area, size: 10.0, is_bold: false, confidence: 1.0 });
            x += width + 3.0;
        }
    }

    /// Numbers end where their column does.
    fn put_right(&mut self, x: f32, y: f32, text: &str) {
        self.put(x + 50.0 - text.chars().count() as f32 * 5.0, y, text);
    }
}

fn known<T>(value: T) -> Option<Field<T>> {
    Some(Field { value, confidence: 1.0, origin: Origin::Person, place: None })
}

/// The `index`th document of a supplier: its page, and what it says.
fn document(form: &Form, index: usize) -> (Page, ParsedDocument) {
    let mut sheet = Sheet(Vec::new());
    let mut truth = ParsedDocument::empty(Format::PdfText);
    let number = format!("{}-{}", 2_000 + index * 37, index);
    let day = i8::try_from(3 + index * 4).unwrap();
    sheet.put(40.0, 30.0, form.name);
    if let Some(tax_id) = form.tax_id {
        sheet.put(40.0, 45.0, &format!("Id {tax_id}"));
        truth.supplier.tax_id = known(tax_id.to_owned());
    }
    if form.is_below {
        sheet.put(400.0, 90.0, form.number_label);
        sheet.put(400.0, 105.0, &number);
    } else {
        sheet.put(350.0, 90.0, &format!("{} {number}", form.number_label));
    }
    sheet.put(350.0, 130.0, &format!("{}: {}", form.date_label, (form.day)(day)));
    // Another number and day, as pages have them.
    sheet.put(40.0, 130.0, &format!("Tour {}", 5_000 + index * 91));
    let mut y = 200.0;
    for (column, head) in form.head.iter().enumerate() {
        let is_text = goods_column(form) == column;
        if is_text {
            sheet.put(form.columns[column], y, head);
        } else {
            sheet.put_right(form.columns[column], y, head);
        }
    }
    let mut net = Decimal::ZERO;
    for line in 0..2 + index * 2 {
        y += if form.wraps { 35.0 } else { 18.0 };
        let goods = GOODS[(index * 3 + line) % GOODS.len()];
        let quantity = Decimal::from(1 + (index * 5 + line * 3) % 9);
        let price = Decimal::new(i64::try_from(199 + (index * 7919 + line * 104_729) % 90_000).unwrap(), 2);
        net += quantity * price;
        for (column, head) in form.head.iter().enumerate() {
            let x = form.columns[column];
            match *head {
                "Bezeichnung" | "Goods" | "Наименование" => {
                    sheet.put(x, y, goods[0]);
                    if form.wraps {
                        sheet.put(x, y + 13.0, goods[1]);
                    }
                }
                "Anz" | "Qty" | "Кол" => sheet.put_right(x, y, &quantity.to_string()),
                "Einzel" | "Each" | "Цена" => sheet.put_right(x, y, &written(form, price)),
                "Wert" | "Ext" | "Сумма" => sheet.put_right(x, y, &written(form, quantity * price)),
                _ => sheet.put_right(x, y, &format!("R{}", line % 4)),
            }
        }
        let name = if form.wraps { goods.join(" ") } else { goods[0].to_owned() };
        truth.lines.push(Line {
            name: known(name),
            quantity: known(quantity),
            unit_price: known(price),
            net_amount: known(quantity * price),
            ..Line::default()
        });
    }
    let tax = (net * Decimal::new(19, 2)).round_dp(2);
    for (label, amount) in form.labels.iter().zip([net, tax, net + tax]) {
        y += 30.0;
        sheet.put(300.0, y, label);
        sheet.put_right(430.0, y, &written(form, amount));
    }
    truth.supplier.name = known(form.name.to_owned());
    truth.number = known(number);
    truth.issued = known(date(2024, 7, day));
    truth.kind = known(DocumentKind::Invoice);
    truth.currency = known("EUR".to_owned());
    truth.totals.net = known(net);
    truth.totals.tax = known(tax);
    truth.totals.gross = known(net + tax);
    let page =
        Page { number: 1, width: 595.0, height: 842.0, words: sheet.0, rules: vec![], is_recognised: false };
    (page, truth)
}

fn goods_column(form: &Form) -> usize {
    usize::from(form.head[0] == "Qty")
}

#[test]
fn after_one_correction_the_next_documents_of_a_supplier_are_right() {
    for form in forms() {
        let (page, truth) = document(&form, 0);
        let examples = vec![learn::example(&[page], &truth)];
        let size = serde_json::to_vec(&examples).unwrap().len();
        assert!(size < 16 << 10, "{}: {size} bytes", form.name);
        let hints = Hints { examples, ..Hints::default() };
        for index in 1..5 {
            let (page, truth) = document(&form, index);
            let pages = [page];
            let mut read = ParsedDocument::empty(Format::PdfText);
            learn::apply(&pages, &mut read, &hints);
            let (score, misses) = evaluate::score(&Truth::of(&truth), &read, &Printed::of(&pages));
            assert!(score.header.accuracy().unwrap() >= 0.97, "{} {index}: {misses:#?}", form.name);
            assert!(
                score.lines.f1().unwrap() >= 0.97,
                "{} {index}: {:?} {misses:#?}",
                form.name,
                score.lines
            );
        }
    }
}

#[test]
fn an_example_says_nothing_to_other_suppliers() {
    let forms = forms();
    let examples = forms.iter().map(|form| {
        let (page, truth) = document(form, 0);
        learn::example(&[page], &truth)
    });
    let examples: Vec<_> = examples.collect();
    for (own, form) in forms.iter().enumerate() {
        let (page, truth) = document(form, 2);
        let others = examples
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != own)
            .map(|(_, example)| example.clone());
        let hints = Hints { examples: others.collect(), ..Hints::default() };
        for before in [truth, ParsedDocument::empty(Format::PdfText)] {
            let mut after = before.clone();
            learn::apply(std::slice::from_ref(&page), &mut after, &hints);
            after.layout.clone_from(&before.layout);
            assert_eq!(after, before, "{}", form.name);
        }
    }
}

#[test]
fn an_example_says_nothing_where_the_page_prints_another_number_of_its_kind() {
    // Two companies of a group: one name, one form, one account; each has its own tax number.
    let [form, ..] = forms();
    let (page, mut truth) = document(&form, 0);
    let account = |page: &mut Page| {
        let mut sheet = Sheet(std::mem::take(&mut page.words));
        sheet.put(40.0, 60.0, "IBAN DE88200800000970375700");
        page.words = sheet.0;
    };
    let mut own = page;
    account(&mut own);
    truth.supplier.iban = known("DE88200800000970375700".to_owned());
    let hints = Hints { examples: vec![learn::example(&[own], &truth)], ..Hints::default() };
    for (tax_id, is_own) in [("DE298765432", true), ("DE136695976", false)] {
        let (mut page, _) = document(&Form { tax_id: Some(tax_id), ..forms()[0] }, 2);
        account(&mut page);
        let mut read = ParsedDocument::empty(Format::PdfText);
        read.supplier.tax_id = known(tax_id.to_owned());
        learn::apply(&[page], &mut read, &hints);
        assert_eq!(read.number.is_some(), is_own, "{tax_id}");
    }
}

#[test]
fn a_page_that_names_another_alone_teaches_nothing() {
    let [form, ..] = forms();
    let (page, mut truth) = document(&Form { tax_id: Some("DE136695976"), ..form }, 0);
    truth.supplier.name = known("Holding am Markt".to_owned());
    truth.supplier.tax_id = known("03/167/4132/6".to_owned());
    assert_eq!(learn::example(&[page], &truth), serde_json::Value::Null);
}

#[test]
fn what_arithmetic_proves_is_not_given_up() {
    let form = &forms()[0];
    let (page, mut wrong) = document(form, 0);
    // Somebody took the net total for the gross one.
    wrong.totals.gross = wrong.totals.net.clone();
    let hints = Hints { examples: vec![learn::example(&[page], &wrong)], ..Hints::default() };
    let (page, truth) = document(form, 3);
    let mut read = truth.clone();
    learn::apply(&[page], &mut read, &hints);
    assert_eq!((read.totals, read.lines.len()), (truth.totals, truth.lines.len()));
}

#[test]
fn examples_of_another_version_and_rubbish_are_passed_over() {
    let (page, truth) = document(&forms()[0], 1);
    let mut newer = learn::example(std::slice::from_ref(&page), &truth);
    newer["v"] = 3.into();
    let rubbish = serde_json::json!({ "v": 2, "fields": "none" });
    let hints = Hints { examples: vec![newer, rubbish, serde_json::Value::Null], ..Hints::default() };
    let mut read = ParsedDocument::empty(Format::PdfText);
    learn::apply(&[page], &mut read, &hints);
    assert_eq!(read, ParsedDocument::empty(Format::PdfText));
}

#[test]
fn no_real_document_is_read_worse_for_what_other_suppliers_taught() {
    let Some(folder) = procurement::folder("learning from real documents") else { return };
    let library = match testkit::pdfium::library() {
        Ok(library) => library,
        Err(missing) => return eprintln!("SKIPPED: learning from real documents because {missing}"),
    };
    pdf::load(&library).unwrap();
    let folder = folder.join("zugferd");
    let files: Vec<_> = procurement::files(&folder, ".pdf")
        .into_iter()
        .map(|path| corpus::File {
            bytes: std::fs::read(&path).unwrap(),
            path: path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned(),
        })
        .collect();
    let options = corpus::Options { scan_dpi: None, learn: true, limits: Limits::default() };
    let mut worse = Vec::new();
    let report = corpus::run(&files, &options, &mut |miss| {
        if miss.contains("other suppliers") {
            worse.push(miss.to_owned());
        }
    });
    let learning = report.learn.unwrap();
    assert!(learning.replayed >= 40, "{} documents were read again", learning.replayed);
    assert_eq!(learning.worse, 0, "{worse:#?}");
    let [before, after] = [&learning.before, &learning.after].map(|score| score.header.accuracy().unwrap());
    assert!(after >= before, "{before} before a correction of the same supplier, {after} after");
}
