//! Suppliers: who they are, what they ask of an order, and how they are found again on their documents.

use std::collections::BTreeSet;

use cloud_core::naming::{firm_key, number_key};
use cloud_core::offers::{Delivery, Terms};
use domain::ids::OrgId;
use domain::money::{Currency, Money};
use domain::time::{BusinessDay, WallMs};
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;

use super::check_text;
use crate::error::{StoreError, What};
use crate::ids::SupplierId;
use crate::organisations::check_label;
use crate::sql::{
    Failure, Fields, Values, column, composed, day_number, execute, fetch_each, fetch_found, push_values,
    values,
};
use crate::store::{Store, on_key};

/// Contacts of one supplier, and closed days in its calendar.
const CONTACTS_MAX: usize = 20;
const CLOSED_DAYS_MAX: usize = 400;

/// Somebody at a supplier.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contact {
    /// Their name.
    pub name: String,
    /// What they do there.
    pub duty: String,
    /// Where they are written to.
    pub email: String,
    /// Where they are called.
    pub phone: String,
}

/// What is known of a supplier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupplierDetails {
    /// Its name.
    pub name: String,
    /// Number of the tax office: VAT number, INN/KPP ..
    pub tax_id: Option<String>,
    /// Number in a register of companies.
    pub registration_id: Option<String>,
    /// Global location number.
    pub gln: Option<String>,
    /// Its account.
    pub iban: Option<String>,
    /// Street, postal code and town.
    pub address: String,
    /// ISO 3166-1 alpha-2 code, or nothing.
    pub country: String,
    /// Who to speak to.
    pub contacts: Vec<Contact>,
    /// The language that it is written to in: `en`, `ru` or `de`.
    pub language: String,
    /// The currency that it is paid in.
    pub currency: Currency,
    /// The smallest order that it takes, in minor units.
    pub order_min_minor: Option<i64>,
    /// When it comes.
    pub delivery: Delivery,
}

/// A supplier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supplier {
    /// Which.
    pub id: SupplierId,
    /// What is known of it.
    pub details: SupplierDetails,
    /// Why nothing is bought there, where nothing is.
    pub blacklisted: Option<String>,
    /// Whether it is no longer shown.
    pub archived: bool,
    /// When it was made.
    pub created_at: WallMs,
    /// When it was changed last.
    pub updated_at: WallMs,
}

/// What a document says about who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SupplierMarks {
    /// Number of the tax office, however it is written.
    pub tax_id: Option<String>,
    /// Number in a register of companies.
    pub registration_id: Option<String>,
    /// Global location number.
    pub gln: Option<String>,
    /// Its account.
    pub iban: Option<String>,
    /// Its name.
    pub name: Option<String>,
}

/// Contacts as a column.
struct Contacts(Vec<Contact>);

/// Days as a column.
struct Days(BTreeSet<BusinessDay>);

/// A contact as it is stored.
#[derive(Serialize, Deserialize)]
struct ContactKept {
    name: String,
    duty: String,
    email: String,
    phone: String,
}

column!(
    Contacts as String,
    |contacts| {
        let kept = contacts.0.iter().cloned().map(|Contact { name, duty, email, phone }| ContactKept {
            name,
            duty,
            email,
            phone,
        });
        serde_json::to_string(&kept.collect::<Vec<_>>()).expect("it is text")
    },
    |json| {
        let kept: Vec<ContactKept> = serde_json::from_str(&json).map_err(|error| error.to_string())?;
        let read = |ContactKept { name, duty, email, phone }| Contact { name, duty, email, phone };
        Ok(Contacts(kept.into_iter().map(read).collect()))
    }
);
column!(
    Days as String,
    |days| {
        let numbers: Vec<i64> = days.0.iter().map(|day| day_number(*day)).collect();
        serde_json::to_string(&numbers).expect("they are numbers")
    },
    |json| {
        let numbers: Vec<i64> = serde_json::from_str(&json).map_err(|error| error.to_string())?;
        numbers.into_iter().map(BusinessDay::from_stored).collect::<Result<_, _>>().map(Days)
    }
);

const SUPPLIER: &str = "SELECT id, name, tax_id, registration_id, gln, iban, address, country, contacts, language, currency,
                               order_min_minor, lead_days, weekdays, closed_days, blacklist_reason, archived, created_at,
                               updated_at
                        FROM supplier";

