//! People say what a document should have been read as, and take that back.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cloud_docs::ParsedDocument;
use cloud_store::{
    ConfirmedLine, DocumentFacts, DocumentState, DocumentVersion, Learning, NewJob, NewVersion,
    StoredDocument,
};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::shapes::{FeedbackDone, FeedbackForm, MatchForm, VersionShown, Versions};
use super::taking::receive_body;
use super::{detail, known, matches, parsed};
use crate::auth::Who;
use crate::documents::event::document_changed;
use crate::documents::facts::{facts, facts_of};
use crate::documents::matcher::{History, Shop, line_key, text, unit_key};
use crate::documents::matching::{Badge, LineMatch, Matches};
use crate::gateway::{Place, Problem, Shared, read_json};
use crate::jobs::{LEARN_DOCUMENT, job};
use crate::rest::answer::{ms, tagged};
use crate::roles::now;

/// Most lines of a corrected document.
const LINES_MAX: usize = 50_000;

/// Says how a document should have been read, and what its lines are: it is confirmed by that, its articles are known from now on, and
/// the supplier's next document is read by it. The same again changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/feedback",
    tag = "documents",
    request_body = FeedbackForm,
    responses((status = 200, body = FeedbackDone))
)]
pub(crate) async fn give(
    State(shared): State<Shared>,
    who: Who,
    request: Request,
) -> Result<Json<FeedbackDone>, Problem> {
    let bytes = receive_body(request.into_body(), shared.config.documents.file_max_bytes).await?;
    let mut form: FeedbackForm = read_json(&bytes)?;
    // What pages print is never kept with a document.
    form.corrected.printed = Vec::new();
    check(&form)?;
    let stored = known(&shared, &who, &form.document).await?;
    let matched = confirmed(&shared, &who, &form).await?;
    let facts = facts(&stored.file_name, &form.corrected, &matched);
    if is_same(&stored, &form.corrected, &matched)? {
        return done(&shared, &who, stored.version, &form.document).await;
    }
    let lines = confirmed_lines(&form.corrected, &matched);
    let now = now();
    let next = next_version(&shared, &who, &stored).await?;
    let learn = learning_job(&stored, &form.corrected, next);
    let (learning, learning_note) = match &learn {
        Some(_) => (Learning::Waiting, String::new()),
        None => (Learning::Nothing, "its format says what is what: what its lines are is learnt".to_owned()),
    };
    let made_by = who.actor.clone();
    let new = NewVersion { of: form.version, facts, lines, learning, learning_note, made_by };
    let told = document_changed(stored.id, DocumentState::Confirmed, &new.facts, now);
    let audited = shared.audited(&who, "document.confirm", &format!("document:{}", stored.id), "")?;
    let version = audited.confirm_document(&who.org, stored.id, &new, learn.as_ref(), &told, now).await?;
    metrics::counter!("tillsight_documents_confirmed_total").increment(1);
    shared.wake_readers.notify_one();
    done(&shared, &who, version, &form.document).await
}

/// Lists the corrections of a document, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/documents/{document}/versions",
    tag = "documents",
    params(("document" = String, Path, description = "The document's id")),
    responses((status = 200, body = Versions))
)]
pub(crate) async fn versions(
    State(shared): State<Shared>,
    who: Who,
    Place(document): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let stored = known(&shared, &who, &document).await?;
    let versions = shared.store.document_versions(&who.org, stored.id).await?;
    tagged(&headers, &Versions { items: versions.into_iter().map(shown).collect() })
}

