import Farthing

/// What an item is called: by its SKU, by the catalog, and by the game itself.
public struct ItemName: Hashable, Sendable {
    /// Its name in code.
    public let sku: String

    /// The studio's words in the catalog; `nil` for an item that is not for sale any more.
    public let catalogTitle: String?

    /// The studio's sentence in the catalog.
    public let catalogDescription: String?

    /// A name.
    public init(sku: String, catalogTitle: String? = nil, catalogDescription: String? = nil) {
        self.sku = sku
        self.catalogTitle = catalogTitle
        self.catalogDescription = catalogDescription
    }

    init(_ sku: String, in catalog: Catalog?) {
        let item = catalog?[sku]
        self.init(sku: sku, catalogTitle: item?.title, catalogDescription: item?.description)
    }

    /// How it looks.
    public var look: ItemLook { ItemLook(rawValue: sku) ?? .unknown }
}

/// What the game itself knows of an item: its picture, and its words in the player's language. The catalog has the
/// price and the studio's own words, which stand in for an item that is newer than the app.
public enum ItemLook: String, CaseIterable, Hashable, Sendable {
    /// A heart.
    case extraLife = "extra_life"
    /// A key.
    case goldenKey = "golden_key"
    /// A flask.
    case healthPotion = "health_potion"
    /// A speech bubble with a star.
    case hint
    /// An arrow.
    case arrow
    /// A sword.
    case swordOfDawn = "sword_of_dawn"
    /// A lantern.
    case lantern
    /// A map.
    case mapOfTheDepths = "map_of_the_depths"
    /// Two speech bubbles.
    case apiCalls = "api_calls"
    /// A ticket.
    case seasonPass = "season_pass"
    /// A backpack.
    case explorerSet = "explorer_set"
    /// A closed chest: an item that is newer than the app.
    case unknown

    /// Its name; the catalog's where the game has none.
    public var title: ShopText? {
        switch self {
        case .extraLife: .extraLife
        case .goldenKey: .goldenKey
        case .healthPotion: .healthPotion
        case .hint: .hint
        case .arrow: .arrow
        case .swordOfDawn: .swordOfDawn
        case .lantern: .lantern
        case .mapOfTheDepths: .mapOfTheDepths
        case .apiCalls: .apiCalls
        case .seasonPass: .seasonPass
        case .explorerSet: .explorerSet
        case .unknown: nil
        }
    }

    /// A sentence about it.
    public var description: ShopText? {
        switch self {
        case .extraLife: .extraLifeDescription
        case .goldenKey: .goldenKeyDescription
        case .healthPotion: .healthPotionDescription
        case .hint: .hintDescription
        case .arrow: .arrowDescription
        case .swordOfDawn: .swordOfDawnDescription
        case .lantern: .lanternDescription
        case .mapOfTheDepths: .mapOfTheDepthsDescription
        case .apiCalls: .apiCallsDescription
        case .seasonPass: .seasonPassDescription
        case .explorerSet: .explorerSetDescription
        case .unknown: nil
        }
    }
}
