//! What an organisation says in its own words, each change a version.

use domain::ids::OrgId;
use domain::time::WallMs;

use super::NoticeEvent;
use crate::error::{StoreError, What};
use crate::ids::Actor;
use crate::sql::{Failure, Fields, composed, execute, fetch_each, fetch_value, values};
use crate::store::{Store, on_key};

/// Most bytes that subject, text and HTML of a template have together.
pub const TEMPLATE_MAX_LEN: usize = 32 * 1024;
/// Versions that are listed at once.
const VERSIONS_MAX: u32 = 100;

/// The words for an event in a language.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TemplateText {
    /// One line.
    pub subject: String,
    /// Plain text; empty where the built-in words count again.
    pub body: String,
    /// HTML for mail; empty where the text is enough.
    pub html: String,
}

/// A version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTemplate {
    /// Of what.
    pub event: NoticeEvent,
    /// In which language, for example `ru`.
    pub language: String,
    /// 1, 2, 3, ...
    pub version: u64,
    /// Its words.
    pub text: TemplateText,
    /// Who wrote it.
    pub made_by: Actor,
    /// When.
    pub made_at: WallMs,
}

const TEMPLATE: &str =
    "SELECT event, language, version, subject, body, html, made_by, made_at FROM notice_template";

impl Store {
    /// Writes the next version; gives back its number.
    pub async fn put_template(
        &self,
        org: &OrgId,
        (event, language): (NoticeEvent, &str),
        text: &TemplateText,
        by: &Actor,
        now: WallMs,
    ) -> Result<u64, StoreError> {
        let bytes = text.subject.len() + text.body.len() + text.html.len();
        if bytes > TEMPLATE_MAX_LEN {
            let problem = format!("it has {bytes} bytes: at most {TEMPLATE_MAX_LEN} are taken");
            return Err(StoreError::invalid(What::NoticeTemplate, event.as_str(), problem));
        }
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            self.lock_organisation(connection, org).await?;
            let sql = "SELECT COALESCE(MAX(version), 0) FROM notice_template
                       WHERE org = $1 AND event = $2 AND language = $3";
            let newest: Option<u64> =
                fetch_value(connection, What::NoticeTemplate, sql, values![org, &event, language]).await?;
            let version = newest.unwrap_or(0) + 1;
            let sql = "INSERT INTO notice_template (org, event, language, version, subject, body, html, made_by, made_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
            let TemplateText { subject, body, html } = text;
            let values = values![org, &event, language, &version, subject, body, html, by, &now];
            on_key(
                execute(connection, sql, values).await,
                || StoreError::exists(What::NoticeTemplate, event.as_str()),
                || StoreError::not_found(What::Organisation, org),
            )?;
            writing.commit().await?;
            Ok(version)
        })
        .await
    }

    /// The newest version of every template of an organisation.
    pub async fn templates(&self, org: &OrgId) -> Result<Vec<StoredTemplate>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{TEMPLATE} WHERE org = $1 AND version = (SELECT MAX(version) FROM notice_template AS newer
                     WHERE newer.org = notice_template.org AND newer.event = notice_template.event
                       AND newer.language = notice_template.language)
                 ORDER BY event, language"
            ));
            fetch_each(&mut *self.reading().await?, What::NoticeTemplate, sql, values![org], read_template)
                .await
        })
        .await
    }

    /// The versions of one, the newest first.
    pub async fn template_versions(
        &self,
        org: &OrgId,
        event: NoticeEvent,
        language: &str,
    ) -> Result<Vec<StoredTemplate>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{TEMPLATE} WHERE org = $1 AND event = $2 AND language = $3 ORDER BY version DESC LIMIT $4"
            ));
            let values = values![org, &event, language, &VERSIONS_MAX];
            fetch_each(&mut *self.reading().await?, What::NoticeTemplate, sql, values, read_template).await
        })
        .await
    }
}

fn read_template(fields: &mut Fields<'_>) -> Result<StoredTemplate, Failure> {
    Ok(StoredTemplate {
        event: fields.take()?,
        language: fields.take()?,
        version: fields.take()?,
        text: TemplateText { subject: fields.take()?, body: fields.take()?, html: fields.take()? },
        made_by: fields.take()?,
        made_at: fields.take()?,
    })
}