/// Takes a correction back: what was learnt and known by it counts no more, and the one before it, or what was read, does.
#[utoipa::path(
    post,
    path = "/api/v1/documents/{document}/feedback/{version}/undo",
    tag = "documents",
    params(
        ("document" = String, Path, description = "The document's id"),
        ("version" = String, Path, description = "The correction's number")
    ),
    responses((status = 204))
)]
pub(crate) async fn undo(
    State(shared): State<Shared>,
    who: Who,
    Place((document, version)): Place<(String, String)>,
) -> Result<StatusCode, Problem> {
    let stored = known(&shared, &who, &document).await?;
    let version: u32 = version.parse().map_err(|_| Problem::not_found("there is no such version"))?;
    let now = now();
    let file_name = stored.file_name.clone();
    let describe = move |parsed: &str, matches: &str| facts_of(&file_name, parsed, matches);
    let state = if stored.version > 1 { DocumentState::Confirmed } else { DocumentState::NeedsReview };
    let told = document_changed(stored.id, state, &DocumentFacts::default(), now);
    let object = format!("document:{}", stored.id);
    let audited = shared.audited(&who, "document.undo", &object, &format!("version {version}"))?;
    audited.undo_version(&who.org, stored.id, version, describe, &told, now).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn check(form: &FeedbackForm) -> Result<(), Problem> {
    let lines = form.corrected.lines.len();
    if lines > LINES_MAX {
        return Err(Problem::unprocessable(format!("`corrected` has {lines} lines: {LINES_MAX} at most")));
    }
    let mut seen = std::collections::BTreeSet::new();
    for MatchForm { line, .. } in &form.matches {
        if *line as usize >= lines {
            return Err(Problem::unprocessable(format!(
                "`matches` names line {line}: the last one is {lines}, counted from 0"
            )));
        }
        if !seen.insert(line) {
            return Err(Problem::unprocessable(format!("`matches` names line {line} twice")));
        }
    }
    Ok(())
}

/// What the lines are: as the form says, else as they are sure.
async fn confirmed(shared: &Shared, who: &Who, form: &FeedbackForm) -> Result<Matches, Problem> {
    let shop = Shop::load(&shared.store, &who.org).await?;
    let history = History::load(&shared.store, &who.org, &form.corrected).await?;
    let most = shared.config.documents.matched_lines_max;
    let (corrected, said) = (form.corrected.clone(), form.matches.clone());
    let work = move || -> Result<Matches, Problem> {
        let mut matched = shop.matches(&corrected, &history, most);
        for one in &said {
            let at = one.line as usize;
            let proposed = matched.lines[at].clone();
            matched.lines[at] = match &one.product {
                None => left_out(proposed),
                Some(product) => {
                    shop.product(product).ok_or_else(|| unknown_product(product))?;
                    let factor = one.factor.as_deref().map(read_factor).transpose()?;
                    shop.confirmed(&corrected.lines[at], proposed, product, factor, &history)
                }
            };
        }
        Ok(matched)
    };
    tokio::task::spawn_blocking(work).await.map_err(Problem::internal)?
}

fn left_out(proposed: LineMatch) -> LineMatch {
    LineMatch {
        badge: Badge::LeftOut,
        probability: 1.0,
        product: None,
        conversion: None,
        proposal: None,
        ..proposed
    }
}

fn unknown_product(product: &str) -> Problem {
    let shown: String = product.chars().take(64).collect();
    Problem::unprocessable(format!("there is no product `{shown}` that is sold: register it first"))
}

/// A factor with three decimals at most.
fn read_factor(text: &str) -> Result<i64, Problem> {
    let bad = || {
        let shown: String = text.chars().take(32).collect();
        Problem::unprocessable(format!(
            "`factor` is `{shown}`: write how many stock units it is, such as `6` or `0.5`"
        ))
    };
    let factor: Decimal = text.parse().map_err(|_| bad())?;
    let thousandths =
        factor.checked_mul(Decimal::ONE_THOUSAND).filter(Decimal::is_integer).ok_or_else(bad)?;
    thousandths.to_i64().filter(|value| (1..=1_000_000_000_000).contains(value)).ok_or_else(bad)
}

/// Whether nothing is other than it is.
fn is_same(stored: &StoredDocument, corrected: &ParsedDocument, matched: &Matches) -> Result<bool, Problem> {
    let same = stored.state == DocumentState::Confirmed
        && parsed(stored)?.as_ref() == Some(corrected)
        && matches(stored)?.is_some_and(|before| said(&before) == said(matched));
    Ok(same)
}

/// What of matches somebody said: probabilities change with every product.
fn said(matches: &Matches) -> Vec<(Option<&str>, Option<&str>)> {
    let of = |line: &'_ LineMatch| -> bool { !matches!(line.badge, Badge::New | Badge::Likely) };
    let lines = matches.lines.iter();
    lines
        .map(|line| match of(line) {
            true => (
                line.product.as_deref(),
                line.conversion.as_ref().map(|conversion| conversion.factor.as_str()),
            ),
            false => (None, None),
        })
        .collect()
}

fn confirmed_lines(corrected: &ParsedDocument, matched: &Matches) -> Vec<ConfirmedLine> {
    let known = matched.lines.iter().filter(|line| matches!(line.badge, Badge::Confirmed | Badge::Sure));
    let lines = known.filter_map(|line| {
        let of = corrected.lines.get(line.line as usize)?;
        let product = domain::ids::ProductId::new(line.product.as_deref()?).ok()?;
        let factor =
            line.conversion.as_ref().and_then(|conversion| conversion.factor.parse::<Decimal>().ok());
        let factor = factor.and_then(|factor| (factor * Decimal::ONE_THOUSAND).to_i64());
        Some(ConfirmedLine {
            line: line.line,
            article: text(&of.supplier_article).unwrap_or_default().to_owned(),
            name_key: line_key(of),
            unit: unit_key(of),
            product,
            // Without one nothing is known of the unit; a factor of nothing is passed over.
            factor_thousandths: factor.unwrap_or(0),
        })
    });
    lines.collect()
}

/// Pages have a layout, and that is what can be learnt of.
fn learning_job(stored: &StoredDocument, corrected: &ParsedDocument, version: u32) -> Option<NewJob> {
    let has_pages = corrected.layout.is_some() && stored.blob_key.is_some();
    has_pages.then(|| job(LEARN_DOCUMENT, &format!("{}/{version}", stored.id), now()))
}

async fn next_version(shared: &Shared, who: &Who, stored: &StoredDocument) -> Result<u32, Problem> {
    let versions = shared.store.document_versions(&who.org, stored.id).await?;
    Ok(versions.first().map_or(0, |newest| newest.version) + 1)
}

async fn done(
    shared: &Shared,
    who: &Who,
    version: u32,
    document: &str,
) -> Result<Json<FeedbackDone>, Problem> {
    let stored = known(shared, who, document).await?;
    let versions = shared.store.document_versions(&who.org, stored.id).await?;
    let made = versions.into_iter().find(|one| one.version == version).map(shown);
    let made =
        made.ok_or_else(|| Problem::conflict("conflict", "the correction was taken back meanwhile"))?;
    let detail = detail(shared, who, &stored).await?;
    Ok(Json(FeedbackDone { version, learning: made.learning, learning_note: made.learning_note, detail }))
}

fn shown(version: DocumentVersion) -> VersionShown {
    VersionShown {
        version: version.version,
        made_by: version.made_by.to_string(),
        made_at_ms: ms(version.made_at),
        undone_at_ms: version.undone_at.map(ms),
        learning: version.learning.as_str().to_owned(),
        learning_note: Some(version.learning_note).filter(|note| !note.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_is_a_number_above_nothing() {
        assert_eq!(read_factor("6").unwrap(), 6_000);
        assert_eq!(read_factor("0.5").unwrap(), 500);
        for bad in ["", "0", "-1", "1,5", "0.0001", "x", "99999999999999999999"] {
            assert!(read_factor(bad).is_err(), "{bad}");
        }
    }
}
