//! Order-X 1.0 (FNFE-MPE and FeRD), profile Comfort: UN/CEFACT's Cross Industry Order.

use domain::time::BusinessDay;

use super::xml::Xml;
use super::{Paper, PaperLine, unit_code};

const NAMESPACES: &str = concat!(
    "xmlns:rsm=\"urn:un:unece:uncefact:data:SCRDMCCBDACIOMessageStructure:100\" ",
    "xmlns:udt=\"urn:un:unece:uncefact:data:standard:UnqualifiedDataType:128\" ",
    "xmlns:qdt=\"urn:un:unece:uncefact:data:standard:QualifiedDataType:128\" ",
    "xmlns:ram=\"urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:128\""
);

pub(super) fn make(paper: &Paper) -> String {
    let mut xml = Xml::new();
    xml.within("rsm:SCRDMCCBDACIOMessageStructure", NAMESPACES, |xml| {
        xml.within("rsm:ExchangedDocumentContext", "", |xml| {
            xml.within("ram:GuidelineSpecifiedDocumentContextParameter", "", |xml| {
                xml.text("ram:ID", "", "urn:order-x.eu:1p0:comfort");
            });
        });
        xml.within("rsm:ExchangedDocument", "", |xml| {
            xml.text("ram:ID", "", &paper.number);
            xml.text("ram:TypeCode", "", "220");
            xml.within("ram:IssueDateTime", "", |xml| day(xml, paper.issued));
            xml.text("ram:PurposeCode", "", "9");
            if !paper.note.is_empty() {
                xml.within("ram:IncludedNote", "", |xml| xml.text("ram:Content", "", &paper.note));
            }
        });
        xml.within("rsm:SupplyChainTradeTransaction", "", |xml| {
            for of_order in &paper.lines {
                line(xml, of_order);
            }
            xml.within("ram:ApplicableHeaderTradeAgreement", "", |xml| {
                seller(xml, paper);
                xml.within("ram:BuyerTradeParty", "", |xml| xml.text("ram:Name", "", &paper.buyer));
            });
            xml.within("ram:ApplicableHeaderTradeDelivery", "", |xml| {
                xml.within("ram:ShipToTradeParty", "", |xml| xml.text("ram:Name", "", &paper.place));
                if let Some(wanted) = paper.wanted_on {
                    xml.within("ram:RequestedDeliverySupplyChainEvent", "", |xml| {
                        xml.within("ram:OccurrenceDateTime", "", |xml| day(xml, wanted));
                    });
                }
            });
            xml.within("ram:ApplicableHeaderTradeSettlement", "", |xml| {
                xml.text("ram:OrderCurrencyCode", "", paper.currency.code());
                xml.within("ram:SpecifiedTradeSettlementHeaderMonetarySummation", "", |xml| {
                    let total = paper.total.to_string();
                    xml.text("ram:LineTotalAmount", "", &total);
                    xml.text("ram:TaxBasisTotalAmount", "", &total);
                });
            });
        });
    });
    xml.finish()
}

fn day(xml: &mut Xml, day: BusinessDay) {
    let text = day.to_string().replace('-', "");
    xml.text("udt:DateTimeString", "format=\"102\"", &text);
}

fn seller(xml: &mut Xml, paper: &Paper) {
    let supplier = &paper.supplier;
    xml.within("ram:SellerTradeParty", "", |xml| {
        xml.text_if("ram:GlobalID", "schemeID=\"0088\"", supplier.gln.as_deref().unwrap_or_default());
        xml.text("ram:Name", "", &supplier.name);
        if let Some(registration) = &supplier.registration_id {
            xml.within("ram:SpecifiedLegalOrganization", "", |xml| xml.text("ram:ID", "", registration));
        }
        if !supplier.address.is_empty() || !supplier.country.is_empty() {
            xml.within("ram:PostalTradeAddress", "", |xml| {
                xml.text_if("ram:LineOne", "", &supplier.address);
                xml.text_if("ram:CountryID", "", &supplier.country);
            });
        }
        if let Some(tax_id) = &supplier.tax_id {
            xml.within("ram:SpecifiedTaxRegistration", "", |xml| {
                xml.text("ram:ID", "schemeID=\"VA\"", tax_id)
            });
        }
    });
}

fn line(xml: &mut Xml, line: &PaperLine) {
    let unit = format!("unitCode=\"{}\"", unit_code(line.pack));
    xml.within("ram:IncludedSupplyChainTradeLineItem", "", |xml| {
        xml.within("ram:AssociatedDocumentLineDocument", "", |xml| {
            xml.text("ram:LineID", "", &line.number.to_string());
        });
        xml.within("ram:SpecifiedTradeProduct", "", |xml| {
            xml.text_if("ram:GlobalID", "schemeID=\"0160\"", &line.gtin);
            xml.text_if("ram:SellerAssignedID", "", &line.article);
            xml.text_if("ram:BuyerAssignedID", "", &line.product);
            xml.text("ram:Name", "", &line.name);
        });
        xml.within("ram:SpecifiedLineTradeAgreement", "", |xml| {
            xml.within("ram:NetPriceProductTradePrice", "", |xml| {
                xml.text("ram:ChargeAmount", "", &line.price.to_string());
                xml.text("ram:BasisQuantity", &unit, "1");
            });
        });
        xml.within("ram:SpecifiedLineTradeDelivery", "", |xml| {
            xml.text("ram:RequestedQuantity", &unit, &line.packs.to_string());
            if unit_code(line.pack) == "XPK" {
                xml.text("ram:PackageQuantity", "unitCode=\"XPK\"", &line.packs.to_string());
                let inner = match line.pack.unit {
                    cloud_core::ledger::StockUnit::Piece => "unitCode=\"H87\"",
                    cloud_core::ledger::StockUnit::Gram => "unitCode=\"GRM\"",
                };
                xml.text("ram:PerPackageUnitQuantity", inner, &line.pack.content.to_string());
            }
        });
        xml.within("ram:SpecifiedLineTradeSettlement", "", |xml| {
            if let Some(percent) = line.tax_percent {
                xml.within("ram:ApplicableTradeTax", "", |xml| {
                    xml.text("ram:TypeCode", "", "VAT");
                    xml.text("ram:CategoryCode", "", if percent.is_zero() { "Z" } else { "S" });
                    xml.text("ram:RateApplicablePercent", "", &percent.to_string());
                });
            }
            xml.within("ram:SpecifiedTradeSettlementLineMonetarySummation", "", |xml| {
                xml.text("ram:LineTotalAmount", "", &line.amount.to_string());
            });
        });
    });
}
