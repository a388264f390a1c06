//! A Russian transfer document, a German hybrid invoice, an English scan and a price list as a workbook, each from its upload to the
//! stock.

use cloud_store::Role;
use data_encoding::BASE64_MIME;
use lopdf::{Document, Object, Stream, dictionary};
use reqwest::{Method, StatusCode};
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

use super::documents::{id, product, send, settings, ubl};
use super::support::{Caller, Cloud};

/// An English invoice as a scanner gives it: 200 dots an inch, black and white, and not quite straight.
const SCAN: &[u8] = include_bytes!("../data/scanned-invoice.png");

const UPD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Файл ИдФайл="ON_NSCHFDOPPR_2BM_2BM_20261120_1" ВерсФорм="5.03" ВерсПрог="Склад 4.0">
  <Документ КНД="1115131" Функция="СЧФДОП" ДатаИнфПр="20.11.2026" ВремИнфПр="10.00.00" НаимЭконСубСост="ООО «Белая речка»">
    <СвСчФакт НомерДок="БР-9" ДатаДок="20.11.2026">
      <СвПрод><ИдСв><СвЮЛУч НаимОрг="ООО «Белая речка»" ИННЮЛ="7707083893" КПП="773601001"/></ИдСв></СвПрод>
      <СвПокуп><ИдСв><СвЮЛУч НаимОрг="ООО «Ромашка»" ИННЮЛ="7728168971" КПП="772801001"/></ИдСв></СвПокуп>
      <ДенИзм КодОКВ="643" НаимОКВ="Российский рубль"/>
    </СвСчФакт>
    <ТаблСчФакт>
      <СведТов НомСтр="1" НаимТов="Кефир 1% 900 г" ОКЕИ_Тов="796" НаимЕдИзм="шт" КолТов="20" ЦенаТов="60.00" СтТовБезНДС="1200.00" НалСт="10%" СтТовУчНал="1320.00">
        <ДопСведТов ПрТовРаб="1" АртикулТов="КФ-1"/>
        <Акциз><БезАкциз>без акциза</БезАкциз></Акциз><СумНал><СумНал>120.00</СумНал></СумНал>
      </СведТов>
      <СведТов НомСтр="2" НаимТов="Сыр Российский" ОКЕИ_Тов="166" НаимЕдИзм="кг" КолТов="4.5" ЦенаТов="500.00" СтТовБезНДС="2250.00" НалСт="10%" СтТовУчНал="2475.00">
        <ДопСведТов ПрТовРаб="1" АртикулТов="СР-2"/>
        <Акциз><БезАкциз>без акциза</БезАкциз></Акциз><СумНал><СумНал>225.00</СумНал></СумНал>
      </СведТов>
      <ВсегоОпл СтТовБезНДСВсего="3450.00" СтТовУчНалВсего="3795.00"><СумНалВсего><СумНал>345.00</СумНал></СумНалВсего></ВсегоОпл>
    </ТаблСчФакт>
    <СвПродПер><СвПер СодОпер="Товары переданы" ДатаПер="20.11.2026"><ОснПер РеквНаимДок="Без документа-основания"/></СвПер></СвПродПер>
  </Документ>
</Файл>"#;

const CII: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100" xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
  <rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>urn:cen.eu:en16931:2017</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
  <rsm:ExchangedDocument><ram:ID>RE-77</ram:ID><ram:TypeCode>380</ram:TypeCode><ram:IssueDateTime><udt:DateTimeString format="102">20261120</udt:DateTimeString></ram:IssueDateTime></rsm:ExchangedDocument>
  <rsm:SupplyChainTradeTransaction>
    <ram:IncludedSupplyChainTradeLineItem>
      <ram:AssociatedDocumentLineDocument><ram:LineID>1</ram:LineID></ram:AssociatedDocumentLineDocument>
      <ram:SpecifiedTradeProduct><ram:SellerAssignedID>M-6</ram:SellerAssignedID><ram:Name>Mineralwasser Classic 6x1,5L</ram:Name></ram:SpecifiedTradeProduct>
      <ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice><ram:ChargeAmount>3.00</ram:ChargeAmount></ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>
      <ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="CS">5</ram:BilledQuantity></ram:SpecifiedLineTradeDelivery>
      <ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax><ram:TypeCode>VAT</ram:TypeCode><ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>19</ram:RateApplicablePercent></ram:ApplicableTradeTax><ram:SpecifiedTradeSettlementLineMonetarySummation><ram:LineTotalAmount>15.00</ram:LineTotalAmount></ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement>
    </ram:IncludedSupplyChainTradeLineItem>
    <ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty><ram:Name>Getränke Süd GmbH</ram:Name><ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">DE123456789</ram:ID></ram:SpecifiedTaxRegistration></ram:SellerTradeParty><ram:BuyerTradeParty><ram:Name>acme</ram:Name></ram:BuyerTradeParty></ram:ApplicableHeaderTradeAgreement>
    <ram:ApplicableHeaderTradeDelivery/>
    <ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode><ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:LineTotalAmount>15.00</ram:LineTotalAmount><ram:TaxBasisTotalAmount>15.00</ram:TaxBasisTotalAmount><ram:TaxTotalAmount currencyID="EUR">2.85</ram:TaxTotalAmount><ram:GrandTotalAmount>17.85</ram:GrandTotalAmount><ram:DuePayableAmount>17.85</ram:DuePayableAmount></ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>
  </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>"#;

