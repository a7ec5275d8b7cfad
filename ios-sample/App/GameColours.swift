import SwiftUI
import UIKit

/// The look of Emberdeep: parchment by day, a lit cave by night.
enum GameColours {
    static let primary = colour(0x51349A, dark: 0xCDB9FF)
    static let action = colour(0x9A4A07, dark: 0xFFB868)
    static let onAction = colour(0xFFFFFF, dark: 0x4A2600)
    static let background = colour(0xFAF4E8, dark: 0x14101E)
    static let card = colour(0xFFFBF2, dark: 0x1D1729)
    static let purseTop = colour(0x5A3A99, dark: 0x4A3285)
    static let purseBottom = colour(0x2B1B57, dark: 0x1E1440)
    static let onPurse = colour(0xFFF6E3, dark: 0xFFF1D6)
    static let ember = colour(0xFFB84D, dark: 0xFFB84D)
    static let onEmber = colour(0x2B1600, dark: 0x2B1600)
    static let itemGlow = colour(0xFFF3D6, dark: 0x4A3D5E)
    static let itemPlate = colour(0xF0E2C4, dark: 0x2A2338)
    static let good = colour(0x1B6E4F, dark: 0x7FD8AE)
    static let onGood = colour(0xFFFFFF, dark: 0x06281A)
    static let bad = colour(0xFFDBD5, dark: 0x8A1E1E)
    static let onBad = colour(0x430608, dark: 0xFFDAD4)
    static let badge = colour(0xE7DCFF, dark: 0x46308A)
    static let onBadge = colour(0x22104F, dark: 0xE9DEFF)
    static let banner = colour(0xC2EEDF, dark: 0x105144)
    static let onBanner = colour(0x00201A, dark: 0xB7F0DE)
    static let waiting = colour(0xFFDDB5, dark: 0x6A3A08)
    static let onWaiting = colour(0x3A1900, dark: 0xFFDDB8)
    static let developer = colour(0x1D6A5A, dark: 0x8DD8C2)

    private static func colour(_ light: UInt32, dark: UInt32) -> Color {
        Color(UIColor { $0.userInterfaceStyle == .dark ? UIColor(rgb: dark) : UIColor(rgb: light) })
    }
}

extension Color {
    /// A colour of a picture, the same by day and by night.
    init(rgb: UInt32) {
        self.init(UIColor(rgb: rgb))
    }
}

extension UIColor {
    fileprivate convenience init(rgb: UInt32) {
        func part(_ shift: UInt32) -> CGFloat { CGFloat((rgb >> shift) & 0xFF) / 255 }
        self.init(red: part(16), green: part(8), blue: part(0), alpha: 1)
    }
}

extension Font {
    /// The letters of a storybook, in any size that the player has set.
    static func storybook(_ style: Font.TextStyle) -> Font {
        .system(style, design: .serif).bold()
    }
}
