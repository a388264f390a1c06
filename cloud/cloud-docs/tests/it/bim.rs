//! Building models as bills of quantities.

use cloud_docs::document::{DocumentKind, Field, Format, Origin};
use cloud_docs::{Hints, Limits, ParsedDocument, Refusal};

pub(crate) fn ifc(data: &str) -> Vec<u8> {
    format!(
        "ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\nFILE_NAME('house.ifc','2026-03-01',(''),(''),'','Maker 1','');\n\
         FILE_SCHEMA(('IFC4'));\nENDSEC;\nDATA;\n{data}ENDSEC;\nEND-ISO-10303-21;\n"
    )
    .into_bytes()
}

fn read(bytes: &[u8]) -> ParsedDocument {
    let mut reading = cloud_docs::read(bytes, &Hints::default(), &Limits::default()).unwrap();
    assert_eq!(reading.documents.len(), 1);
    reading.documents.remove(0)
}

/// Storey, name, what of it, quantity, unit and `=` for what stands in the file as it is.
fn shown(document: &ParsedDocument) -> Vec<String> {
    let line = |line: &cloud_docs::document::Line| {
        let text = |field: &Option<Field<String>>| field.as_ref().unwrap().value.clone();
        let quantity = line.quantity.as_ref().unwrap();
        let mark = if quantity.origin == Origin::Structured { "=" } else { "" };
        let amount = format!("{mark}{}", quantity.value);
        let section = line.section.clone().unwrap_or_default();
        [section, text(&line.name), text(&line.description), amount, text(&line.unit)].join("|")
    };
    document.lines.iter().map(line).collect()
}

/// Two storeys in millimetres; walls with quantities of their own and of their type, a door that nothing was measured of, an opening.
pub(crate) const HOUSE: &str = "\
#1=IFCSIUNIT(*,.LENGTHUNIT.,.MILLI.,.METRE.);
#2=IFCSIUNIT(*,.AREAUNIT.,.CENTI.,.SQUARE_METRE.);
#3=IFCMEASUREWITHUNIT(IFCVOLUMEMEASURE(0.0283168),#4);
#4=IFCSIUNIT(*,.VOLUMEUNIT.,$,.CUBIC_METRE.);
#5=IFCCONVERSIONBASEDUNIT(#9,.VOLUMEUNIT.,'cubic foot',#3);
#6=IFCUNITASSIGNMENT((#1,#2,#5,#7));
#7=IFCSIUNIT(*,.MASSUNIT.,.KILO.,.GRAM.);
#8=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);
#10=IFCPROJECT('p',$,'House',$,$,$,$,$,#6);
#11=IFCBUILDING('b',$,'Building',$,$,$,$,$,.ELEMENT.,$,$,$);
#12=IFCBUILDINGSTOREY('s1',$,'\\X2\\042D0442043004360020\\X0\\1',$,$,$,$,$,.ELEMENT.,0.);
#13=IFCBUILDINGSTOREY('s2',$,'Floor 2',$,$,$,$,$,.ELEMENT.,3000.);
#14=IFCRELAGGREGATES('r1',$,$,$,#10,(#11));
#15=IFCRELAGGREGATES('r2',$,$,$,#11,(#12,#13));
#20=IFCWALL('w1',$,'Wall 1',$,$,$,$,$,$);
#21=IFCWALL('w2',$,'Wall 2',$,$,$,$,$,$);
#22=IFCDOOR('d1',$,'Door',$,'Oak 900',$,$,$,900.,2000.,$,$,$);
#23=IFCOPENINGELEMENT('o1',$,$,$,$,$,$,$,$);
#24=IFCPLATE('x1',$,'Part of the wall',$,$,$,$,$,$);
#25=IFCRELCONTAINEDINSPATIALSTRUCTURE('c1',$,$,$,(#20,#22,#23),#12);
#26=IFCRELCONTAINEDINSPATIALSTRUCTURE('c2',$,$,$,(#21),#13);
#27=IFCRELAGGREGATES('r3',$,$,$,#21,(#24));
#30=IFCWALLTYPE('t',$,'Brick 250',$,$,(#50),$,$,$,.STANDARD.);
#31=IFCRELDEFINESBYTYPE('rt',$,$,$,(#20,#21),#30);
#40=IFCQUANTITYLENGTH('Length',$,$,5000.,$);
#41=IFCQUANTITYAREA('NetSideArea',$,$,120000.,$);
#42=IFCQUANTITYVOLUME('NetVolume',$,$,100.,$);
#43=IFCPHYSICALCOMPLEXQUANTITY('Layers',$,(#44),'layer',$,$);
#44=IFCQUANTITYWEIGHT('GrossWeight',$,$,960.5,$);
#45=IFCQUANTITYLENGTH('Length',$,#8,7.5,$);
#46=IFCELEMENTQUANTITY('q1',$,'Qto_WallBaseQuantities',$,$,(#40,#41,#42,#43));
#47=IFCELEMENTQUANTITY('q2',$,'Qto_WallBaseQuantities',$,$,(#45));
#48=IFCRELDEFINESBYPROPERTIES('rp1',$,$,$,(#20),#46);
#49=IFCRELDEFINESBYPROPERTIES('rp2',$,$,$,(#21),#47);
#50=IFCELEMENTQUANTITY('q3',$,'Qto',$,$,(#51,#52));
#51=IFCQUANTITYLENGTH('Width',$,$,250.,$);
#52=IFCQUANTITYLENGTH('Length',$,$,1.,$);
";

