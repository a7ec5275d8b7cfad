import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A bad day that the sandbox gateway makes on order, for this device alone.
public enum Fault: String, CaseIterable, Hashable, Sendable {
    /// None any more.
    case none
    /// Every answer takes two seconds.
    case latency
    /// Requests are not carried out, nor answered.
    case drop
    /// Purchases are settled, and the answer is lost.
    case lose
    /// Every request is answered with 503.
    case error
    /// The next top-up is declined.
    case decline
    /// The next purchase is taken back.
    case reject
    /// The device is frozen.
    case freeze

    /// Its name for testers.
    public var label: ShopText {
        switch self {
        case .none: .faultNone
        case .latency: .faultLatency
        case .drop: .faultDrop
        case .lose: .faultLose
        case .error: .faultError
        case .decline: .faultDecline
        case .reject: .faultReject
        case .freeze: .faultFreeze
        }
    }

    /// What the gateway is asked, as in `docs/guide/faults.md`.
    var order: String {
        switch self {
        case .none: "{}"
        case .latency: #"{"latency": {"milliseconds": 2000}}"#
        case .drop: #"{"drop": {}}"#
        case .lose: #"{"lose_response": {"resource": "journal"}}"#
        case .error: #"{"error": {"status": 503}}"#
        case .decline: #"{"decline": {"code": "insufficient_funds", "count": 1}}"#
        case .reject: #"{"reject": {"reason": "wrong_price", "count": 1}}"#
        case .freeze: #"{"freeze": true}"#
        }
    }
}

/// Orders faults at a sandbox gateway. A shipped game has nothing like it.
struct GatewayFaults: Sendable {
    let gateway: String
    let publishableKey: String

    private static let seconds: TimeInterval = 5

    /// Orders a fault in place of the one before.
    func order(_ fault: Fault, device: String) async throws(Refused) {
        guard var url = URL(string: gateway) else { throw Refused("\(gateway) is no address") }
        url.append(path: "v1/sandbox/faults")
        url.append(queryItems: [URLQueryItem(name: "device", value: device)])
        var request = URLRequest(url: url, timeoutInterval: Self.seconds)
        request.httpMethod = "PUT"
        request.setValue("Bearer \(publishableKey)", forHTTPHeaderField: "Authorization")
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = Data(fault.order.utf8)
        let response: URLResponse
        do {
            (_, response) = try await URLSession.shared.data(for: request)
        } catch {
            throw Refused(error.localizedDescription)
        }
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        guard status == 200 else { throw Refused("HTTP \(status)") }
    }

    /// The order was not taken.
    struct Refused: Error {
        let reason: String

        init(_ reason: String) {
            self.reason = reason
        }
    }
}
