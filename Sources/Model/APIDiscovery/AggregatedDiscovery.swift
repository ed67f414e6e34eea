public import JSONValue
import KubeModel

/// All groups with all their resources in one answer, as `APIGroupDiscoveryList`.
///
/// Source: KEP-3352.
extension APIDiscovery {
    /// A version of `apidiscovery.k8s.io` that clients may ask for.
    public enum AggregatedVersion: String, Hashable, Sendable, CaseIterable {
        case v2, v2beta1

        /// The media type of the answer.
        public var mediaType: String { "application/json;g=apidiscovery.k8s.io;v=\(rawValue);as=APIGroupDiscoveryList" }

        /// Whether the parameters of a media type (`g`, `v`, `as`) ask for this.
        public func isAsked(by parameters: [String: String]) -> Bool {
            parameters["g"] == "apidiscovery.k8s.io" && parameters["v"] == rawValue
                && parameters["as"] == "APIGroupDiscoveryList"
        }
    }

    /// The answer to `/api`.
    public func aggregatedCore(_ version: AggregatedVersion = .v2) -> JSON { aggregated(version) { $0.name.isEmpty } }
    /// The answer to `/apis`.
    public func aggregatedGroups(_ version: AggregatedVersion = .v2) -> JSON {
        aggregated(version) { !$0.name.isEmpty }
    }

    /// The value of the `ETag` header for the bytes of an answer, with its quotes.
    public static func entityTag(of bytes: [UInt8]) -> String { "\"\(hash(of: bytes))\"" }

    /// A hash of bytes in hexadecimal digits, such as document addresses carry.
    public static func hash(of bytes: [UInt8]) -> String { SHA256.hexadecimal(SHA256.hash(bytes)) }

    private func aggregated(_ version: AggregatedVersion, _ isListed: (Group) -> Bool) -> JSON {
        [
            "kind": "APIGroupDiscoveryList", "apiVersion": .string("apidiscovery.k8s.io/\(version.rawValue)"),
            "metadata": [:],
            "items": .array(groups.filter(isListed).map(entry)),
        ]
    }

    private func entry(_ group: Group) -> JSON {
        let versions = group.versions.map { version -> JSON in
            let all = resources(of: GroupVersion(group: group.name, version: version))
            return [
                "version": .string(version),
                "resources": .array(all.map { Self.aggregatedEntry($0, isCustom: group.isCustom) }),
                "freshness": "Current",
            ]
        }
        return ["metadata": group.name.isEmpty ? [:] : ["name": .string(group.name)], "versions": .array(versions)]
    }

    private static func kind(_ kind: String, _ version: GroupVersion?) -> JSON {
        ["group": .string(version?.group ?? ""), "version": .string(version?.version ?? ""), "kind": .string(kind)]
    }

    private static func aggregatedEntry(_ resource: ResourceFacts, isCustom: Bool) -> JSON {
        // Built-in resources leave out what is plain from where they stand.
        let own = isCustom ? resource.groupVersion : nil
        var entry: JSONObject = [
            "resource": .string(resource.plural), "responseKind": kind(resource.kind, own),
            "scope": resource.isNamespaced ? "Namespaced" : "Cluster", "singularResource": .string(resource.singular),
            "verbs": JSON(resource.verbs),
        ]
        if !resource.shortNames.isEmpty { entry["shortNames"] = JSON(resource.shortNames) }
        if !resource.categories.isEmpty { entry["categories"] = JSON(resource.categories) }
        let subresources = subresources(of: resource, isCustom: isCustom)
        if !subresources.isEmpty {
            entry["subresources"] = .array(
                subresources.map { subresource in
                    [
                        "subresource": .string(subresource.name),
                        "responseKind": kind(subresource.kind, subresource.apiVersion ?? own),
                        "verbs": JSON(subresource.verbs),
                    ]
                })
        }
        return .object(entry)
    }
}
