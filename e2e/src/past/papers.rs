//! Invoices that have just come: one as structured data, one as a PDF that only people were meant to read.

use std::fmt::Write as _;

use reqwest::multipart::{Form, Part};
use testkit::papers::{Goods, Invoice, net_of, tax_of};

use super::buying::Seller;
use crate::cloud::CloudClient;
use crate::pdf::{pdf, stream};

/// Lines of a paper.
const LINES: usize = 6;
/// Packs of each line.
const PACKS: [&str; LINES] = ["4", "2", "6", "1", "3", "2"];

/// Sends the papers of the suppliers, dated `day`.
pub(super) async fn send(owner: &CloudClient, sellers: &[Seller<'_>], day: &str) -> anyhow::Result<()> {
    for (at, seller) in sellers.iter().enumerate() {
        let number = format!("{}-{}", ["FW", "CB", "PG"][at % 3], 2_417 + at * 311);
        let prices: Vec<String> =
            seller.articles.iter().map(|(_, product)| seller.pack_price(product)).collect();
        let goods: Vec<Goods<'_>> = seller
            .articles
            .iter()
            .zip(&prices)
            .zip(PACKS)
            .map(|(((article, product), price), packs)| {
                (product.name.get("en"), article.as_str(), "", packs, "CT", price.as_str())
            })
            .collect();
        let invoice =
            Invoice { number: &number, day, supplier: seller.name, tax_id: seller.tax_id, lines: &goods };
        let (name, bytes) = match at {
            0 => (format!("{number}.xml"), invoice.ubl().into_bytes()),
            _ => (format!("{number}.pdf"), drawn(&invoice)),
        };
        let form = Form::new().part("file", Part::bytes(bytes).file_name(name));
        owner.upload("/api/v1/parse", form).await?;
    }
    Ok(())
}

/// The invoice as a page of A4.
fn drawn(invoice: &Invoice<'_>) -> Vec<u8> {
    let mut page = Page::default();
    page.write((50, 780), 18, invoice.supplier);
    page.write((50, 762), 9, &format!("VAT ID {}", invoice.tax_id));
    page.write((50, 715), 10, "Corner Shop, Market Street 1, 10115 Berlin");
    page.write((50, 670), 15, &format!("Invoice {}", invoice.number));
    page.write((50, 650), 10, &format!("Invoice date: {}", invoice.day));
    let heads = [
        (50, "No."),
        (80, "Article"),
        (150, "Description"),
        (330, "Quantity"),
        (400, "Unit price"),
        (490, "Amount"),
    ];
    heads.iter().for_each(|(x, head)| page.write((*x, 610), 9, head));
    let mut y = 592;
    for (goods, at) in invoice.lines.iter().zip(1..) {
        let (name, article, _, quantity, _, price) = goods;
        let cells = [
            (50, format!("{at}")),
            (80, (*article).to_owned()),
            (150, (*name).to_owned()),
            (330, format!("{quantity} case")),
            (400, (*price).to_owned()),
            (490, format!("{:.2}", net_of(goods))),
        ];
        cells.iter().for_each(|(x, cell)| page.write((*x, y), 9, cell));
        y -= 18;
    }
    let net: f64 = invoice.lines.iter().map(net_of).sum();
    let tax = tax_of(net);
    for (label, sum) in [("Net total", net), ("VAT 7 %", tax), ("Total EUR", net + tax)] {
        y -= 20;
        page.write((400, y), 10, label);
        page.write((490, y), 10, &format!("{sum:.2}"));
    }
    page.finish()
}

/// What is written on a page.
#[derive(Default)]
struct Page(String);

impl Page {
    /// Writes Latin text at points from the lower left corner.
    fn write(&mut self, (x, y): (i32, i32), size: u32, text: &str) {
        let text = text.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
        writeln!(self.0, "BT /F {size} Tf {x} {y} Td ({text}) Tj ET").expect("memory takes everything");
    }

    fn finish(self) -> Vec<u8> {
        pdf(&[
            b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>".to_vec(),
            stream("", self.0.as_bytes()),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_vec(),
        ])
    }
}
