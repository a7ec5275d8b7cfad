//! The cases, by chapter.

mod access;
mod journal;
mod money;

use crate::Case;

macro_rules! cases {
    ($($chapter:literal: { $($name:literal => $module:ident::$function:ident,)* })*) => {
        /// Every case, in the order in which they are put.
        pub const CASES: &[Case] =
            &[$($(Case { name: $name, chapter: $chapter, run: |target| Box::pin($module::$function(target)) },)*)*];
    };
}

cases! {
    "Signed documents": {
        "the root key vouches for the keys that the JWKS has" => access::keys,
        "the catalog is signed, and its tag saves its transfer" => access::catalog,
    }
    "Requests": {
        "a key is enrolled once" => access::enrolment,
        "an unknown publishable key enrols nobody" => access::unknown_key,
        "a request without a proof is refused and gets a nonce" => access::no_proof,
        "a proof is good once" => access::replayed_proof,
        "a proof is good for its own request" => access::other_request,
        "a token is of no use without its key" => access::stolen_token,
        "what can't be read is refused with a problem" => access::problems,
    }
    "Money": {
        "the same card again is the same token" => money::card,
        "a number that is no card's is refused by its part" => money::wrong_card,
        "a card that was removed is gone" => money::removed_card,
        "an idempotency key charges once" => money::top_up,
        "an idempotency key is good for one request" => money::idempotency_conflict,
        "what is said of a top-up is signed" => money::top_up_statement,
        "an allowance is what was reserved" => money::allowance,
    }
    "Settlement": {
        "a purchase settles with a receipt that the settlement vouches for" => journal::settles,
        "the same bytes get the same outcomes, for ever" => journal::same_again,
        "a batch that overlaps settles what is new" => journal::overlap,
        "a gap is answered with where the journal ends" => journal::gap,
        "a wrong price is rejected alone and counts for nothing" => journal::wrong_price,
        "what can't be read is rejected alone" => journal::unreadable,
        "more than the allowance is rejected" => journal::too_much,
        "a batch that another key has signed is refused" => journal::wrong_signature,
        "a fork freezes the device, and the first chain stands" => journal::fork,
        "a receipt is for its own account" => journal::receipt,
        "what is owned for ever is told, and paid for once" => journal::durable,
        "what a device has bought is told to the account's other devices alone" => journal::elsewhere,
    }
}
