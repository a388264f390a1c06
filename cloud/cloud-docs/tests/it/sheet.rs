//! Price lists, delivery notes, invoices and estimates as sheets.

use std::io::Write as _;

use cloud_docs::document::{DocumentKind, Format, Line};
use cloud_docs::{Hints, Limits, ParsedDocument, Reading, Refusal};
use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Workbook, Worksheet};

/// A sheet as rows of values: numbers become numbers, `2026-03-01` becomes a date, a blank stays one.
pub(crate) fn fill(sheet: &mut Worksheet, rows: &[&[&str]]) {
    for (row, values) in (0..).zip(rows) {
        for (column, value) in (0..).zip(*values) {
            let is_date = value.len() == 10 && value.as_bytes()[4] == b'-';
            if is_date {
                let date = ExcelDateTime::parse_from_str(value).unwrap();
                let format = CellFormat::new().set_num_format("dd.mm.yyyy");
                sheet.write_with_format(row, column, &date, &format).unwrap();
            } else if let Ok(number) = value.parse::<f64>() {
                sheet.write(row, column, number).unwrap();
            } else if !value.is_empty() {
                sheet.write(row, column, *value).unwrap();
            }
        }
    }
}

pub(crate) fn xlsx(rows: &[&[&str]]) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(book.add_worksheet().set_name("Лист1").unwrap(), rows);
    book.save_to_buffer().unwrap()
}

fn read(bytes: &[u8]) -> Result<Reading, Refusal> {
    let hints = Hints { file_name: "price.xlsx".to_owned(), ..Hints::default() };
    cloud_docs::read(bytes, &hints, &Limits::default())
}

fn only(bytes: &[u8]) -> ParsedDocument {
    let mut reading = read(bytes).unwrap();
    assert_eq!(reading.documents.len(), 1, "{reading:?}");
    reading.documents.remove(0)
}

macro_rules! value {
    ($field:expr) => {
        $field.as_ref().map(|field| field.value.to_string()).unwrap_or_default()
    };
}

/// Name, article, GTIN, quantity, unit's code, price, price with tax and section of each line.
fn shown(lines: &[Line]) -> Vec<String> {
    let line = |line: &Line| {
        [
            value!(line.name),
            value!(line.supplier_article),
            value!(line.gtin),
            value!(line.quantity),
            line.unit_code.clone().unwrap_or_default(),
            value!(line.unit_price),
            value!(line.unit_price_gross),
            line.section.clone().unwrap_or_default(),
        ]
        .join("|")
    };
    lines.iter().map(line).collect()
}

const PRICE_LIST: &[&[&str]] = &[
    &["ООО «Ромашка», ИНН 7701234567"],
    &["Прайс-лист от 01.03.2026"],
    &["Цены действуют с 01.03.2026 по 31.03.2026"],
    &[],
    &["Артикул", "Наименование", "Штрихкод", "Ед.", "Кол-во в упаковке", "Цена, руб.", ""],
    &["", "", "", "", "", "опт", "розница"],
    &["Молочные продукты"],
    &["M-1", "Молоко 3,2% 1 л", "4600000000015", "шт", "12", "79.9", "99"],
    &["M-2", "Кефир 1 л", "", "шт", "12", "84.5", "105"],
    &["Овощи"],
    &["V-1", "Картофель мытый", "", "кг", "25", "39", "52"],
    &["V-2", "Спаржа", "", "кг", "5", "по запросу", ""],
];

#[test]
fn a_price_list_is_read_with_sections_and_the_price_that_a_shop_pays() {
    let document = only(&xlsx(PRICE_LIST));
    assert_eq!(document.format, Format::Sheet);
    assert_eq!(document.path, "Лист1");
    assert_eq!(document.kind.as_ref().unwrap().value, DocumentKind::PriceList);
    assert_eq!(
        shown(&document.lines),
        [
            "Молоко 3,2% 1 л|M-1|4600000000015||H87|79.9||Молочные продукты",
            "Кефир 1 л|M-2|||H87|84.5||Молочные продукты",
            "Картофель мытый|V-1|||KGM|39||Овощи",
            "Спаржа|V-2|||KGM|||Овощи",
        ]
    );
    assert_eq!(value!(document.lines[0].pack_quantity), "12");
    assert_eq!(value!(document.currency), "RUB");
    assert_eq!(value!(document.issued), "2026-03-01");
    assert_eq!(value!(document.valid_from), "2026-03-01");
    assert_eq!(value!(document.valid_to), "2026-03-31");
    assert_eq!(value!(document.supplier.name), "ООО «Ромашка»");
    assert_eq!(value!(document.supplier.tax_id), "7701234567");
    let codes: Vec<&str> = document.warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert!(codes.contains(&"line_unreadable"), "{:?}", document.warnings);
}

