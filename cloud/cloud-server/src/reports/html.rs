//! A report as a page: it stands alone, and loads nothing.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::sheet::{Block, Sheet};
use crate::sourcing::papers::Language;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}\
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem}p{margin:.3rem 0}\
table{border-collapse:collapse;width:100%}th,td{padding:.35rem .5rem;text-align:left;border-bottom:1px solid #ccc}\
th{border-bottom:2px solid #555}.right{text-align:right;font-variant-numeric:tabular-nums}\
@media (prefers-color-scheme:dark){body{color:#eee;background:#161616}th,td{border-color:#444}}";

/// The page.
pub(super) fn page(sheet: &Sheet, language: Language) -> String {
    html! {
        (DOCTYPE)
        html lang=(language.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (sheet.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (sheet.title) }
                    p { (sheet.subtitle) }
                    @for block in &sheet.blocks { (shown(block)) }
                }
            }
        }
    }
    .into_string()
}

fn shown(block: &Block) -> Markup {
    match block {
        Block::Heading(text) => html! { h2 { (text) } },
        Block::Text(text) => html! { p { (text) } },
        Block::Table { columns, rows } => html! {
            table {
                thead { tr {
                    @for column in columns { th scope="col" class=[column.right.then_some("right")] { (column.title) } }
                } }
                tbody {
                    @for row in rows { tr {
                        @for (column, cell) in columns.iter().zip(row) {
                            td class=[column.right.then_some("right")] { (cell) }
                        }
                    } }
                }
            }
        },
    }
}