impl Supplier {
    /// It as offers are compared by.
    pub fn terms(&self) -> Terms {
        let details = &self.details;
        Terms {
            blacklisted: self.blacklisted.clone(),
            order_min: details.order_min_minor.map(|minor| Money::new(minor, details.currency)),
            delivery: details.delivery.clone(),
        }
    }
}

impl Store {
    /// Makes a supplier.
    pub async fn create_supplier(
        &self,
        org: &OrgId,
        id: SupplierId,
        details: &SupplierDetails,
        now: WallMs,
    ) -> Result<(), StoreError> {
        check(details)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "INSERT INTO supplier (org, id, name, name_key, tax_id, tax_key, registration_id, registration_key, gln,
                           iban, address, country, contacts, language, currency, order_min_minor, lead_days, weekdays,
                           closed_days, archived, created_at, updated_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 0, $20, $20)";
            let mut values = details_values(org, id, details);
            values.push(&now);
            let inserted = execute(writing.connection(), sql, values).await;
            on_key(inserted, || taken(details), || StoreError::not_found(What::Organisation, org))?;
            writing.commit().await
        })
        .await
    }

    /// Changes what is known of a supplier.
    pub async fn update_supplier(
        &self,
        org: &OrgId,
        id: SupplierId,
        details: &SupplierDetails,
        now: WallMs,
    ) -> Result<(), StoreError> {
        check(details)?;
        self.answer(async {
            let mut writing = self.writing().await?;
            let sql = "UPDATE supplier SET name = $3, name_key = $4, tax_id = $5, tax_key = $6, registration_id = $7,
                           registration_key = $8, gln = $9, iban = $10, address = $11, country = $12, contacts = $13,
                           language = $14, currency = $15, order_min_minor = $16, lead_days = $17, weekdays = $18,
                           closed_days = $19, updated_at = $20
                       WHERE org = $1 AND id = $2";
            let mut values = details_values(org, id, details);
            values.push(&now);
            let updated = execute(writing.connection(), sql, values).await;
            let missing = || StoreError::not_found(What::Supplier, id);
            if on_key(updated, || taken(details), missing)? == 0 {
                return Err(missing().into());
            }
            writing.commit().await
        })
        .await
    }

    /// Says why nothing is bought from a supplier, or that it may be again.
    pub async fn blacklist_supplier(
        &self,
        org: &OrgId,
        id: SupplierId,
        reason: Option<&str>,
        now: WallMs,
    ) -> Result<(), StoreError> {
        check_text(What::Supplier, "blacklist", reason.unwrap_or_default())?;
        let sql = "UPDATE supplier SET blacklist_reason = $3, updated_at = $4 WHERE org = $1 AND id = $2";
        self.change_supplier(id, sql, values![org, &id, reason, &now]).await
    }

    /// Hides a supplier, or shows it again; its documents and orders stay.
    pub async fn archive_supplier(
        &self,
        org: &OrgId,
        id: SupplierId,
        archived: bool,
        now: WallMs,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE supplier SET archived = $3, updated_at = $4 WHERE org = $1 AND id = $2";
        self.change_supplier(id, sql, values![org, &id, &archived, &now]).await
    }

    /// A supplier, archived or not.
    pub async fn supplier(&self, org: &OrgId, id: SupplierId) -> Result<Supplier, StoreError> {
        self.answer(async { read_one(&mut *self.reading().await?, org, id, "").await }).await
    }

    /// Suppliers in order of id, those behind `after`; archived ones only where they are asked for.
    pub async fn suppliers(
        &self,
        org: &OrgId,
        archived: bool,
        after: Option<SupplierId>,
        limit: u32,
    ) -> Result<Vec<Supplier>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{SUPPLIER} WHERE org = $1 AND archived = $2 AND id > $3 ORDER BY id LIMIT $4"
            ));
            let after = after.map_or_else(Vec::new, |after| after.0.as_bytes().to_vec());
            let values = values![org, &archived, after.as_slice(), &limit];
            fetch_each(&mut *self.reading().await?, What::Supplier, sql, values, read).await
        })
        .await
    }

    /// The suppliers that a document may be of, the surest first: by tax number, location number, register, account, and name.
    /// Archived ones come last within a mark.
    pub async fn find_suppliers(
        &self,
        org: &OrgId,
        marks: &SupplierMarks,
    ) -> Result<Vec<Supplier>, StoreError> {
        let key = |text: &Option<String>| text.as_deref().map(number_key).filter(|key| !key.is_empty());
        let name = marks.name.as_deref().map(firm_key).filter(|key| !key.is_empty());
        let asked = [
            ("tax_key", key(&marks.tax_id)),
            ("gln", key(&marks.gln)),
            ("registration_key", key(&marks.registration_id)),
            ("iban", key(&marks.iban)),
            ("name_key", name),
        ];
        self.answer(async {
            let mut connection = self.reading().await?;
            let mut found: Vec<Supplier> = Vec::new();
            for (column, value) in asked {
                let Some(value) = value else { continue };
                let sql = composed(format!(
                    "{SUPPLIER} WHERE org = $1 AND {column} = $2 ORDER BY archived, updated_at DESC LIMIT 10"
                ));
                let more =
                    fetch_each(&mut connection, What::Supplier, sql, values![org, &value], read).await?;
                found.extend(more);
            }
            let mut seen = BTreeSet::new();
            found.retain(|supplier| seen.insert(supplier.id));
            Ok(found)
        })
        .await
    }

    async fn change_supplier(
        &self,
        id: SupplierId,
        sql: &'static str,
        values: Values,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            if execute(writing.connection(), sql, values).await? == 0 {
                return Err(StoreError::not_found(What::Supplier, id).into());
            }
            writing.commit().await
        })
        .await
    }
}