#[test]
fn a_price_list_of_separated_values_is_read_in_its_encoding_and_its_way_of_writing_numbers() {
    let german = "Preisliste gültig ab 01.02.2026;;;;\r\n\r\nArt.-Nr.;Bezeichnung;EAN;VPE;EK-Preis €;UVP\r\n\
        100;\"Äpfel \"\"Elstar\"\"; lose\";;10;1.234,50;2.000\r\n101;Birnen;4006381333931;6;2.500;3,99\r\n";
    let (windows, _, _) = encoding_rs::WINDOWS_1252.encode(german);
    for bytes in [german.as_bytes(), &windows] {
        let document = only(bytes);
        assert_eq!(
            shown(&document.lines),
            ["Äpfel \"Elstar\"; lose|100||||1234.50||", "Birnen|101|4006381333931|||2500||"]
        );
        assert_eq!(value!(document.currency), "EUR");
        assert_eq!(value!(document.valid_from), "2026-02-01");
        assert_eq!(value!(document.lines[1].pack_quantity), "6");
    }
}

#[test]
fn a_file_without_headings_is_told_by_what_its_columns_hold() {
    let document = only(
        b"4006381333931;Pencil soft;12.50\n4006381333948;Pencil hard blue;13.00\n5000112637922;Cola can 0.33;0.89\n4600000000015;Milk;1.05\n",
    );
    assert_eq!(document.lines.len(), 4);
    assert_eq!(shown(&document.lines)[1], "Pencil hard blue||4006381333948|||13.00||");
    assert!(document.lines[0].name.as_ref().unwrap().confidence <= 0.5);
    assert_eq!(document.warnings[0].code, "no_head");
}

const TORG_12: &[&[&str]] = &[
    &["Унифицированная форма № ТОРГ-12"],
    &["Грузоотправитель", "ООО \"Ромашка\", ИНН 7701234567, 101000, г. Москва, ул. Мира, д. 1"],
    &["Поставщик", "ООО \"Ромашка\", ИНН 7701234567, 101000, г. Москва, ул. Мира, д. 1"],
    &["Плательщик", "ООО \"Магазин\", ИНН 7809876543, КПП 780901001"],
    &["", "", "", "", "Номер документа", "Дата составления"],
    &["ТОВАРНАЯ НАКЛАДНАЯ", "", "", "", "УТ-57", "05.03.2026"],
    &[
        "Номер по порядку",
        "Товар",
        "",
        "Единица измерения",
        "",
        "Вид упаковки",
        "Количество (масса нетто)",
        "Цена, руб. коп.",
        "Сумма без учета НДС, руб. коп.",
        "НДС",
        "",
        "Сумма с учетом НДС, руб. коп.",
    ],
    &[
        "",
        "наименование, характеристика, сорт, артикул товара",
        "код",
        "наименование",
        "код по ОКЕИ",
        "",
        "",
        "",
        "",
        "ставка, %",
        "сумма, руб. коп.",
        "",
    ],
    &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"],
    &["1", "Молоко 3,2% 1 л", "M-1", "шт", "796", "", "24", "72.64", "1743.36", "10%", "174.34", "1917.7"],
    &["2", "Картофель мытый", "V-1", "кг", "166", "", "50.5", "35.45", "1790.23", "10%", "179.02", "1969.25"],
    &["", "", "", "", "", "Итого", "74.5", "X", "3533.59", "X", "353.36", "3886.95"],
    &["", "", "", "", "", "Всего по накладной", "74.5", "X", "3533.59", "X", "353.36", "3886.95"],
    &["Отпуск груза разрешил", "", "Иванов И. И."],
];

