//! The catalogue as a file, complete enough to come back as it was.
//!
//! Products go to the file as they are read, so that a hundred thousand take no more memory than a thousand. Texts keep every letter: what
//! a sheet program would take for a formula gets an apostrophe in front, and so does what begins with one; reading takes it away again
//! (`cloud_docs::catalogue::unguarded`).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cloud_store::{Category, ProductFilter, Store, StoreInfo, StoredProduct};
use domain::ids::OrgId;
use rust_xlsxwriter::{Format, Workbook};
use serde_json::json;
use sync_core::catalogue_document::product_record;
use tokio::sync::mpsc;

use super::commerceml::CommerceMl;

/// Products that are read at once.
const PAGE: u32 = 500;
/// Pages that may wait to be written.
const WAITING_MAX: usize = 4;
/// Rows of a sheet that Excel takes, its head among them.
const SHEET_ROWS: u32 = 1_048_576;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// Values with commas between (RFC 4180).
    Csv,
    /// A workbook.
    Xlsx,
    /// An object with a list of products.
    Json,
    /// A ZIP of `import.xml` and `offers.xml`.
    CommerceMl,
}

impl FileKind {
    /// Reads its word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        match word {
            "csv" => Some(Self::Csv),
            "xlsx" => Some(Self::Xlsx),
            "json" => Some(Self::Json),
            "commerceml" => Some(Self::CommerceMl),
            _ => None,
        }
    }

    /// What it is called by HTTP.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Json => "application/json",
            Self::CommerceMl => "application/zip",
        }
    }

    /// What a file of it is called.
    pub(crate) fn file_name(self) -> &'static str {
        match self {
            Self::Csv => "catalogue.csv",
            Self::Xlsx => "catalogue.xlsx",
            Self::Json => "catalogue.json",
            Self::CommerceMl => "commerceml.zip",
        }
    }
}

/// What is known before the first product comes.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// The languages that names are in.
    pub(super) languages: BTreeSet<String>,
    /// Families by category.
    pub(super) families: BTreeMap<String, String>,
    /// The stores.
    pub(super) stores: Vec<StoreInfo>,
}

/// A file that is written product by product.
pub(super) trait CatalogueWriter {
    /// Adds a product.
    fn product(&mut self, stored: &StoredProduct) -> anyhow::Result<()>;
    /// Writes what is left.
    fn finish(self: Box<Self>) -> anyhow::Result<()>;
}

/// Writes the catalogue of an organisation; gives back how many products it has.
pub(crate) async fn write(store: &Store, org: &OrgId, kind: FileKind, path: &Path) -> anyhow::Result<u64> {
    let categories: Vec<Category> = store.categories(org).await?;
    let mut head = Head {
        languages: BTreeSet::new(),
        families: categories.into_iter().map(|category| (category.name, category.family)).collect(),
        stores: store.stores(org).await?,
    };
    if matches!(kind, FileKind::Csv | FileKind::Xlsx) {
        // Columns are named before the first row stands below them.
        let mut pages = Pages::new(store, org);
        while let Some(page) = pages.next().await? {
            let names = page.iter().flat_map(|stored| stored.product.name.0.keys());
            head.languages.extend(names.cloned());
        }
    }
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let path = path.to_owned();
    let writing = tokio::task::spawn_blocking(move || write_pages(receiver, kind, &path, head));
    let reading = async {
        let mut pages = Pages::new(store, org);
        while let Some(page) = pages.next().await? {
            if sender.send(page).await.is_err() {
                break;
            }
        }
        drop(sender);
        anyhow::Ok(())
    };
    let (read, written) = tokio::join!(reading, writing);
    // A writer that fails makes the reader stop, so its reason is asked for first.
    let written = written.context("the file's thread ended")??;
    read.context("failed to read the products")?;
    Ok(written)
}

/// All products, page by page.
struct Pages<'a> {
    store: &'a Store,
    org: &'a OrgId,
    after: Option<domain::ids::ProductId>,
}

impl<'a> Pages<'a> {
    fn new(store: &'a Store, org: &'a OrgId) -> Self {
        Self { store, org, after: None }
    }

    async fn next(&mut self) -> anyhow::Result<Option<Vec<StoredProduct>>> {
        let page =
            self.store.products(self.org, &ProductFilter::default(), self.after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(None) };
        self.after = Some(last.product.id.clone());
        Ok(Some(page))
    }
}

/// Writes pages of products as they come; gives back how many products there were.
pub(super) fn write_pages(
    mut pages: mpsc::Receiver<Vec<StoredProduct>>,
    kind: FileKind,
    path: &Path,
    head: Head,
) -> anyhow::Result<u64> {
    let mut file: Box<dyn CatalogueWriter> = match kind {
        FileKind::Csv => Box::new(Csv::begin(path, head)?),
        FileKind::Xlsx => Box::new(Xlsx::begin(path, head)?),
        FileKind::Json => Box::new(Json::begin(path, head)?),
        FileKind::CommerceMl => Box::new(CommerceMl::begin(path, head)?),
    };
    let mut written = 0;
    while let Some(page) = pages.blocking_recv() {
        for stored in &page {
            file.product(stored)?;
            written += 1;
        }
    }
    file.finish()?;
    Ok(written)
}

/// What columns are called, names by language between the first two and the others.
fn titles(head: &Head) -> Vec<String> {
    let names = head.languages.iter().map(|language| format!("name_{language}"));
    let others = [
        "gtin",
        "plu",
        "category",
        "family",
        "price",
        "currency",
        "unit",
        "tax_code",
        "age_limit",
        "archived",
    ];
    ["id", "sku"].map(str::to_owned).into_iter().chain(names).chain(others.map(str::to_owned)).collect()
}

