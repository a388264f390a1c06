//! An example of what happens, for whoever writes words for it.

use cloud_store::NoticeEvent;
use serde_json::{Value, json};

/// An event's data with every name that its words can use.
pub(crate) fn sample(event: NoticeEvent) -> Value {
    let mut data = match event {
        NoticeEvent::TillOffline => json!({"till": "Door", "minutes": 12}),
        NoticeEvent::UnsyncedSales => json!({"till": "Door", "count": 7, "minutes": 20}),
        NoticeEvent::DeviceFault => {
            json!({"till": "Door", "device": "scale", "problem": "no weight for 30 s"})
        }
        NoticeEvent::RecognitionDrift => json!({"till": "Door", "detail": "91 % instead of 97 %"}),
        NoticeEvent::LowStock => json!({"product": "Apples", "on_hand": 4, "minimum": 20}),
        NoticeEvent::ProposalsReady => json!({"count": 3}),
        NoticeEvent::DocumentNeedsEyes => {
            json!({"file": "invoice.pdf", "supplier": "Dairy Ltd", "problem": "the sum does not agree"})
        }
        NoticeEvent::PriceNotTaken => json!({"till": "Door", "minutes": 20, "has": 41, "newest": 42}),
        NoticeEvent::BackupFailed => json!({"name": "nightly", "problem": "the disk is full"}),
        NoticeEvent::ExportFailed => json!({"name": "sales", "problem": "the quota is used up"}),
        NoticeEvent::OutsideServiceDown => json!({"service": "Open Food Facts", "problem": "no answer"}),
        NoticeEvent::Alert => {
            json!({"name": "TillDown", "summary": "a till is away", "description": "till-1"})
        }
        NoticeEvent::Report => json!({"title": "The week", "text": "Sales: 1,234.00 EUR"}),
        NoticeEvent::Broadcast => {
            let (subject, text) = ("Tomorrow", "We close at noon tomorrow.");
            json!({"subject": subject, "text": text, "subject_en": subject, "subject_ru": subject,
                "subject_de": subject, "text_en": text, "text_ru": text, "text_de": text})
        }
    };
    for (name, value) in [
        ("event", event.as_str()),
        ("severity", "warning"),
        ("organisation", "Demo"),
        ("store", "Corner Shop"),
        ("at", "02.01.2026 12:00"),
        ("where", "Corner Shop, 02.01. 12:00"),
        ("link", "https://cloud.example/#/inbox"),
    ] {
        data[name] = value.into();
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::render::{Missing, render};
    use crate::notify::words::{LANGUAGES, built_in};

    #[test]
    fn has_every_name_that_the_built_in_words_use() {
        for event in NoticeEvent::ALL {
            for language in LANGUAGES {
                let text = built_in(event.as_str(), language).unwrap();
                let rendered = render(text, &sample(event), Missing::Refused);
                assert!(
                    rendered.as_ref().is_ok_and(|said| !said.subject.is_empty()),
                    "{event:?}: {rendered:?}"
                );
            }
        }
    }
}