/// A PDF of one blank page with its invoice attached, as Factur-X has it.
fn hybrid() -> Vec<u8> {
    let mut document = Document::with_version("1.7");
    let pages = document.new_object_id();
    let stream =
        document.add_object(Stream::new(dictionary! { "Type" => "EmbeddedFile" }, CII.as_bytes().to_vec()));
    let name = Object::string_literal("factur-x.xml");
    let file = document.add_object(dictionary! {
        "Type" => "Filespec", "F" => name.clone(), "UF" => name.clone(), "AFRelationship" => "Alternative",
        "EF" => dictionary! { "F" => stream },
    });
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    });
    let kids = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
    document.objects.insert(pages, kids.into());
    let catalog = document.add_object(dictionary! {
        "Type" => "Catalog", "Pages" => pages, "AF" => vec![file.into()],
        "Names" => dictionary! { "EmbeddedFiles" => dictionary! { "Names" => vec![name, file.into()] } },
    });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

fn price_list() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "ООО «Хлебный дом», ИНН 7706107510").unwrap();
    sheet.write(1, 0, "Прайс-лист от 20.11.2026").unwrap();
    for (column, head) in (0..).zip(["Артикул", "Наименование", "Ед. изм.", "Цена, руб."])
    {
        sheet.write(3, column, head).unwrap();
    }
    for (row, (article, name, price)) in
        (4..).zip([("ХБ-1", "Хлеб Бородинский 400 г", 42.5), ("БН-2", "Батон нарезной 350 г", 38.0)])
    {
        sheet.write(row, 0, article).unwrap();
        sheet.write(row, 1, name).unwrap();
        sheet.write(row, 2, "шт").unwrap();
        sheet.write(row, 3, price).unwrap();
    }
    book.save_to_buffer().unwrap()
}

/// Takes a document from its upload to the stock. Where it says how much comes that is not said again; a price list says nothing.
async fn through(
    cloud: &Cloud,
    caller: &Caller,
    file: (&str, Vec<u8>),
    format: &str,
    goods: &[(&str, u64)],
) -> Value {
    let (name, bytes) = file;
    let read = send(cloud, caller, name, bytes).await;
    assert_eq!(
        (&read["document"]["state"], &read["document"]["format"]),
        (&json!("needs_review"), &json!(format)),
        "{read}"
    );
    let lines = read["matches"]["lines"].as_array().unwrap();
    let line_of = |product: &str| {
        let found = lines.iter().find(|line| line["product"] == product);
        found.unwrap_or_else(|| panic!("{name}: no line is {product}: {read}"))
    };
    let said: Vec<Value> = goods
        .iter()
        .map(|(product, _)| json!({"line": line_of(product)["line"], "product": product}))
        .collect();
    let form = json!({"document": id(&read), "version": 0, "corrected": read["parsed"], "matches": said});
    let done = cloud.send(caller, Method::POST, "/api/v1/feedback", form, StatusCode::OK).await;
    assert_eq!(done["document"]["state"], "confirmed", "{done}");
    let says_how_much = read["document"]["kind"] != "price_list";
    let receipt = match says_how_much {
        true => json!({"store": "main"}),
        false => {
            let lines = goods.iter().map(|(product, quantity)| json!({"line": line_of(product)["line"], "product": product, "quantity": quantity}));
            json!({"store": "main", "lines": lines.collect::<Vec<_>>()})
        }
    };
    let path = format!("/api/v1/documents/{}/receive", id(&read));
    let booked = cloud.send(caller, Method::POST, &path, receipt, StatusCode::OK).await;
    assert_eq!(booked["document"]["state"], "received_goods", "{booked}");
    let stock: Value = cloud.get_as(caller, "/api/v1/stores/main/stock").await.json().await.unwrap();
    for (product, quantity) in goods {
        let found = stock["items"].as_array().unwrap().iter().find(|item| item["product"] == *product);
        assert_eq!(
            found.map(|found| &found["quantity"]),
            Some(&json!(quantity)),
            "{name}: {product}: {stock}"
        );
    }
    booked
}

