//! A real wallet, a real gateway, and stripe-mock, Stripe's own program: a card that Stripe keeps.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use farthing_core::WalletError;
use farthing_tests::World;

/// stripe-mock on a free port, stopped with the test.
struct Mock {
    process: Child,
    address: String,
}

impl Mock {
    fn start() -> Self {
        let program = std::env::var("FARTHING_STRIPE_MOCK").unwrap();
        let mut command = Command::new(program);
        command.args(["-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = said.find_map(|line| line.unwrap().split("HTTP at address: ").nth(1).map(str::to_owned)).unwrap();
        // It goes on to say what it does, and would wait for a reader.
        std::thread::spawn(move || said.for_each(drop));
        Mock { process, address: format!("http://{address}") }
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
#[ignore = "needs stripe-mock: cargo xtask test stripe"]
async fn a_player_adds_a_card_that_stripe_keeps_and_no_number_comes_to_the_gateway() {
    let (mock, mut world) = (Mock::start(), World::new());
    let folder = world.gateway_folder();
    std::fs::write(folder.join("stripe-secret.key"), "sk_test_123").unwrap();
    std::fs::write(folder.join("stripe-webhook.key"), "whsec_123").unwrap();
    let stripe = format!(
        "\n[processors.stripe]\nreturn_url = \"game://paid\"\napi = \"{}\"\n\
         fees = {{ percentage = \"2.9\", fixed = {{ default = \"0.30\" }} }}\n",
        mock.address
    );
    world.edit_policy(|policy| policy + &stripe).await;
    let wallet = world.device("phone").open().await;
    wallet.sync().await.unwrap();
    let card = wallet.add_payment_method("pm_card_visa").await.unwrap();
    assert_eq!(wallet.cards().await.unwrap(), std::slice::from_ref(&card));
    let refused = farthing_tests::add_card(&wallet, farthing_tests::GOOD_CARD).await.unwrap_err();
    assert!(matches!(refused, WalletError::CardInvalid { ref field } if field == "number"), "{refused}");
    let refused = wallet.add_payment_method("4242424242424242").await.unwrap_err();
    assert!(matches!(refused, WalletError::CardInvalid { ref field } if field == "payment_method"), "{refused}");
    wallet.remove_card(card.id).await.unwrap();
    assert_eq!(wallet.cards().await.unwrap(), []);
}
