use super::engine::{Parts, Run};
use crate::elsewhere;
use crate::gateway::GatewayError;

/// Answers that are fetched in one sync: twice as many as a wallet keeps purchases of. What is left comes with the next.
const PAGES_MAX: u32 = 10;

impl Parts {
    /// Fetches more of what the account's other devices have bought; strikes it out where that is all.
    pub(super) async fn fetch_purchases(&self, run: &mut Run) -> Result<(), GatewayError> {
        let known = |books: &mut crate::store::Books| Ok((books.enrolment()?, books.state.elsewhere.after.clone()));
        let (enrolment, after) = self.store.run(known).await?;
        let page = self.session.purchases_elsewhere(&self.trust, &enrolment, after.as_deref()).await?;
        run.pages += 1;
        run.wanted.purchases = page.has_more && run.pages < PAGES_MAX;
        self.write(move |books| elsewhere::apply(books, page)).await
    }
}
