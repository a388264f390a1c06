//! The words of reports, in each language.

use crate::sourcing::papers::Language;

/// The words of one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    pub(super) daily: &'static str,
    pub(super) weekly: &'static str,
    pub(super) written: &'static str,
    pub(super) incomplete: &'static str,
    pub(super) sales: &'static str,
    pub(super) currency: &'static str,
    pub(super) count: &'static str,
    pub(super) gross: &'static str,
    pub(super) tax: &'static str,
    pub(super) mean: &'static str,
    pub(super) week_before: &'static str,
    pub(super) tills: &'static str,
    pub(super) till: &'static str,
    pub(super) store: &'static str,
    pub(super) heard: &'static str,
    pub(super) faults: &'static str,
    pub(super) unsent: &'static str,
    pub(super) products: &'static str,
    pub(super) product: &'static str,
    pub(super) quantity: &'static str,
    pub(super) recognition: &'static str,
    pub(super) how: &'static str,
    pub(super) lines: &'static str,
    pub(super) share: &'static str,
    pub(super) by_itself: &'static str,
    pub(super) stock_outs: &'static str,
    pub(super) told: &'static str,
    pub(super) what: &'static str,
    pub(super) severity: &'static str,
    pub(super) set_aside: &'static str,
    pub(super) none_sold: &'static str,
    pub(super) nothing: &'static str,
    pub(super) page: &'static str,
    pub(super) pieces: &'static str,
    pub(super) kilograms: &'static str,
    identified: [(&'static str, &'static str); 6],
    events: [(&'static str, &'static str); 14],
    severities: [(&'static str, &'static str); 3],
}

const ENGLISH: Words = Words {
    daily: "Report of the day",
    weekly: "Report of the week",
    written: "Written",
    incomplete: "Not complete: sales that tills had not sent when this was written are missing. Their number:",
    sales: "Sales",
    currency: "Currency",
    count: "Sales",
    gross: "Total",
    tax: "Tax in it",
    mean: "A sale",
    week_before: "A week before",
    tills: "Tills",
    till: "Till",
    store: "Store",
    heard: "Connected",
    faults: "Faults",
    unsent: "Not sent",
    products: "What brought most",
    product: "Product",
    quantity: "Sold",
    recognition: "How things were identified",
    how: "How",
    lines: "Lines",
    share: "Share",
    by_itself: "Recognised without asking:",
    stock_outs: "Nothing left when this was written",
    told: "What people were told of",
    what: "What",
    severity: "At most",
    set_aside: "Sales put aside that wait for somebody to look at them:",
    none_sold: "Nothing was sold.",
    nothing: "Nothing.",
    page: "Page",
    pieces: "pcs",
    kilograms: "kg",
    identified: [
        ("vision", "Recognised"),
        ("candidate", "Chosen by the shopper from what the till proposed"),
        ("search", "Found by name"),
        ("barcode", "Barcode"),
        ("plu", "Number"),
        ("staff", "Staff"),
    ],
    events: [
        ("till_offline", "Till away"),
        ("unsynced_sales", "Sales not sent"),
        ("device_fault", "Device fault"),
        ("recognition_drift", "Recognition drifts"),
        ("low_stock", "Low stock"),
        ("proposals_ready", "Order proposals"),
        ("document_needs_eyes", "Document to look at"),
        ("price_not_taken", "Price not taken by a till"),
        ("backup_failed", "Backup failed"),
        ("export_failed", "Export failed"),
        ("outside_service_down", "Outside service down"),
        ("alert", "Alert"),
        ("report", "Report"),
        ("broadcast", "Message to all"),
    ],
    severities: [("info", "info"), ("warning", "warning"), ("critical", "critical")],
};

