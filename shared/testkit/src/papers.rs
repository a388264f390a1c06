//! Suppliers' papers.

/// One line of an invoice: name, the supplier's article, GTIN, quantity, unit (UN/ECE Recommendation 20), price without tax.
pub type Goods<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, &'a str);

/// An invoice of a supplier, in euros with 7 % tax.
#[derive(Debug, Clone, Copy)]
pub struct Invoice<'a> {
    /// Its number.
    pub number: &'a str,
    /// Its day, as 2026-11-20.
    pub day: &'a str,
    /// Who sent it.
    pub supplier: &'a str,
    /// Their VAT number.
    pub tax_id: &'a str,
    /// What was delivered.
    pub lines: &'a [Goods<'a>],
}

/// A UBL invoice of a supplier, of 2026-11-20.
///
/// # Panics
/// When a quantity or price is no number.
pub fn ubl(number: &str, supplier: &str, tax_id: &str, lines: &[Goods<'_>]) -> String {
    Invoice { number, day: "2026-11-20", supplier, tax_id, lines }.ubl()
}

/// What a line comes to without tax.
///
/// # Panics
/// When a quantity or price is no number.
pub fn net_of((_, _, _, quantity, _, price): &Goods<'_>) -> f64 {
    let number = |text: &str| text.parse::<f64>().expect("quantities and prices are numbers");
    number(quantity) * number(price)
}

impl Invoice<'_> {
    /// As UBL 2.1.
    ///
    /// # Panics
    /// When a quantity or price is no number.
    pub fn ubl(&self) -> String {
        let Self { number, day, supplier, tax_id, lines } = self;
        let net: f64 = lines.iter().map(net_of).sum();
        let tax = tax_of(net);
        let lines: String = lines.iter().zip(1..).map(|(goods, at)| line(at, goods)).collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Invoice xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2\" \
             xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" \
             xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\"><cbc:ID>{number}</cbc:ID>\
             <cbc:IssueDate>{day}</cbc:IssueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>\
             <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode><cac:AccountingSupplierParty><cac:Party><cac:PostalAddress>\
             <cbc:StreetName>Hafen 1</cbc:StreetName></cac:PostalAddress><cac:PartyTaxScheme><cbc:CompanyID>{tax_id}</cbc:CompanyID>\
             <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme><cac:PartyLegalEntity><cbc:RegistrationName>\
             {supplier}</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty>\
             <cac:AccountingCustomerParty><cac:Party><cac:PartyLegalEntity><cbc:RegistrationName>acme</cbc:RegistrationName>\
             </cac:PartyLegalEntity></cac:Party></cac:AccountingCustomerParty><cac:TaxTotal><cbc:TaxAmount currencyID=\"EUR\">{tax:.2}\
             </cbc:TaxAmount></cac:TaxTotal><cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID=\"EUR\">{net:.2}\
             </cbc:LineExtensionAmount><cbc:TaxExclusiveAmount currencyID=\"EUR\">{net:.2}</cbc:TaxExclusiveAmount>\
             <cbc:TaxInclusiveAmount currencyID=\"EUR\">{gross:.2}</cbc:TaxInclusiveAmount><cbc:PayableAmount currencyID=\"EUR\">\
             {gross:.2}</cbc:PayableAmount></cac:LegalMonetaryTotal>{lines}</Invoice>",
            gross = net + tax,
        )
    }
}

/// The tax on a sum, rounded as it is printed so that what is printed sums up.
pub fn tax_of(net: f64) -> f64 {
    (net * 7.0).round() / 100.0
}

fn line(at: usize, goods: &Goods<'_>) -> String {
    let (name, article, gtin, quantity, unit, price) = goods;
    let net = net_of(goods);
    let article = match article.is_empty() {
        true => String::new(),
        false => {
            format!(
                "<cac:SellersItemIdentification><cbc:ID>{article}</cbc:ID></cac:SellersItemIdentification>"
            )
        }
    };
    let gtin = match gtin.is_empty() {
        true => String::new(),
        false => format!(
            "<cac:StandardItemIdentification><cbc:ID schemeID=\"0160\">{gtin}</cbc:ID></cac:StandardItemIdentification>"
        ),
    };
    format!(
        "<cac:InvoiceLine><cbc:ID>{at}</cbc:ID><cbc:InvoicedQuantity unitCode=\"{unit}\">{quantity}</cbc:InvoicedQuantity>\
         <cbc:LineExtensionAmount currencyID=\"EUR\">{net:.2}</cbc:LineExtensionAmount><cac:Item><cbc:Name>{name}</cbc:Name>\
         {article}{gtin}<cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>7</cbc:Percent><cac:TaxScheme><cbc:ID>VAT\
         </cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory></cac:Item><cac:Price><cbc:PriceAmount currencyID=\"EUR\">{price}\
         </cbc:PriceAmount></cac:Price></cac:InvoiceLine>"
    )
}
