use farthing_protocol::Catalog;
use farthing_protocol::api::CatalogResponse;
use http::header::{ETAG, IF_NONE_MATCH};

use super::session::{Outgoing, header_value, read};
use super::{GatewayError, Session, Trust};
use crate::state::Enrolment;

/// A verified catalog and the tag to ask for a newer one.
pub(crate) struct FreshCatalog {
    pub(crate) catalog: Catalog,
    pub(crate) etag: Option<String>,
}

impl Session {
    /// What is for sale; `None` when that is still what `etag` stands for.
    pub(crate) async fn catalog(
        &self,
        trust: &Trust,
        enrolment: &Enrolment,
        etag: Option<String>,
    ) -> Result<Option<FreshCatalog>, GatewayError> {
        let mut request = Outgoing::get("v1/catalog");
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, header_value(etag)?);
        }
        let answer = self.authorised(enrolment.device, &request).await?;
        if answer.status() == http::StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let etag = answer.headers().get(ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
        let answer: CatalogResponse = read(&answer)?;
        let catalog = trust.open::<Catalog>(self, &answer.catalog).await?.document;
        catalog
            .check()
            .map_err(|error| GatewayError::NotTrusted(format!("its catalog can't be sold from: {error}")))?;
        Ok(Some(FreshCatalog { catalog, etag }))
    }
}
