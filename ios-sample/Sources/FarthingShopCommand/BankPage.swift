import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Answers on the sandbox bank's page (3-D Secure) in place of a browser.
func answerBank(_ page: URL, confirms: Bool) async throws {
    var request = URLRequest(url: page, timeoutInterval: 5)
    request.httpMethod = "POST"
    request.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
    request.httpBody = Data("decision=\(confirms ? "confirm" : "decline")".utf8)
    let (_, response) = try await URLSession.shared.data(for: request)
    guard let status = (response as? HTTPURLResponse)?.statusCode, status < 400 else {
        throw URLError(.badServerResponse)
    }
}
