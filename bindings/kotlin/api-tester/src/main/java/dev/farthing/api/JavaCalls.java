package dev.farthing.api;

import dev.farthing.Balance;
import dev.farthing.Card;
import dev.farthing.CardDetails;
import dev.farthing.Catalog;
import dev.farthing.Inventory;
import dev.farthing.KeyStore;
import dev.farthing.Money;
import dev.farthing.Purchase;
import dev.farthing.PurchaseFilter;
import dev.farthing.SyncReport;
import dev.farthing.SyncState;
import dev.farthing.TopUp;
import dev.farthing.WalletConfig;
import dev.farthing.WalletException;
import dev.farthing.WalletFutures;
import java.io.File;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

/** Each public call as an app in Java makes it. None of it is run: what no longer compiles would break apps. */
public final class JavaCalls {
    private JavaCalls() {}

    /** Opens, uses and ends a wallet. */
    static void callWallet(File folder, Executor executor) throws Exception {
        WalletConfig config = new WalletConfig.Builder("https://pay.example", "pk_live_1", folder)
                .rootKey("thumbprint")
                .keyPins(List.of("pin", "spare"))
                .tlsRoots(List.of())
                .syncsByItself(true)
                .clock(Clock.systemUTC())
                .build();
        KeyStore keyStore = KeyStore.software(new File(folder, "keys.json"));
        WalletFutures.startOver(folder, keyStore).join();
        try (WalletFutures wallet = WalletFutures.open(config, keyStore).join();
                AutoCloseable listening = wallet.addListener(executor, event -> System.out.println(event))) {
            System.out.println(listening);
            CompletableFuture<Purchase> one = wallet.buy("a");
            CompletableFuture<Purchase> two = wallet.buy("a", 2);
            CompletableFuture<Purchase> named = wallet.buy("a", 1, "tap-1");
            CompletableFuture.allOf(one, two, named).join();
            Long left = wallet.consume("a", 1, "level-7").join();
            Inventory inventory = wallet.inventory().join();
            Catalog catalog = wallet.catalog().join();
            List<Purchase> purchases = wallet.purchases().join();
            List<Purchase> waiting = wallet.purchases(new PurchaseFilter(10, true)).join();
            String receipt = wallet.receipt(one.join().getId()).join();
            Card card = wallet.addCard(new CardDetails("number", 1, 2030, "cvc")).join();
            List<Card> cards = wallet.cards().join();
            TopUp topUp = wallet.topUp(new Money("5.00", "USD"), card.getId()).join();
            List<TopUp> topUps = wallet.topUps().join();
            wallet.removeCard(card.getId()).join();
            SyncReport report = wallet.sync().join();
            Balance balance = wallet.getBalance();
            SyncState state = wallet.getSyncState();
            System.out.println(List.of(left, inventory.get("a"), catalog, purchases, waiting, receipt, cards, topUp, topUps));
            System.out.println(List.of(report, balance.get("USD").getTotal(), state, wallet.getWallet()));
            wallet.erase(false).join();
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof WalletException.InsufficientFunds) {
                Money needed = ((WalletException.InsufficientFunds) failed.getCause()).getNeeded();
                System.out.println(needed.format());
            }
        }
    }
}
