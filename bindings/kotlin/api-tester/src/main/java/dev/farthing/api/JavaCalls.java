package dev.farthing.api;

import dev.farthing.Approval;
import dev.farthing.AutoTopUp;
import dev.farthing.AutoTopUpConsent;
import dev.farthing.Balance;
import dev.farthing.Card;
import dev.farthing.CardDetails;
import dev.farthing.Catalog;
import dev.farthing.Creator;
import dev.farthing.Inventory;
import dev.farthing.KeyStore;
import dev.farthing.Limits;
import dev.farthing.MeterFutures;
import dev.farthing.Money;
import dev.farthing.Pass;
import dev.farthing.Purchase;
import dev.farthing.PurchaseFilter;
import dev.farthing.SpendingLimits;
import dev.farthing.SupportFile;
import dev.farthing.SyncReport;
import dev.farthing.SyncState;
import dev.farthing.Tab;
import dev.farthing.TopUp;
import dev.farthing.TopUpAdvice;
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
                .enrolmentToken("token")
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
            Purchase tip = wallet.tip("ana", new Money("0.50", "USD")).join();
            tip = wallet.tip("ana", new Money("0.50", "USD"), "bravo", "tap-2").join();
            List<Creator> creators = wallet.creators().join();
            System.out.println(List.of(tip.getTip().getCreator(), creators.get(0).getName()));
            Long left = wallet.consume("a", 1, "level-7").join();
            MeterFutures meter = wallet.meter("calls");
            CompletableFuture.allOf(meter.record(), meter.record(2), meter.flush()).join();
            System.out.println(meter.getMeter().tryRecord(1));
            List<Pass> passes = wallet.passes().join();
            Pass pass = wallet.setPassRenewal("season", true).join();
            System.out.println(List.of(passes, pass.getState(), wallet.pass("season").join()));
            Inventory inventory = wallet.inventory().join();
            Catalog catalog = wallet.catalog().join();
            List<Purchase> purchases = wallet.purchases().join();
            System.out.println(purchases.stream().filter(Purchase::isFromAnotherDevice).count());
            List<Purchase> waiting = wallet.purchases(new PurchaseFilter(10, true)).join();
            String receipt = wallet.receipt(one.join().getId()).join();
            Purchase refunded = wallet.refund(one.join().getId()).join();
            List<String> refunds = wallet.refundReceipts(refunded.getId()).join();
            Card card = wallet.addCard(new CardDetails("number", 1, 2030, "cvc")).join();
            card = wallet.addPaymentMethod("pm_1").join();
            List<Card> cards = wallet.cards().join();
            TopUp topUp = wallet.topUp(new Money("5.00", "USD"), card.getId()).join();
            List<TopUp> topUps = wallet.topUps().join();
            List<TopUpAdvice> advice = wallet.topUpAdvice("USD").join();
            AutoTopUp setting = new AutoTopUp(new Money("1", "USD"), new Money("5", "USD"), card.getId(), new Money("20", "USD"));
            AutoTopUpConsent agreed = wallet.setAutoTopUp(setting).join();
            System.out.println(List.of(agreed.getSetting().getMonthlyCap(), agreed.getPause(), wallet.autoTopUp().join()));
            Tab tab = wallet.openTab(new Money("5.00", "USD"), card.getId()).join();
            Tab closed = wallet.closeTab(tab.getId()).join();
            List<Tab> tabs = wallet.tabs().join();
            System.out.println(List.of(tab.getOwed(), closed.getState(), tabs));
            wallet.removeCard(card.getId()).join();
            SupportFile file = wallet.supportBundle().join();
            System.out.println(file.getName() + file.getContent());
            SpendingLimits daily = new SpendingLimits(null, new Money("5.00", "USD"));
            Limits limits = wallet.setLimits("USD", daily).join();
            limits = wallet.setLimits("USD", daily, "1234", 60).join();
            Limits now = wallet.limits().join();
            List<Approval> approvals = wallet.approvals().join();
            Approval answered = wallet.answerApproval("approval", true, "1234").join();
            System.out.println(List.of(limits.getLimits(), now.getHasGuardian(), approvals, answered.getState()));
            SyncReport report = wallet.sync().join();
            Balance balance = wallet.getBalance();
            SyncState state = wallet.getSyncState();
            System.out.println(List.of(left, inventory.get("a"), catalog, purchases, waiting, receipt, cards, topUp, topUps));
            System.out.println(List.of(report, refunds, balance.get("USD").getTotal(), state, advice, wallet.getWallet()));
            wallet.erase(false).join();
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof WalletException.InsufficientFunds) {
                Money needed = ((WalletException.InsufficientFunds) failed.getCause()).getNeeded();
                System.out.println(needed.format());
            }
        }
    }
}
