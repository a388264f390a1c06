//! Every code with the names of its values and its English sentence. A code is never given another meaning: stored documents have it.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::{Note, called, kept};

/// Makes a function of each line that makes the note, and the list of all; a sentence that lacks a value, or has another, does not
/// compile.
macro_rules! notes {
    ($($code:ident($($value:ident),*) $english:literal;)*) => {
        $(
            #[doc = $english]
            #[allow(clippy::useless_format, reason = "some sentences have no values")]
            pub fn $code($($value: impl Display),*) -> Note {
                $(let $value = kept($value.to_string());)*
                let text = format!($english $(, $value = called(stringify!($value), &$value))*);
                let values = BTreeMap::from([$((stringify!($value).to_owned(), $value)),*]);
                Note { code: stringify!($code).to_owned(), values, text }
            }
        )*
        /// All codes with their English sentences, values in braces.
        pub const SENTENCES: &[(&str, &str)] = &[$((stringify!($code), $english)),*];
    };
}

notes! {
    // What does not agree with itself.
    totals_differ(sum, computed, said) "{sum} makes {computed}, the document says {said}";
    tax_differs(rate, basis, computed, said) "{rate} % of {basis} makes {computed}, the document says {said}";
    line_differs(quantity, price, computed, said) "{quantity} x {price} makes {computed}, the line says {said}";
    line_basis_differs(quantity, price, basis, computed, said) "{quantity} x {price} per {basis} makes {computed}, the line says {said}";
    line_tax_differs(net, tax, computed, said) "{net} with {tax} tax makes {computed}, the line says {said}";
    gtin_wrong(gtin) "GTIN `{gtin}` is not 8, 12, 13 or 14 digits with a right check digit: compare it with the package";
    gln_wrong(party, gln) "the {party}'s GLN `{gln}` is not 13 digits with a right check digit";
    iban_wrong(party, iban) "the {party}'s IBAN `{iban}` has wrong check digits: ask before paying";
    tax_id_wrong(party, tax_id) "the {party}'s tax number `{tax_id}` is not of its country's shape";
    unit_differs(unit, okei) "unit `{unit}` has the number {okei} of another unit; the name is taken";

    // What a value says.
    value_unreadable(element, shown, wanted) "`{element}` says `{shown}`, which is not {wanted}: enter it by hand";
    currency_unknown(currency) "currency `{currency}` is not known: enter its letters by hand";
    kind_unknown(type_code) "type code `{type_code}` is not known; taken for an invoice: correct it by hand";
    kind_missing() "it has no type code; taken for what its root is: correct it by hand";
    letters_damaged(encoding) "some letters are not of its encoding {encoding}: save it as UTF-8";
    nothing_found() "no number, no line and no total was found on it: enter it by hand, and the next will be read like it";
    nothing_of_trade() "no number, no line and no total was found on it";
    model_ungrounded(field, proposed) "a language model proposed `{proposed}` for {field}, which stands nowhere in the document: look it up yourself";

    // What is more than is read.
    lines_cut(limit) "more than {limit} lines; the others are left out: send it in parts";
    rows_cut(limit, row) "more than {limit} lines; row {row} and what follows was not read: send it in parts";
    cells_cut(limit) "more than {limit} cells; what follows was not read: send it in parts";
    pages_unread(limit) "only the first {limit} pages are read: send the others by themselves";
    entities_cut(limit) "more than {limit} entities; the rest was not counted";
    blocks_cut(limit) "more than {limit} entities with those of blocks; sums are too small";
    blocks_too_deep(limit) "blocks lie in one another deeper than {limit}; sums are too small";
    relations_cut(limit) "more than {limit} relations; the rest was not followed";
    quantities_cut() "too many quantities; the rest was left out";
    elements_cut(limit) "it has more than {limit} elements: send it in parts";
    elements_too_deep(limit) "elements lie more than {limit} deep in one another";
    file_too_large(bytes, limit) "it has {bytes} bytes, the limit is {limit}";
    files_cut(count, limit) "{count} more files are left out, {limit} are read: send them by themselves";
    too_many_files(limit) "more than {limit} files: send it in parts";
    too_deep(limit) "files lie more than {limit} deep in one another: send it unpacked";
    unpacked_too_large() "what is unpacked of the whole file goes beyond the limit: send it in parts";
    packed_too_tight(ratio) "it unpacks to more than {ratio} times its size: send it unpacked";
    workbook_too_large(bytes, limit) "it unpacks to {bytes} bytes or more, the limit is {limit}";
    directory_too_long(count, limit) "its directory lists {count} files, the limit is {limit}";
    picture_too_large(pixels, limit) "the picture has {pixels} pixels, {limit} are read: send it smaller";
    page_too_large(page, dpi, limit) "page {page} at {dpi} dpi has more than {limit} pixels";

    // What breaks.
    broken_off(detail) "what follows a fault cannot be read ({detail}); what stands before it was";
    no_end() "the file has no end; what is there was read: send the whole file";
    element_unbegun() "an element ends that never began";
    has_dtd() "it declares a document type (DTD), which can pull in other files: send it without";
    locked() "it is locked with a password: send it without one";
    entry_broken(detail) "it cannot be unpacked ({detail})";
    directory_broken(detail) "its directory is broken ({detail})";
    archive_empty() "it is an archive without files";
    mail_broken() "it is no whole mail";
    mail_says_nothing() "it says nothing of trade, and nothing attached to it can be read";
    body_missing(content) "it is {content} without a body";
    envelope_empty() "there is no invoice or order in it: send the document itself";
    envelope_broken() "its signed envelope is broken: send the file before it was signed";
    envelope_holds(content) "its signed envelope holds what is {content}: send that itself";
    reader_failed(detail) "its reader failed: {detail}";

    // Kinds of files.
    unknown_content(content) "it is {content}";
    unknown_xml(root) "it is XML that is no invoice or order known here (its root is `{root}`)";
    unknown_form(form) "it is form {form} of Russia's tax service, which is no transfer document (1115131)";
    unknown_bytes(begins) "it is of no known kind (it begins with {begins})";
    no_table(content) "it is {content}: send a table as CSV, XLSX, XLS or ODS";
    no_pages(content) "it is {content}, which has no pages to be shown";
    nothing_to_learn(content) "it is {content}, whose values are where its format says: there is nothing to learn";
    nothing_corrected() "there is no corrected document to learn from";
    no_such_file() "there is no such file in it";
    name_twice() "two files in it have this name: which is meant is not known";

    // PDFs and pictures.
    pdf_broken(detail) "no document is found in it ({detail})";
    no_page(page) "it has no page {page}";
    no_words() "there are no words on its pages";
    page_unreadable(page, detail) "page {page} cannot be read: {detail}";
    page_picture_unread(page, detail) "page {page} is a picture and cannot be read: {detail}";
    picture_broken(detail) "the picture cannot be decoded: {detail}";
    recogniser_missing(pages) "words on pictures ({pages} pages) are recognised by Tesseract, which is not installed: `apt-get install tesseract-ocr tesseract-ocr-rus tesseract-ocr-deu`";
    recogniser_mute(pages) "words on pictures ({pages} pages) are not recognised, since Tesseract has none of the languages that are read: `apt-get install tesseract-ocr-eng tesseract-ocr-rus tesseract-ocr-deu`";
    recogniser_failed(detail) "Tesseract failed: {detail}";
    pdfium_missing() "pages of PDFs are read and drawn by PDFium, which is not found: say where `libpdfium.so` is in `documents.pdfium`";
    structure_broken(detail) "its structure is broken ({detail})";
    attachments_unknown() "whether an invoice is attached is not known";
    attached_invoice_unread() "its attached invoice cannot be read and is passed over; its pages are read instead";
    attachment_unreadable(file, detail) "attached file `{file}` cannot be taken out: {detail}";

    // Sheets.
    no_goods(sheets) "no sheet has a table of goods (looked at: {sheets}): name the columns, for example `Article`, `Name`, `Unit`, `Price`";
    nothing_in_it() "there is nothing in it";
    hidden_sheet(sheet) "sheet `{sheet}` is hidden; it was read too: look whether it is meant";
    sheet_unreadable(detail) "reading of the sheet ends early: {detail}";
    workbook_broken(detail) "the workbook does not open: {detail}";
    other_prices(columns) "there are more columns of prices, which were not read: {columns}";
    no_head() "no row names the columns; they were told by what they hold: name, price and GTIN";
    line_unreadable(row, shown) "row {row}: `{shown}` is no number";
    line_without_price(row) "row {row} has neither a price nor a quantity";

    // Offers of a price list.
    currency_unreadable(currency) "its currency is no ISO 4217 code: the supplier's own, {currency}, is taken";
    offer_unnamed() "the line is left out: it has neither article number nor GTIN nor name";
    offer_without_rate() "the line is left out: it has a price with tax and no tax rate";
    offer_without_price() "the line is left out: it has no price";
    offer_price_unusable() "the line is left out: its price cannot be used";
    offer_of_time() "the line is left out: it is priced by time, and is no goods";

    // Catalogues of other systems.
    no_catalogue(content) "it is {content}: send a catalogue as CSV, XLSX, XLS, ODS, JSON or CommerceML";
    no_products() "there is no product in it";
    products_cut(limit) "it has more than {limit} products: send it in parts";
    no_catalogue_xml() "there is no XML in it: pack `import.xml` and `offers.xml`";
    file_no_text(file) "`{file}` in it is no text";
    json_broken(detail) "it is no JSON: {detail}";
    no_product_list() "it has no list of products: name it `products`";
    no_catalogue_head() "no row names its columns: name two or more of `id`, `sku`, `gtin`, `name`, `category`, `price`, `unit`, `tax_code`";
    column_twice(column) "the column `{column}` says what another one says already: leave one of them away";
    no_commerceml(root) "its root is `{root}`: send CommerceML 2";
    no_element() "it has no element at all";
    element_too_full(limit) "an element has more than {limit} others in it";
    ends_early() "it ends before its elements do: send the whole file";
    one_sheet_read(sheet) "only the sheet `{sheet}` was read";
    variants_left_out(count) "{count} offers are of variants (their `Ид` has a `#`) and were left out: make each a product of its own";
    many_price_types() "it has several types of prices: the first one that a product has counts";
    columns_unknown(columns) "nobody knows what these columns say, so they were not read: {columns}";
    only_changes() "the file says that it has only what changed: products that it lacks stay";
    findings_cut(count, limit) "of {count} findings the first {limit} are shown";
    virus_found(virus) "the virus scanner found `{virus}` in it";
    page_too_slow(limit) "reading a part of it took longer than {limit} ms: send it in smaller parts, or raise `documents.page_time_ms`";
    file_too_slow(limit) "reading all of it took longer than {limit} ms: send it in smaller parts, or raise `documents.total_time_ms`";
    reader_ended(detail) "its reader was ended ({detail}): the file is damaged or made to do harm; send another copy of it";
    reader_unusable(detail) "its reader gave no answer that can be used: {detail}";
    import_given_up(detail) "the server tried it again and again and could not do it ({detail}): what is written stays; send the file again";
    import_stranded() "the server ended each time that it worked on it: what is written stays; send the file again, in smaller parts if it is large";

    // Drawings and models.
    drawing_empty() "it has no section of entities or blocks";
    drawing_unreadable(detail) "it has no section of entities or blocks: {detail}";
    no_drawing_unit() "the drawing does not say its unit ($INSUNITS): lengths and areas are in drawing units";
    nothing_drawn() "there is nothing in model space that is counted or measured";
    not_measured(kinds) "kinds that are neither counted nor measured: {kinds}";
    hatch_left_out(layer) "a hatch on layer `{layer}` has too many outlines to tell its area";
    block_missing(block) "block `{block}` is used but not there";
    block_in_itself(block) "block `{block}` stands in itself; it was counted once";
    model_empty() "it has no instances: is it cut off?";
    model_schema(schema) "it is a STEP file of schema `{schema}`, not a building model: export IFC";
    no_elements() "the model has no elements that a building is made of";
    no_quantities() "nothing was measured in the model (IfcElementQuantity): elements are counted only";
    no_unit(measure) "`{measure}` and perhaps others have no unit; they were left out";
}