#[test]
fn a_torg_12_is_read_with_its_parties_units_and_tax() {
    let document = only(&xlsx(TORG_12));
    assert_eq!(document.kind.as_ref().unwrap().value, DocumentKind::DeliveryNote);
    assert_eq!(value!(document.number), "УТ-57");
    assert_eq!(value!(document.issued), "2026-03-05");
    assert_eq!(value!(document.supplier.name), "ООО \"Ромашка\"");
    assert_eq!(value!(document.supplier.tax_id), "7701234567");
    assert_eq!(value!(document.buyer.name), "ООО \"Магазин\"");
    assert_eq!(value!(document.buyer.tax_id), "7809876543");
    assert_eq!(
        shown(&document.lines),
        ["Молоко 3,2% 1 л|M-1||24|H87|72.64||", "Картофель мытый|V-1||50.5|KGM|35.45||"]
    );
    let line = &document.lines[1];
    assert_eq!(value!(line.tax_rate), "10");
    assert_eq!(value!(line.tax_amount), "179.02");
    assert_eq!(value!(line.net_amount), "1790.23");
    assert_eq!(value!(line.gross_amount), "1969.25");
    assert_eq!(value!(document.totals.net), "3533.59");
    assert_eq!(value!(document.totals.tax), "353.36");
    assert_eq!(value!(document.totals.gross), "3886.95");
}

#[test]
fn an_invoice_whose_sums_hold_the_tax_says_so() {
    let document = only(&xlsx(&[
        &["Счет на оплату № 118 от 5 марта 2026 г."],
        &["Поставщик:", "ИП Петров П. П., ИНН 770123456789"],
        &["Покупатель:", "ООО \"Магазин\", ИНН 7809876543"],
        &["№", "Товары (работы, услуги)", "Кол-во", "Ед.", "Цена", "Сумма"],
        &["1", "Стеллаж", "2", "шт", "600", "1200"],
        &["2", "Полка", "4", "шт", "150", "600"],
        &["", "", "", "", "Итого:", "1800"],
        &["", "", "", "", "В том числе НДС:", "300"],
        &["", "", "", "", "Всего к оплате:", "1800"],
    ]));
    assert_eq!(document.kind.as_ref().unwrap().value, DocumentKind::Invoice);
    assert_eq!(value!(document.number), "118");
    assert_eq!(value!(document.issued), "2026-03-05");
    assert_eq!(shown(&document.lines)[0], "Стеллаж|||2|H87||600|");
    assert_eq!(value!(document.lines[0].gross_amount), "1200");
    assert_eq!(value!(document.totals.tax), "300");
    assert_eq!(value!(document.totals.payable), "1800");
}

#[test]
fn an_estimate_is_a_bill_of_quantities() {
    let document = only(&xlsx(&[
        &["ЛОКАЛЬНЫЙ СМЕТНЫЙ РАСЧЕТ № 02-01"],
        &[
            "№ п/п",
            "Обоснование",
            "Наименование работ и затрат",
            "Единица измерения",
            "Количество",
            "Цена за единицу, руб.",
            "Стоимость всего, руб.",
        ],
        &["Раздел 1. Стены"],
        &["1", "ФЕР08-02-001-01", "Кладка стен кирпичных", "м3", "12.5", "5400", "67500"],
        &["2", "ФЕР15-02-016-03", "Штукатурка", "100 м2", "1.2", "21000", "25200"],
        &["", "", "Итого по разделу", "", "", "", "92700"],
    ]));
    assert_eq!(document.kind.as_ref().unwrap().value, DocumentKind::BillOfQuantities);
    assert_eq!(
        shown(&document.lines),
        [
            "Кладка стен кирпичных|ФЕР08-02-001-01||12.5|MTQ|5400||Раздел 1. Стены",
            "Штукатурка|ФЕР15-02-016-03||1.2||21000||Раздел 1. Стены",
        ]
    );
    assert_eq!(value!(document.lines[1].unit), "100 м2");
}

#[test]
fn each_sheet_is_a_document_and_hidden_ones_are_named() {
    let rows: &[&[&str]] = &[
        &["Item code", "Description", "Unit price"],
        &["A1", "Red apples", "1.2"],
        &["A2", "Green pears", "2.4"],
    ];
    let mut book = Workbook::new();
    fill(book.add_worksheet().set_name("Fruit").unwrap(), rows);
    fill(book.add_worksheet().set_name("About").unwrap(), &[&["We sell fruit."]]);
    let secret = book.add_worksheet().set_name("Old").unwrap();
    fill(secret, rows);
    secret.set_hidden(true);
    let reading = read(&book.save_to_buffer().unwrap()).unwrap();
    let paths: Vec<&str> = reading.documents.iter().map(|document| document.path.as_str()).collect();
    assert_eq!(paths, ["Fruit", "Old"]);
    assert_eq!(reading.documents[0].warnings[0].code, "hidden_sheet");
}