/// A supplier; `lock` holds its row.
pub(crate) async fn read_one(
    connection: &mut AnyConnection,
    org: &OrgId,
    id: SupplierId,
    lock: &str,
) -> Result<Supplier, Failure> {
    let sql = composed(format!("{SUPPLIER} WHERE org = $1 AND id = $2{lock}"));
    fetch_found(connection, (What::Supplier, &id), sql, values![org, &id], read).await
}

fn details_values(org: &OrgId, id: SupplierId, details: &SupplierDetails) -> Values {
    let key = |text: &Option<String>| text.as_deref().map(number_key).filter(|key| !key.is_empty());
    let SupplierDetails { delivery, .. } = details;
    let mut values = values![org, &id, &details.name, &firm_key(&details.name)];
    push_values!(values; &details.tax_id, &key(&details.tax_id), &details.registration_id, &key(&details.registration_id));
    push_values!(values; &key(&details.gln), &key(&details.iban), &details.address, &details.country);
    push_values!(values; &Contacts(details.contacts.clone()), &details.language, &details.currency);
    push_values!(values; &details.order_min_minor, &delivery.lead_days, i64::from(delivery.weekdays));
    push_values!(values; &Days(delivery.closed.clone()));
    values
}

fn check(details: &SupplierDetails) -> Result<(), StoreError> {
    let name = details.name.as_str();
    check_label(What::Supplier, name, name)?;
    let invalid = |problem: String| Err(StoreError::invalid(What::Supplier, name, problem));
    if details.contacts.len() > CONTACTS_MAX {
        return invalid(format!(
            "it has {} contacts: at most {CONTACTS_MAX} are kept",
            details.contacts.len()
        ));
    }
    if details.delivery.closed.len() > CLOSED_DAYS_MAX {
        return invalid(format!("its calendar has more than {CLOSED_DAYS_MAX} closed days"));
    }
    let numbers = [&details.tax_id, &details.registration_id, &details.gln, &details.iban];
    let texts = numbers.into_iter().flatten().chain([&details.address, &details.country, &details.language]);
    let of_contacts = details
        .contacts
        .iter()
        .flat_map(|contact| [&contact.name, &contact.duty, &contact.email, &contact.phone]);
    texts.chain(of_contacts).try_for_each(|text| check_text(What::Supplier, name, text))
}

fn taken(details: &SupplierDetails) -> StoreError {
    let problem = "has the tax or location number of another supplier: change that one instead";
    StoreError::conflict(What::Supplier, &details.name, problem)
}

fn read(fields: &mut Fields<'_>) -> Result<Supplier, Failure> {
    let id = fields.take()?;
    let details = SupplierDetails {
        name: fields.take()?,
        tax_id: fields.take_option()?,
        registration_id: fields.take_option()?,
        gln: fields.take_option()?,
        iban: fields.take_option()?,
        address: fields.take()?,
        country: fields.take()?,
        contacts: fields.take::<Contacts>()?.0,
        language: fields.take()?,
        currency: fields.take()?,
        order_min_minor: fields.take_option()?,
        delivery: Delivery {
            lead_days: fields.take()?,
            weekdays: fields.take()?,
            closed: fields.take::<Days>()?.0,
        },
    };
    Ok(Supplier {
        id,
        details,
        blacklisted: fields.take_option()?,
        archived: fields.take()?,
        created_at: fields.take()?,
        updated_at: fields.take()?,
    })
}
