import FarthingShop
import SwiftUI

extension EnvironmentValues {
    /// The words of the language that the screen is in.
    var wording: Wording { Wording(locale: locale) }
}