const RUSSIAN: Words = Words {
    daily: "Отчёт за день",
    weekly: "Отчёт за неделю",
    written: "Составлен",
    incomplete: "Неполный: нет продаж, которые кассы не успели передать к моменту составления. Их число:",
    sales: "Продажи",
    currency: "Валюта",
    count: "Чеков",
    gross: "Сумма",
    tax: "В том числе налог",
    mean: "Средний чек",
    week_before: "Неделей раньше",
    tills: "Кассы",
    till: "Касса",
    store: "Магазин",
    heard: "На связи",
    faults: "Отказы",
    unsent: "Не передано",
    products: "Самые доходные товары",
    product: "Товар",
    quantity: "Продано",
    recognition: "Как определялись товары",
    how: "Как",
    lines: "Строк",
    share: "Доля",
    by_itself: "Распознано без вопросов:",
    stock_outs: "Закончилось к моменту составления",
    told: "О чём сообщалось",
    what: "Событие",
    severity: "Высшая важность",
    set_aside: "Отложенные продажи, которые ждут проверки:",
    none_sold: "Продаж не было.",
    nothing: "Ничего.",
    page: "Страница",
    pieces: "шт.",
    kilograms: "кг",
    identified: [
        ("vision", "Распознано"),
        ("candidate", "Выбрано покупателем из предложенного"),
        ("search", "Найдено по названию"),
        ("barcode", "Штрихкод"),
        ("plu", "Номер"),
        ("staff", "Персонал"),
    ],
    events: [
        ("till_offline", "Касса не на связи"),
        ("unsynced_sales", "Продажи не переданы"),
        ("device_fault", "Отказ устройства"),
        ("recognition_drift", "Распознавание ухудшилось"),
        ("low_stock", "Мало остатков"),
        ("proposals_ready", "Предложения заказов"),
        ("document_needs_eyes", "Документ на проверку"),
        ("price_not_taken", "Касса не взяла цену"),
        ("backup_failed", "Нет резервной копии"),
        ("export_failed", "Выгрузка не удалась"),
        ("outside_service_down", "Внешняя служба не отвечает"),
        ("alert", "Тревога"),
        ("report", "Отчёт"),
        ("broadcast", "Сообщение всем"),
    ],
    severities: [("info", "сведение"), ("warning", "предупреждение"), ("critical", "критично")],
};

const GERMAN: Words = Words {
    daily: "Tagesbericht",
    weekly: "Wochenbericht",
    written: "Erstellt",
    incomplete: "Unvollständig: Verkäufe, die Kassen bei der Erstellung nicht gesendet hatten, fehlen. Ihre Zahl:",
    sales: "Verkäufe",
    currency: "Währung",
    count: "Bons",
    gross: "Summe",
    tax: "Darin Steuer",
    mean: "Je Bon",
    week_before: "Eine Woche zuvor",
    tills: "Kassen",
    till: "Kasse",
    store: "Filiale",
    heard: "Verbunden",
    faults: "Störungen",
    unsent: "Nicht gesendet",
    products: "Umsatzstärkste Artikel",
    product: "Artikel",
    quantity: "Verkauft",
    recognition: "Wie Artikel erkannt wurden",
    how: "Wie",
    lines: "Zeilen",
    share: "Anteil",
    by_itself: "Ohne Rückfrage erkannt:",
    stock_outs: "Bei der Erstellung ausverkauft",
    told: "Meldungen",
    what: "Was",
    severity: "Höchstens",
    set_aside: "Zurückgestellte Verkäufe, die geprüft werden müssen:",
    none_sold: "Es wurde nichts verkauft.",
    nothing: "Nichts.",
    page: "Seite",
    pieces: "Stk.",
    kilograms: "kg",
    identified: [
        ("vision", "Erkannt"),
        ("candidate", "Vom Kunden aus Vorschlägen gewählt"),
        ("search", "Nach Namen gefunden"),
        ("barcode", "Strichcode"),
        ("plu", "Nummer"),
        ("staff", "Personal"),
    ],
    events: [
        ("till_offline", "Kasse nicht erreichbar"),
        ("unsynced_sales", "Verkäufe nicht gesendet"),
        ("device_fault", "Gerätestörung"),
        ("recognition_drift", "Erkennung lässt nach"),
        ("low_stock", "Wenig Bestand"),
        ("proposals_ready", "Bestellvorschläge"),
        ("document_needs_eyes", "Beleg zu prüfen"),
        ("price_not_taken", "Preis nicht übernommen"),
        ("backup_failed", "Sicherung fehlgeschlagen"),
        ("export_failed", "Export fehlgeschlagen"),
        ("outside_service_down", "Fremder Dienst antwortet nicht"),
        ("alert", "Alarm"),
        ("report", "Bericht"),
        ("broadcast", "Nachricht an alle"),
    ],
    severities: [("info", "Hinweis"), ("warning", "Warnung"), ("critical", "kritisch")],
};

impl Words {
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::Russian => &RUSSIAN,
            Language::German => &GERMAN,
        }
    }

    /// How things were identified; a word that is not known stands for itself.
    pub(super) fn identified(&self, by: &str) -> String {
        find(&self.identified, by)
    }

    /// What people were told of.
    pub(super) fn event(&self, event: &str) -> String {
        find(&self.events, event)
    }

    /// How bad it was.
    pub(super) fn severity_of(&self, severity: &str) -> String {
        find(&self.severities, severity)
    }
}

fn find(table: &[(&str, &str)], word: &str) -> String {
    let found = table.iter().find(|(known, _)| *known == word);
    found.map_or(word, |(_, said)| said).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_words_for_every_event() {
        for language in [Language::English, Language::Russian, Language::German] {
            let words = Words::of(language);
            for event in cloud_store::NoticeEvent::ALL {
                assert_ne!(words.event(event.as_str()), event.as_str(), "{language:?}");
            }
            assert_eq!(words.identified("by-smell"), "by-smell");
        }
    }
}