#[test]
fn formulas_count_by_the_value_that_was_kept_and_faults_are_named() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    fill(
        sheet,
        &[
            &["SKU", "Name", "Qty", "Price", "Total"],
            &["1", "Soap bar", "3", "2.5"],
            &["2", "Soap dish", "1", "9"],
        ],
    );
    sheet.write_formula(1, 4, rust_xlsxwriter::Formula::new("=C2*D2").set_result("7.5")).unwrap();
    sheet.write_formula(2, 3, rust_xlsxwriter::Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
    let document = only(&book.save_to_buffer().unwrap());
    assert_eq!(value!(document.lines[0].net_amount), "7.5");
    assert_eq!(value!(document.lines[1].unit_price), "");
    assert!(
        document.warnings.iter().any(|warning| warning.text.contains("#DIV/0!")),
        "{:?}",
        document.warnings
    );
}

#[test]
fn the_currency_of_a_cells_format_counts() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    fill(sheet, &[&["Ref", "Libellé", "Prix"], &["7", "Savon de Marseille"]]);
    sheet.write_with_format(1, 2, 4.2, &CellFormat::new().set_num_format("#,##0.00 \"€\"")).unwrap();
    assert_eq!(value!(only(&book.save_to_buffer().unwrap()).currency), "EUR");
}

#[test]
fn an_opendocument_sheet_is_read() {
    let document = only(&ods());
    assert_eq!(shown(&document.lines), ["Milk|A-1||||1.5||", "Bread|A-2||||2.25||"]);
}

/// A small OpenDocument spreadsheet with a repeated cell and a comment.
fn ods() -> Vec<u8> {
    let cell = |kind: &str, value: &str| match kind {
        "float" => format!(
            "<table:table-cell office:value-type='float' office:value='{value}'><text:p>{value}</text:p></table:table-cell>"
        ),
        _ => format!(
            "<table:table-cell office:value-type='string'><text:p>{value}</text:p></table:table-cell>"
        ),
    };
    let row = |cells: &[String]| format!("<table:table-row>{}</table:table-row>", cells.concat());
    let rows = [
        row(&[cell("", "Code"), cell("", "Product"), cell("", "Price")]),
        row(&[cell("", "A-1"), cell("", "Milk"), cell("float", "1.5")]),
        row(&[cell("", "A-2"), cell("", "Bread"), cell("float", "2.25")]),
        "<table:table-row table:number-rows-repeated='1048000'><table:table-cell table:number-columns-repeated='16000'/></table:table-row>".to_owned(),
    ];
    let content = format!(
        "<?xml version='1.0'?><office:document-content xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' \
         xmlns:table='urn:oasis:names:tc:opendocument:xmlns:table:1.0' xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0'>\
         <office:body><office:spreadsheet><table:table table:name='S'>{}</table:table></office:spreadsheet></office:body></office:document-content>",
        rows.concat()
    );
    let manifest = "<?xml version='1.0'?><manifest:manifest xmlns:manifest='urn:oasis:names:tc:opendocument:xmlns:manifest:1.0'/>";
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, text) in [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", &content),
        ("META-INF/manifest.xml", manifest),
    ] {
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_workbook_without_goods_or_beyond_its_limits_is_refused_with_the_way_out() {
    let Err(Refusal::Broken { why, .. }) = read(&xlsx(&[&["Dear customer"], &["we have moved."]])) else {
        panic!()
    };
    assert_eq!(why.code, "no_goods", "{}", why.text);
    let limits = Limits { lines: 2, ..Limits::default() };
    let cut = cloud_docs::read(&xlsx(PRICE_LIST), &Hints::default(), &limits).unwrap();
    assert_eq!(cut.documents[0].lines.len(), 2);
    assert!(cut.documents[0].warnings.iter().any(|warning| warning.code == "rows_cut"));
    let limits = Limits { unpacked_bytes: 1000, ..Limits::default() };
    let refused = cloud_docs::read(&xlsx(PRICE_LIST), &Hints::default(), &limits);
    assert!(matches!(refused, Err(Refusal::TooLarge { .. })), "{refused:?}");
}
