import FarthingShop
import SwiftUI

/// The five rooms of the shop.
enum Room: Hashable, CaseIterable {
    case shop
    case bag
    case purchases
    case cards
    case more

    var title: ShopText {
        switch self {
        case .shop: .tabShop
        case .bag: .tabBag
        case .purchases: .tabPurchases
        case .cards: .tabCards
        case .more: .tabMore
        }
    }

    var symbol: String {
        switch self {
        case .shop: "storefront"
        case .bag: "bag"
        case .purchases: "doc.text"
        case .cards: "creditcard"
        case .more: "ellipsis.circle"
        }
    }
}

/// The whole app: a room, the bars around it, and the testers' drawer.
struct RootView: View {
    let shop: EmberdeepShop

    @State private var room = Room.shop
    @State private var showsTools = false
    @Environment(\.wording) private var wording

    var body: some View {
        content
            .tint(GameColours.primary)
            .overlay(alignment: .bottom) { NoticeView(board: shop.noticeBoard) }
            .sheet(isPresented: $showsTools) {
                ToolsView(tools: shop.tools)
                    .overlay(alignment: .bottom) { NoticeView(board: shop.noticeBoard) }
            }
    }

    @ViewBuilder private var content: some View {
        switch shop.session.state {
        case .opening:
            LoadingView()
        case .setupNeeded:
            SetupView(settings: shop.session.settings) { shop.tools.change($0) }
        case .failed(let why):
            ClosedShopView(why: why, action: .openTools) { showsTools = true }
        case .open:
            TabView(selection: $room) {
                ForEach(Room.allCases, id: \.self) { room in
                    NavigationStack { inside(room).shopToolbar(shop, showsTools: $showsTools) }
                        .tabItem { Label(wording.text(room.title), systemImage: room.symbol) }
                        .tag(room)
                }
            }
        }
    }

    @ViewBuilder private func inside(_ room: Room) -> some View {
        switch room {
        case .shop: shelves
        case .bag:
            if let items = shop.bag.items {
                BagView(
                    items: items,
                    passes: shop.passes,
                    onUse: { shop.bag.use($0) },
                    onShop: { self.room = .shop }
                )
            } else {
                LoadingView()
            }
        case .purchases:
            if let rows = shop.purchases.rows {
                PurchasesView(
                    rows: rows,
                    isRefunding: shop.purchases.isRefunding,
                    onRefund: { shop.purchases.refund($0) },
                    signedReceipt: { await shop.purchases.signedReceipt($0).value },
                    readTax: { await shop.purchases.readTax($0).value }
                )
            } else {
                LoadingView()
            }
        case .cards: CardsView(cards: shop.cards)
        case .more: MoreView(shop: shop)
        }
    }

    @ViewBuilder private var shelves: some View {
        switch shop.shop.screen {
        case .loading: LoadingView()
        case .unreachable(let why) where why.text == .errorEnrolmentRejected:
            ClosedShopView(why: why, action: .openTools) { showsTools = true }
        case .unreachable(let why): ClosedShopView(why: why, action: .retry) { shop.tools.sync() }
        case .open(let shelves):
            ShopView(
                shelves: shelves,
                onBuy: { shop.shop.buy($0) },
                onGrantedShown: { shop.shop.grantedShown($0) },
                onTopUp: { room = .cards },
                onConfirmed: { shop.cards.confirmed() }
            )
            .refreshable { _ = await shop.tools.sync().value }
        }
    }
}

extension View {
    /// The bar above every room: the game's name, airplane mode, and the testers' drawer.
    func shopToolbar(_ shop: EmberdeepShop, showsTools: Binding<Bool>) -> some View {
        modifier(ShopToolbar(shop: shop, showsTools: showsTools))
    }
}

private struct ShopToolbar: ViewModifier {
    let shop: EmberdeepShop
    @Binding var showsTools: Bool
    @Environment(\.wording) private var wording

    func body(content: Content) -> some View {
        let isOffline = shop.session.isOffline
        content
            .background(GameColours.background)
            .navigationTitle(wording.text(.appName))
            .navigationBarTitleDisplayMode(.inline)
            .toolbar {
                ToolbarItemGroup(placement: .topBarTrailing) {
                    Button {
                        shop.session.setOffline(!isOffline)
                        if isOffline { shop.tools.sync() }
                    } label: {
                        Image(systemName: isOffline ? "airplane.circle.fill" : "airplane")
                    }
                    .accessibilityLabel(wording.text(isOffline ? .airplaneOn : .airplaneOff))
                    .accessibilityAddTraits(isOffline ? .isSelected : [])
                    Button {
                        showsTools = true
                    } label: {
                        Image(systemName: "testtube.2")
                    }
                    .accessibilityLabel(wording.text(.openTools))
                }
            }
    }
}
