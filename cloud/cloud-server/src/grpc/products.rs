//! Products by their ids, for other software: a till's certificate or a service token says of which organisation.

use std::collections::BTreeSet;

use domain::ids::ProductId;
use domain::quantity::Measure;
use tonic::{Code, Request, Response, Status};
use wire::v1::product_service_server::ProductService;
use wire::v1::{GetProductsInfoRequest, GetProductsInfoResponse, ProductInfo};

use super::caller;
use crate::auth;
use crate::gateway::Shared;
use cloud_store::{PRODUCTS_AT_ONCE_MAX, StoredProduct};

/// The longest request: a thousand ids with their lengths.
pub(super) const REQUEST_MAX_LEN: usize = 128 * 1024;

/// The service.
pub(super) struct Products {
    shared: Shared,
}

impl Products {
    pub(super) fn new(shared: Shared) -> Self {
        Self { shared }
    }
}

#[tonic::async_trait]
impl ProductService for Products {
    async fn get_products_info(
        &self,
        request: Request<GetProductsInfoRequest>,
    ) -> Result<Response<GetProductsInfoResponse>, Status> {
        let org = if request.metadata().contains_key("authorization") {
            let headers = request.metadata().clone().into_headers();
            auth::reader_of_products(&self.shared, &headers)
                .await
                .map_err(|problem| Status::new(Code::Unauthenticated, problem.detail()))?
        } else {
            caller::till(&self.shared, &request).await?.till.org
        };
        let asked = request.into_inner().ids;
        if asked.len() > PRODUCTS_AT_ONCE_MAX {
            return Err(Status::invalid_argument(format!(
                "ask for at most {PRODUCTS_AT_ONCE_MAX} products at once, not {}",
                asked.len()
            )));
        }
        // What is no id is the id of no product.
        let ids: BTreeSet<ProductId> = asked.iter().filter_map(|id| ProductId::new(id).ok()).collect();
        let ids: Vec<ProductId> = ids.into_iter().collect();
        let found =
            self.shared.store.products_of(&org, &ids).await.map_err(|error| caller::status(&error))?;
        let known: BTreeSet<&str> = found.iter().map(|stored| stored.product.id.as_str()).collect();
        let mut missing: Vec<String> = Vec::new();
        for id in asked {
            if !known.contains(id.as_str()) && !missing.contains(&id) {
                missing.push(id);
            }
        }
        let products = found.iter().map(info).collect();
        Ok(Response::new(GetProductsInfoResponse { products, products_not_found: missing }))
    }
}

fn info(stored: &StoredProduct) -> ProductInfo {
    let product = &stored.product;
    ProductInfo {
        id: product.id.to_string(),
        sku: product.sku.clone(),
        name: product.name.0.clone().into_iter().collect(),
        category: stored.category.clone().unwrap_or_default(),
        price_minor: product.price.amount.minor,
        currency: product.price.amount.currency.code().to_owned(),
        per: match product.price.per {
            Measure::Piece => "piece".to_owned(),
            Measure::Kilogram => "kg".to_owned(),
        },
        tax_code: product.tax_code.to_string(),
        gtin: product.gtin.map(|gtin| gtin.to_string()),
        plu: product.plu.map(|plu| plu.to_string()),
        age_limit: product.age_limit.map(u32::from),
        archived: product.archived,
    }
}
