//! What a PDF's metadata say of the Order-X that is attached to it (Order-X 1.0, 4.1.2): programs look there before they open it.
//! The maker of PDFs writes no properties of others, so they are put in afterwards.

use anyhow::Context as _;
use lopdf::{Document, Object};

/// Where the last description of the metadata ends.
const END: &str = "</rdf:RDF>";

/// Names the attached order in the metadata of a PDF.
pub(super) fn name_order(pdf: &[u8], file_name: &str) -> anyhow::Result<Vec<u8>> {
    let mut document = Document::load_mem(pdf).context("the PDF that was made cannot be read")?;
    let place = document
        .catalog()
        .and_then(|catalog| catalog.get(b"Metadata"))
        .and_then(Object::as_reference)
        .context("the PDF that was made has no metadata")?;
    let stream = document
        .get_object_mut(place)
        .and_then(Object::as_stream_mut)
        .context("the metadata of the PDF that was made cannot be read")?;
    let said = String::from_utf8(stream.content.clone()).context("the metadata are no text")?;
    let end = said.rfind(END).context("the metadata have no end")?;
    let mut with_order = said[..end].to_owned();
    with_order.push_str(&descriptions(file_name));
    with_order.push_str(&said[end..]);
    stream.set_plain_content(with_order.into_bytes());
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).context("failed to write the PDF with its metadata")?;
    Ok(bytes)
}

/// The four properties, and what PDF/A wants to be told of properties that it does not know.
fn descriptions(file_name: &str) -> String {
    const NAMESPACE: &str = "urn:factur-x:pdfa:CrossIndustryDocument:1p0#";
    let properties = [
        ("DocumentFileName", "The name of the embedded XML document", file_name),
        ("DocumentType", "The type of the hybrid document", "ORDER"),
        ("Version", "The version of the standard that the XML document follows", "1.0"),
        ("ConformanceLevel", "The conformance level of the XML document", "COMFORT"),
    ];
    let told: String = properties
        .iter()
        .map(|(name, about, _)| {
            format!(
                "<rdf:li rdf:parseType=\"Resource\"><pdfaProperty:name>{name}</pdfaProperty:name>\
                 <pdfaProperty:valueType>Text</pdfaProperty:valueType>\
                 <pdfaProperty:category>external</pdfaProperty:category>\
                 <pdfaProperty:description>{about}</pdfaProperty:description></rdf:li>"
            )
        })
        .collect();
    let said: String =
        properties.iter().map(|(name, _, value)| format!("<fx:{name}>{value}</fx:{name}>")).collect();
    format!(
        "<rdf:Description rdf:about=\"\" xmlns:fx=\"{NAMESPACE}\">{said}</rdf:Description>\
         <rdf:Description rdf:about=\"\" xmlns:pdfaExtension=\"http://www.aiim.org/pdfa/ns/extension/\" \
         xmlns:pdfaSchema=\"http://www.aiim.org/pdfa/ns/schema#\" \
         xmlns:pdfaProperty=\"http://www.aiim.org/pdfa/ns/property#\"><pdfaExtension:schemas><rdf:Bag>\
         <rdf:li rdf:parseType=\"Resource\"><pdfaSchema:schema>Order-X PDFA Extension Schema</pdfaSchema:schema>\
         <pdfaSchema:namespaceURI>{NAMESPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>\
         <pdfaSchema:property><rdf:Seq>{told}</rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag>\
         </pdfaExtension:schemas></rdf:Description>"
    )
}