async fn shop(test: &str) -> (Cloud, Caller) {
    let cloud = Cloud::start(test, &settings("")).await;
    let org = cloud.organisation("acme").await;
    let manager = cloud.person(&org, "ann", &[(Role::Manager, None)]).await;
    (cloud, manager)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transfer_hybrid_and_price_list_become_stock() {
    let (cloud, manager) = shop("structured").await;
    let kefir = product(&cloud, &manager, "Кефир 1% 900 г", &[("sku", "kefir")]).await;
    let cheese = product(&cloud, &manager, "Сыр Российский", &[("unit", "kg"), ("sku", "cheese")]).await;
    let water = product(&cloud, &manager, "Mineralwasser Classic 1,5 l", &[("sku", "water")]).await;
    let bread = product(&cloud, &manager, "Хлеб Бородинский 400 г", &[("sku", "bread")]).await;
    let loaf = product(&cloud, &manager, "Батон нарезной 350 г", &[("sku", "loaf")]).await;

    let upd = UPD.as_bytes().to_vec();
    let booked = through(&cloud, &manager, ("upd.xml", upd), "upd", &[(&kefir, 20), (&cheese, 4_500)]).await;
    let costs: Vec<&Value> =
        booked["receipt"]["lines"].as_array().unwrap().iter().map(|line| &line["cost"]).collect();
    assert_eq!(
        (costs, &booked["receipt"]["lines"][0]["currency"]),
        (vec![&json!("1200.00"), &json!("2250.00")], &json!("RUB"))
    );
    through(&cloud, &manager, ("Rechnung.pdf", hybrid()), "hybrid_pdf", &[(&water, 30)]).await;
    through(&cloud, &manager, ("price.xlsx", price_list()), "sheet", &[(&bread, 40), (&loaf, 25)]).await;
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_becomes_stock() {
    if !std::path::Path::new("/usr/bin/tesseract").exists() {
        eprintln!("SKIPPED: a scan, because there is no tesseract: install `tesseract-ocr`");
        return;
    }
    let (cloud, manager) = shop("scan").await;
    let juice = product(&cloud, &manager, "Orange juice 1 l", &[("sku", "juice")]).await;
    let bread = product(&cloud, &manager, "Wholemeal bread 800 g", &[("sku", "bread")]).await;
    let eggs = product(&cloud, &manager, "Free range eggs 12 pcs", &[("sku", "eggs")]).await;
    let goods = [(juice.as_str(), 24), (bread.as_str(), 10), (eggs.as_str(), 30)];
    let booked = through(&cloud, &manager, ("scan.png", SCAN.to_vec()), "scan", &goods).await;
    assert_eq!(booked["document"]["number"], "HW-1042", "{booked}");
    // Its page is shown beside what was read, twice the same, and there is no second one.
    let path = format!("/api/v1/documents/{}/pages", booked["document"]["id"].as_str().unwrap());
    for _ in 0..2 {
        let page = cloud.get_as(&manager, &format!("{path}/1")).await;
        assert_eq!(
            (page.status(), &page.headers()["content-type"]),
            (StatusCode::OK, &"image/png".parse().unwrap())
        );
        assert!(page.bytes().await.unwrap().starts_with(b"\x89PNG"));
    }
    assert_eq!(cloud.blobs().drawn_pages().await.unwrap().len(), 1);
    for page in ["0", "2", "101"] {
        let status = cloud.get_as(&manager, &format!("{path}/{page}")).await.status();
        assert_eq!(status, StatusCode::NOT_FOUND, "{page}");
    }
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_within_a_mail_has_its_own_pages() {
    if !std::path::Path::new("/usr/bin/tesseract").exists() {
        eprintln!("SKIPPED: a scan within a mail, because there is no tesseract: install `tesseract-ocr`");
        return;
    }
    let (cloud, manager) = shop("scan-in-mail").await;
    let attached = |name: &str, bytes: &[u8]| {
        format!(
            "--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            BASE64_MIME.encode(bytes)
        )
    };
    let invoice = ubl("M-1", "Nord GmbH", "DE123456789", &[("Red apples", "", "", "1", "KGM", "1.00")]);
    let mail = format!(
        "From: nord@example.org\r\nTo: acme@example.org\r\nSubject: Invoices\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n{}{}--b--\r\n",
        attached("M-1.xml", invoice.as_bytes()),
        attached("scan.png", SCAN)
    );
    let read = send(&cloud, &manager, "mail.eml", mail).await;
    assert_eq!(read["document"]["state"], "split", "{read}");
    let path = format!("/api/v1/documents?parent={}", id(&read));
    let parts: Value = cloud.get_as(&manager, &path).await.json().await.unwrap();
    let of = |number: &str| {
        let parts = parts["items"].as_array().unwrap();
        let part = parts.iter().find(|part| part["number"] == number);
        part.unwrap_or_else(|| panic!("no {number} in {parts:?}"))["id"].as_str().unwrap().to_owned()
    };
    let page =
        async |document: &str| cloud.get_as(&manager, &format!("/api/v1/documents/{document}/pages/1")).await;
    let drawn = page(&of("HW-1042")).await;
    assert_eq!(drawn.status(), StatusCode::OK);
    let drawn = drawn.bytes().await.unwrap();
    assert!(drawn.starts_with(b"\x89PNG"));
    // Neither what is no page nor what holds pages of others has one.
    for without in [of("M-1").as_str(), id(&read)] {
        assert_eq!(page(without).await.status(), StatusCode::NOT_FOUND, "{without}");
    }
    // The same picture sent by itself looks the same.
    let alone = send(&cloud, &manager, "scan.png", SCAN.to_vec()).await;
    assert_eq!(page(id(&alone)).await.bytes().await.unwrap(), drawn);
    cloud.stop().await;
}
