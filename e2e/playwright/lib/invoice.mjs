/** A supplier's small e-invoice (UBL 2), as a file. */

const NAMES = {
  xmlns: "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
  "xmlns:cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
  "xmlns:cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
};

const money = (name, amount) => `<cbc:${name} currencyID="EUR">${amount.toFixed(2)}</cbc:${name}>`;
const taxed = (tag) => `<cac:${tag}><cbc:ID>S</cbc:ID><cbc:Percent>7</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:${tag}>`;

function line({ name, article, quantity, unit, price }, index) {
  return `<cac:InvoiceLine><cbc:ID>${index + 1}</cbc:ID><cbc:InvoicedQuantity unitCode="${unit}">${quantity}</cbc:InvoicedQuantity>${money("LineExtensionAmount", quantity * price)}
    <cac:Item><cbc:Name>${name}</cbc:Name><cac:SellersItemIdentification><cbc:ID>${article}</cbc:ID></cac:SellersItemIdentification>${taxed("ClassifiedTaxCategory")}</cac:Item>
    <cac:Price>${money("PriceAmount", price)}</cac:Price></cac:InvoiceLine>`;
}

/** `gross` is what the invoice claims to come to; by its lines when left out. */
export function invoice({ number, supplier = "Fruit Wholesale Ltd", lines, gross }) {
  const net = lines.reduce((sum, { quantity, price }) => sum + quantity * price, 0);
  const tax = net * 0.07;
  const total = gross ?? net + tax;
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<Invoice ${Object.entries(NAMES).map(([name, value]) => `${name}="${value}"`).join(" ")}>
  <cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>
  <cbc:ID>${number}</cbc:ID><cbc:IssueDate>2026-11-20</cbc:IssueDate><cbc:DueDate>2026-12-04</cbc:DueDate>
  <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>${supplier}</cbc:Name></cac:PartyName>
    <cac:PartyTaxScheme><cbc:CompanyID>DE123456789</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme></cac:Party></cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty><cac:Party><cac:PartyName><cbc:Name>Corner Shop</cbc:Name></cac:PartyName></cac:Party></cac:AccountingCustomerParty>
  <cac:TaxTotal>${money("TaxAmount", tax)}<cac:TaxSubtotal>${money("TaxableAmount", net)}${money("TaxAmount", tax)}${taxed("TaxCategory")}</cac:TaxSubtotal></cac:TaxTotal>
  <cac:LegalMonetaryTotal>${money("LineExtensionAmount", net)}${money("TaxExclusiveAmount", net)}${money("TaxInclusiveAmount", total)}${money("PayableAmount", total)}</cac:LegalMonetaryTotal>
  ${lines.map(line).join("\n  ")}
</Invoice>
`;
  return { name: `${number}.xml`, mimeType: "application/xml", buffer: Buffer.from(text) };
}
