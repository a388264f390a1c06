//! UBL 2.1 Order (OASIS), as Peppol's BIS Order Only 3 profiles it.

use super::xml::Xml;
use super::{Paper, PaperLine, unit_code};

const NAMESPACES: &str = concat!(
    "xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Order-2\" ",
    "xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" ",
    "xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\""
);

pub(super) fn make(paper: &Paper) -> String {
    let mut xml = Xml::new();
    let currency = format!("currencyID=\"{}\"", paper.currency.code());
    xml.within("Order", NAMESPACES, |xml| {
        xml.text("cbc:UBLVersionID", "", "2.1");
        xml.text("cbc:CustomizationID", "", "urn:fdc:peppol.eu:poacc:trns:order:3");
        xml.text("cbc:ProfileID", "", "urn:fdc:peppol.eu:poacc:bis:order_only:3");
        xml.text("cbc:ID", "", &paper.number);
        xml.text("cbc:IssueDate", "", &paper.issued.to_string());
        xml.text("cbc:OrderTypeCode", "", "220");
        xml.text_if("cbc:Note", "", &paper.note);
        xml.text("cbc:DocumentCurrencyCode", "", paper.currency.code());
        xml.within("cac:BuyerCustomerParty", "", |xml| {
            xml.within("cac:Party", "", |xml| {
                xml.within("cac:PartyName", "", |xml| xml.text("cbc:Name", "", &paper.buyer));
                xml.within("cac:PartyLegalEntity", "", |xml| {
                    xml.text("cbc:RegistrationName", "", &paper.buyer)
                });
            });
        });
        seller(xml, paper);
        xml.within("cac:Delivery", "", |xml| {
            xml.within("cac:DeliveryLocation", "", |xml| xml.text("cbc:Name", "", &paper.place));
            if let Some(day) = paper.wanted_on {
                xml.within("cac:RequestedDeliveryPeriod", "", |xml| {
                    xml.text("cbc:EndDate", "", &day.to_string());
                });
            }
        });
        xml.within("cac:AnticipatedMonetaryTotal", "", |xml| {
            let total = paper.total.to_string();
            xml.text("cbc:LineExtensionAmount", &currency, &total);
            xml.text("cbc:TaxExclusiveAmount", &currency, &total);
            xml.text("cbc:PayableAmount", &currency, &total);
        });
        for of_order in &paper.lines {
            line(xml, of_order, &currency);
        }
    });
    xml.finish()
}

fn seller(xml: &mut Xml, paper: &Paper) {
    let supplier = &paper.supplier;
    xml.within("cac:SellerSupplierParty", "", |xml| {
        xml.within("cac:Party", "", |xml| {
            if let Some(gln) = &supplier.gln {
                xml.within("cac:PartyIdentification", "", |xml| xml.text("cbc:ID", "schemeID=\"0088\"", gln));
            }
            xml.within("cac:PartyName", "", |xml| xml.text("cbc:Name", "", &supplier.name));
            if !supplier.address.is_empty() || !supplier.country.is_empty() {
                xml.within("cac:PostalAddress", "", |xml| {
                    xml.text_if("cbc:StreetName", "", &supplier.address);
                    if !supplier.country.is_empty() {
                        xml.within("cac:Country", "", |xml| {
                            xml.text("cbc:IdentificationCode", "", &supplier.country)
                        });
                    }
                });
            }
            if let Some(tax_id) = &supplier.tax_id {
                xml.within("cac:PartyTaxScheme", "", |xml| {
                    xml.text("cbc:CompanyID", "", tax_id);
                    xml.within("cac:TaxScheme", "", |xml| xml.text("cbc:ID", "", "VAT"));
                });
            }
            xml.within("cac:PartyLegalEntity", "", |xml| {
                xml.text("cbc:RegistrationName", "", &supplier.name);
                xml.text_if("cbc:CompanyID", "", supplier.registration_id.as_deref().unwrap_or_default());
            });
        });
    });
}

fn line(xml: &mut Xml, line: &PaperLine, currency: &str) {
    let unit = format!("unitCode=\"{}\"", unit_code(line.pack));
    xml.within("cac:OrderLine", "", |xml| {
        xml.within("cac:LineItem", "", |xml| {
            xml.text("cbc:ID", "", &line.number.to_string());
            xml.text("cbc:Quantity", &unit, &line.packs.to_string());
            xml.text("cbc:LineExtensionAmount", currency, &line.amount.to_string());
            xml.within("cac:Price", "", |xml| {
                xml.text("cbc:PriceAmount", currency, &line.price.to_string());
                xml.text("cbc:BaseQuantity", &unit, "1");
            });
            xml.within("cac:Item", "", |xml| item(xml, line));
        });
    });
}

fn item(xml: &mut Xml, line: &PaperLine) {
    if unit_code(line.pack) == "XPK" {
        xml.text("cbc:PackSizeNumeric", "", &line.pack.content.to_string());
    }
    xml.text("cbc:Name", "", &line.name);
    if !line.product.is_empty() {
        xml.within("cac:BuyersItemIdentification", "", |xml| xml.text("cbc:ID", "", &line.product));
    }
    if !line.article.is_empty() {
        xml.within("cac:SellersItemIdentification", "", |xml| xml.text("cbc:ID", "", &line.article));
    }
    if !line.gtin.is_empty() {
        xml.within("cac:StandardItemIdentification", "", |xml| {
            xml.text("cbc:ID", "schemeID=\"0160\"", &line.gtin);
        });
    }
    if let Some(percent) = line.tax_percent {
        xml.within("cac:ClassifiedTaxCategory", "", |xml| {
            xml.text("cbc:ID", "", if percent.is_zero() { "Z" } else { "S" });
            xml.text("cbc:Percent", "", &percent.to_string());
            xml.within("cac:TaxScheme", "", |xml| xml.text("cbc:ID", "", "VAT"));
        });
    }
}