/// A product's values under those titles.
fn values(stored: &StoredProduct, head: &Head) -> anyhow::Result<Vec<String>> {
    let StoredProduct { product, category, .. } = stored;
    if let Some(language) = product.name.0.keys().find(|language| !head.languages.contains(*language)) {
        anyhow::bail!("a name in `{language}` came while the file was written: ask for it again");
    }
    let record = product_record(product);
    let mut values = vec![product.id.to_string(), product.sku.clone()];
    let name = |language: &String| product.name.0.get(language).cloned().unwrap_or_default();
    values.extend(head.languages.iter().map(name));
    let family = category.as_ref().and_then(|category| head.families.get(category)).cloned();
    values.extend([
        product.gtin.map(|gtin| gtin.to_string()).unwrap_or_default(),
        product.plu.map(|plu| plu.to_string()).unwrap_or_default(),
        category.clone().unwrap_or_default(),
        family.unwrap_or_default(),
        record.price,
        product.price.amount.currency.code().to_owned(),
        record.per,
        product.tax_code.to_string(),
        product.age_limit.map(|years| years.to_string()).unwrap_or_default(),
        product.archived.to_string(),
    ]);
    Ok(values)
}

/// A text that a sheet program takes for a text.
fn guarded(text: &str) -> Cow<'_, str> {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\'') => format!("'{text}").into(),
        _ => text.into(),
    }
}

struct Csv {
    to: csv::Writer<File>,
    head: Head,
}

impl Csv {
    fn begin(path: &Path, head: Head) -> anyhow::Result<Self> {
        let mut to =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(File::create(path)?);
        to.write_record(titles(&head))?;
        Ok(Self { to, head })
    }
}

impl CatalogueWriter for Csv {
    fn product(&mut self, stored: &StoredProduct) -> anyhow::Result<()> {
        for value in values(stored, &self.head)? {
            self.to.write_field(guarded(&value).as_bytes())?;
        }
        Ok(self.to.write_record(None::<&[u8]>)?)
    }

    fn finish(mut self: Box<Self>) -> anyhow::Result<()> {
        Ok(self.to.flush()?)
    }
}

struct Json {
    to: BufWriter<File>,
    head: Head,
    is_first: bool,
}

impl Json {
    fn begin(path: &Path, head: Head) -> anyhow::Result<Self> {
        let mut to = BufWriter::new(File::create(path)?);
        to.write_all(b"{\"products\":[")?;
        Ok(Self { to, head, is_first: true })
    }
}

impl CatalogueWriter for Json {
    fn product(&mut self, stored: &StoredProduct) -> anyhow::Result<()> {
        let StoredProduct { product, category, .. } = stored;
        let record = product_record(product);
        let family = category.as_ref().and_then(|category| self.head.families.get(category));
        let value = json!({
            "id": product.id.as_str(),
            "sku": product.sku,
            "name": product.name.0,
            "gtin": product.gtin.map(|gtin| gtin.to_string()),
            "plu": product.plu.map(|plu| plu.to_string()),
            "category": category,
            "family": family.filter(|family| !family.is_empty()),
            "price": record.price,
            "currency": product.price.amount.currency.code(),
            "unit": record.per,
            "tax_code": product.tax_code.as_str(),
            "age_limit": product.age_limit,
            "archived": product.archived,
        });
        self.to.write_all(if self.is_first { b"\n" } else { b",\n" })?;
        self.is_first = false;
        Ok(serde_json::to_writer(&mut self.to, &value)?)
    }

    fn finish(mut self: Box<Self>) -> anyhow::Result<()> {
        self.to.write_all(b"\n]}\n")?;
        Ok(self.to.flush()?)
    }
}

/// Everything but prices is a text, so that no number loses its zeros and nothing is a formula.
struct Xlsx {
    workbook: Workbook,
    path: PathBuf,
    head: Head,
    price_column: usize,
    next: u32,
}

impl Xlsx {
    fn begin(path: &Path, head: Head) -> anyhow::Result<Self> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(path.parent().context("a file lies in a folder")?)?;
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        let bold = Format::new().set_bold();
        let titles = titles(&head);
        for (index, title) in (0_u16..).zip(&titles) {
            sheet.set_column_width(index, 18)?;
            sheet.write_string_with_format(0, index, title, &bold)?;
        }
        let price_column =
            titles.iter().position(|title| title == "price").context("a price has a column")?;
        Ok(Self { workbook, path: path.to_owned(), head, price_column, next: 1 })
    }
}

impl CatalogueWriter for Xlsx {
    fn product(&mut self, stored: &StoredProduct) -> anyhow::Result<()> {
        anyhow::ensure!(self.next < SHEET_ROWS, "a sheet takes {SHEET_ROWS} rows: ask for CSV");
        let sheet = self.workbook.worksheet_from_index(0)?;
        for (index, value) in values(stored, &self.head)?.iter().enumerate() {
            let column = u16::try_from(index)?;
            if index == self.price_column {
                sheet.write_number(self.next, column, value.parse::<f64>()?)?;
            } else if !value.is_empty() {
                sheet.write_string(self.next, column, value)?;
            }
        }
        self.next += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> anyhow::Result<()> {
        self.workbook.save(&self.path).context("failed to write the workbook")
    }
}
