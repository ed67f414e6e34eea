import KubeModel

/// In which form a client wants its answer (RFC 9110 section 12.5.1; Kubernetes API concepts, "Receiving resources
/// as Tables").
struct Negotiation: Hashable, Sendable {
    enum Encoding: Hashable, Sendable { case json, yaml }
    enum Shape: Hashable, Sendable {
        /// The objects themselves.
        case object
        /// Rows for printing.
        case table
        /// Metadata only.
        case partialMetadata
        /// All groups, versions and resources in one document.
        case aggregatedDiscovery(version: String)
    }
    var encoding = Encoding.json
    var shape = Shape.object
    /// The version of meta.k8s.io in which tables and metadata are asked for.
    var metaVersion = "v1"

    /// One media range of an Accept header with its parameters.
    private struct MediaRange {
        var type: String
        var parameters: [String: String]
        var quality: Double
    }

    private static func ranges(_ accept: String) -> [MediaRange] {
        var found: [MediaRange] = []
        for part in accept.split(separator: ",").prefix(32) {
            let pieces = part.split(separator: ";").map { $0.filter { $0 != " " } }
            guard let type = pieces.first else { continue }
            var parameters: [String: String] = [:]
            var quality = 1.0
            for piece in pieces.dropFirst() {
                let pair = piece.split(separator: "=", maxSplits: 1).map(String.init)
                guard pair.count == 2 else { continue }
                if pair[0] == "q" {
                    // What is no quality counts as 1: "nan" would be in no order with any other.
                    quality = Double(pair[1]).flatMap { (0...1).contains($0) ? $0 : nil } ?? 1
                } else {
                    parameters[pair[0]] = pair[1]
                }
            }
            found.append(MediaRange(type: type.lowercased(), parameters: parameters, quality: quality))
        }
        // Stable: of equal qualities the first named wins.
        return found.enumerated().sorted { ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset) }.map(\.element)
    }

    /// Whether an Accept header takes a media type.
    static func takes(_ type: String, accept: String) -> Bool {
        let major = type.prefix { $0 != "/" }
        return ranges(accept).contains { $0.type == type || $0.type == "*/*" || $0.type == "\(major)/*" }
    }

    /// The first form that we can give; nil when there is none.
    init?(accept: String?, allowTables: Bool, allowDiscovery: Bool = false) {
        guard let accept, !accept.isEmpty else { return }
        for range in Self.ranges(accept) {
            let encoding: Encoding
            switch range.type {
            case "application/json", "*/*": encoding = .json
            case "application/yaml", "application/x-yaml": encoding = .yaml
            default: continue
            }
            self.encoding = encoding
            switch range.parameters["as"] {
            case nil: return
            case "Table" where allowTables && range.parameters["g"] == "meta.k8s.io" && ["v1", "v1beta1"].contains(range.parameters["v"]):
                shape = .table
                metaVersion = range.parameters["v"] ?? "v1"
                return
            case "PartialObjectMetadata" where allowTables && range.parameters["g"] == "meta.k8s.io",
                "PartialObjectMetadataList" where allowTables && range.parameters["g"] == "meta.k8s.io":
                shape = .partialMetadata
                metaVersion = range.parameters["v"] ?? "v1"
                return
            case "APIGroupDiscoveryList" where allowDiscovery && range.parameters["g"] == "apidiscovery.k8s.io":
                guard let version = range.parameters["v"], ["v2", "v2beta1"].contains(version) else { continue }
                shape = .aggregatedDiscovery(version: version)
                return
            default: continue
            }
        }
        return nil
    }

    /// The forms that kube-apiserver names to a client that takes none of them.
    static let representations = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
    static let watchRepresentations =
        representations + ", application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"

    /// The answer to a client that takes nothing that we can give.
    static func notAcceptable(available: String = representations) -> StatusError {
        StatusError(
            code: 406, reason: "NotAcceptable", message: "406: Not Acceptable\n\nAvailable representations: \(available)",
            details: .init())
    }
}
