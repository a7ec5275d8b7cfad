//! Packs of balance that were bought in Google Play.
//!
//! The app hands over the purchase's token, and Google is asked how it stands (`purchases.products.get`). What is
//! credited is consumed by this gateway, which acknowledges it, too: what nobody acknowledges within three days Google
//! gives back (<https://developer.android.com/google/play/billing/integrate#process>). What was given back later is in a
//! list of Google's (`purchases.voidedpurchases.list`).

mod client;
mod object;
mod service_account;

use farthing_protocol::Timestamp;
use url::Url;

pub(crate) use self::client::{API, Failure};
pub(crate) use self::object::{ProductPurchase, PurchaseState, VoidedPurchase};
pub(crate) use self::service_account::ServiceAccount;

use self::client::Client;
use self::object::VoidedPurchases;
use crate::clock::Clock;
use crate::config::{GooglePlayPolicy, StoreEnvironment};
use crate::store_top_up::Terms;

/// Voided purchases in one answer: the most that Google gives.
const PAGE: &str = "1000";

/// Google Play, as one app sells in it.
pub(crate) struct GooglePlay {
    client: Client,
    package_name: String,
    environment: StoreEnvironment,
    pub(crate) terms: Terms,
}

impl GooglePlay {
    pub(crate) fn new(api: Url, account: ServiceAccount, policy: &GooglePlayPolicy, clock: Clock) -> Self {
        GooglePlay {
            client: Client::new(api, account, clock),
            package_name: policy.package_name.clone(),
            environment: policy.environment,
            terms: Terms::new(&policy.fees, policy.keeps_fee_of_refunds, &policy.packs),
        }
    }

    /// How a purchase stands. It is Google's word that the token is one of this app's for that product.
    pub(crate) async fn look_up(&self, product: &str, token: &str) -> Result<ProductPurchase, Failure> {
        self.client.get(&self.purchase(product, token), &[]).await
    }

    /// Why a purchase is not one that is taken here.
    pub(crate) fn is_not_sold(&self, purchase: &ProductPurchase) -> Option<&'static str> {
        purchase.is_not_of(self.environment)
    }

    /// Consumes a purchase, which acknowledges it. Where Google says no, what became of it is asked for.
    pub(crate) async fn consume(&self, product: &str, token: &str) -> Result<(), Failure> {
        let consume = format!("{token}:consume");
        let refused = match self.client.post(&self.purchase(product, &consume)).await {
            Err(Failure::Refused(reason)) => reason,
            done => return done,
        };
        let known = self.look_up(product, token).await?;
        // An earlier answer was lost, or there is nothing left to consume.
        let is_done = known.is_consumed() || known.state() == PurchaseState::Cancelled;
        if is_done { Ok(()) } else { Err(Failure::Refused(refused)) }
    }

    /// What was cancelled, refunded or charged back since a time, and the name of the next page.
    pub(crate) async fn voided(
        &self,
        since: Timestamp,
        page: Option<&str>,
    ) -> Result<(Vec<VoidedPurchase>, Option<String>), Failure> {
        let since = since.as_millisecond().to_string();
        let mut query = vec![("startTime", since.as_str()), ("maxResults", PAGE)];
        query.extend(page.map(|page| ("token", page)));
        let path = ["androidpublisher", "v3", "applications", &self.package_name, "purchases", "voidedpurchases"];
        let VoidedPurchases { voided_purchases, token_pagination } = self.client.get(&path, &query).await?;
        let next = token_pagination.and_then(|next| next.next_page_token).filter(|next| !next.is_empty());
        Ok((voided_purchases, next))
    }

    fn purchase<'a>(&'a self, product: &'a str, token: &'a str) -> [&'a str; 9] {
        let package = self.package_name.as_str();
        ["androidpublisher", "v3", "applications", package, "purchases", "products", product, "tokens", token]
    }
}
