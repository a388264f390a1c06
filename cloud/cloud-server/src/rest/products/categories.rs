//! Categories of products, and the families that they belong to.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use cloud_store::Category;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Who;
use crate::gateway::{Body, Place, Problem, Shared};
use crate::rest::answer::tagged;

/// A category.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CategoryShown {
    name: String,
    /// Its family; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<String>,
}

/// The categories of an organisation in order of name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Categories {
    items: Vec<CategoryShown>,
}

/// What can be said of a category.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CategoryForm {
    /// The family that it belongs to.
    family_name: String,
}

/// A family of categories.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Family {
    name: String,
    categories: Vec<String>,
}

/// The families of an organisation in order of name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Families {
    items: Vec<Family>,
}

/// Lists categories.
#[utoipa::path(get, path = "/api/v1/categories", tag = "products", responses((status = 200, body = Categories)))]
pub(crate) async fn list(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let items = shared.store.categories(&who.org).await?.into_iter().map(shown);
    tagged(&headers, &Categories { items: items.collect() })
}

/// Makes a category, or changes its family.
#[utoipa::path(
    put,
    path = "/api/v1/categories/{category}",
    tag = "products",
    params(("category" = String, Path, description = "The category's name")),
    request_body = CategoryForm,
    responses((status = 200, body = CategoryShown))
)]
pub(crate) async fn put(
    State(shared): State<Shared>,
    who: Who,
    Place(name): Place<String>,
    Body(form): Body<CategoryForm>,
) -> Result<Json<CategoryShown>, Problem> {
    who.check_all_stores()?;
    let category = Category { name, family: form.family_name };
    let audited =
        shared.audited(&who, "category.put", &format!("category:{}", category.name), &category.family)?;
    audited.put_category(&who.org, &category).await?;
    Ok(Json(shown(category)))
}

/// Lists families with their categories.
#[utoipa::path(get, path = "/api/v1/families", tag = "products", responses((status = 200, body = Families)))]
pub(crate) async fn families(
    State(shared): State<Shared>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut families: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for category in shared.store.categories(&who.org).await? {
        if !category.family.is_empty() {
            families.entry(category.family).or_default().push(category.name);
        }
    }
    let items = families.into_iter().map(|(name, categories)| Family { name, categories });
    tagged(&headers, &Families { items: items.collect() })
}

fn shown(category: Category) -> CategoryShown {
    CategoryShown {
        name: category.name,
        family_name: Some(category.family).filter(|family| !family.is_empty()),
    }
}