#[test]
fn elements_are_counted_and_their_quantities_added_up_by_storey_kind_and_type() {
    let document = read(&ifc(HOUSE));
    assert_eq!(document.format, Format::Ifc);
    assert_eq!(document.kind.as_ref().unwrap().value, DocumentKind::BillOfQuantities);
    assert_eq!(document.producer.as_deref(), Some("Maker 1, IFC4"));
    assert_eq!(
        shown(&document),
        [
            "Floor 2|IfcPlate|количество / count|1|H87",
            "Floor 2|IfcWall Brick 250|количество / count|1|H87",
            "Floor 2|IfcWall Brick 250|Length|=7.5|MTR",
            "Floor 2|IfcWall Brick 250|Width|=0.25|MTR",
            "Этаж 1|IfcDoor Oak 900|количество / count|1|H87",
            "Этаж 1|IfcWall Brick 250|количество / count|1|H87",
            "Этаж 1|IfcWall Brick 250|Length|=5|MTR",
            "Этаж 1|IfcWall Brick 250|Width|=0.25|MTR",
            "Этаж 1|IfcWall Brick 250|NetSideArea|=12|MTK",
            "Этаж 1|IfcWall Brick 250|NetVolume|=2.83168|MTQ",
            "Этаж 1|IfcWall Brick 250|GrossWeight|=960.5|KGM",
        ]
    );
    assert!(document.warnings.is_empty(), "{:?}", document.warnings);
}

#[test]
fn a_sum_of_several_values_is_computed() {
    let second = HOUSE.replace("(#20,#22,#23),#12", "(#20,#21,#22),#12").replace("(#21),#13", "(#99),#13");
    let lines = shown(&read(&ifc(&second)));
    assert!(lines.contains(&"Этаж 1|IfcWall Brick 250|Length|12.5|MTR".to_owned()), "{lines:?}");
    assert!(lines.contains(&"Этаж 1|IfcWall Brick 250|количество / count|2|H87".to_owned()), "{lines:?}");
}

#[test]
fn what_has_no_unit_is_left_out_and_said() {
    let document = read(&ifc(&HOUSE
        .replace("((#1,#2,#5,#7))", "((#2,#5,#7))")
        .replace("#6=IFCUNITASSIGNMENT((#1,", "#6=IFCUNITASSIGNMENT((")));
    assert_eq!(document.warnings[0].code, "no_unit");
    assert!(!shown(&document).iter().any(|line| line.contains("Width")));
}

#[test]
fn cycles_and_broken_ends_end() {
    // A storey in a wall in that storey; a unit made of itself; a quantity that holds itself.
    let cycles = format!(
        "{HOUSE}#60=IFCRELAGGREGATES('z',$,$,$,#24,(#11));#3=IFCMEASUREWITHUNIT(IFCVOLUMEMEASURE(2.),#5);\
         #43=IFCPHYSICALCOMPLEXQUANTITY('Layers',$,(#43),'layer',$,$);\n"
    );
    let document = read(&ifc(&cycles.replace("#13=IFCBUILDINGSTOREY", "#13=IFCSPACE")));
    assert!(document.lines.len() >= 6, "{:?}", shown(&document));
    let whole = ifc(HOUSE);
    let broken = read(&whole[..whole.len() / 2]);
    assert_eq!(broken.warnings[0].code, "no_end");
}

#[test]
fn a_step_file_of_another_schema_is_refused() {
    let other = String::from_utf8(ifc("#1=POINT(1.);\n")).unwrap().replace("IFC4", "AUTOMOTIVE_DESIGN");
    let refused = cloud_docs::read(other.as_bytes(), &Hints::default(), &Limits::default());
    assert!(
        matches!(&refused, Err(Refusal::Broken { why, .. }) if why.values["schema"] == "AUTOMOTIVE_DESIGN"),
        "{refused:?}"
    );
}
