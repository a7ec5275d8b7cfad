/// The word that someone may have meant: the one that is fewest keystrokes away, if that is near.
func nearestWord(to typed: String, in words: [String]) -> String? {
    let typed = Array(typed.lowercased())
    let nearest = words.map { word in (word, distance(typed, Array(word.lowercased()))) }.min { $0.1 < $1.1 }
    guard let (word, distance) = nearest, distance <= max(1, typed.count / 3) else { return nil }
    return word
}

/// How many letters have to be typed, deleted, replaced or swapped with their neighbour (optimal string alignment).
private func distance(_ one: [Character], _ other: [Character]) -> Int {
    var rows = [Array(0...other.count)]
    for (i, letter) in one.enumerated() {
        var row = [i + 1]
        for (j, otherLetter) in other.enumerated() {
            var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (letter == otherLetter ? 0 : 1))
            if i > 0, j > 0, letter == other[j - 1], one[i - 1] == otherLetter {
                best = min(best, rows[i - 1][j - 1] + 1)
            }
            row.append(best)
        }
        rows.append(row)
    }
    return rows[one.count][other.count]
}
