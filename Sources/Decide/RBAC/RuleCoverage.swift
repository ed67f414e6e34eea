import PolicyModel

/// Whether a set of rules grants everything that another set grants.
public enum RuleCoverage {
    /// The parts of `wanted` that no single rule of `held` covers, each of one verb on one resource or path.
    public static func missing(from held: [PolicyRule], wanted: [PolicyRule]) -> [PolicyRule] {
        wanted.flatMap(parts).filter { part in !held.contains { covers($0, part) } }
    }

    /// A rule taken apart: one group, resource, verb and name each; one path and verb each.
    static func parts(of rule: PolicyRule) -> [PolicyRule] {
        var parts: [PolicyRule] = []
        for group in rule.apiGroups {
            for resource in rule.resources {
                for verb in rule.verbs {
                    if rule.resourceNames.isEmpty {
                        parts.append(PolicyRule(verbs: [verb], apiGroups: [group], resources: [resource]))
                    }
                    for name in rule.resourceNames {
                        parts.append(
                            PolicyRule(verbs: [verb], apiGroups: [group], resources: [resource], resourceNames: [name]))
                    }
                }
            }
        }
        for path in rule.nonResourceURLs {
            for verb in rule.verbs { parts.append(PolicyRule(verbs: [verb], nonResourceURLs: [path])) }
        }
        return parts
    }

    /// Whether a rule covers a part. `*` is covered by `*` only: a list of all resources of today is not all resources.
    static func covers(_ held: PolicyRule, _ part: PolicyRule) -> Bool {
        part.verbs.allSatisfy(held.allows(verb:))
            && part.apiGroups.allSatisfy(held.allows(group:))
            && part.resources.allSatisfy { covers(held.resources, resource: $0) }
            && part.nonResourceURLs.allSatisfy(held.allows(path:))
            && (held.resourceNames.isEmpty
                || !part.resourceNames.isEmpty && part.resourceNames.allSatisfy(held.resourceNames.containsExactly))
    }

    private static func covers(_ held: [String], resource: String) -> Bool {
        if held.contains(where: { $0 == "*" || $0.isExactly(resource) }) { return true }
        guard let slash = resource.firstIndex(of: "/") else { return false }
        return held.containsExactly("*" + resource[slash...])
    }

    /// Puts the verbs on the same resource, and the same name, together again.
    static func compacted(_ parts: [PolicyRule]) -> [PolicyRule] {
        struct Target: Hashable {
            var group: ExactString
            var resource: ExactString
            var name: ExactString?
        }
        var compacted: [PolicyRule] = []
        var positions: [Target: Int] = [:]
        for part in parts {
            guard part.apiGroups.count == 1, part.resources.count == 1, part.resourceNames.count <= 1,
                part.nonResourceURLs.isEmpty
            else {
                compacted.append(part)
                continue
            }
            let target = Target(
                group: ExactString(part.apiGroups[0]), resource: ExactString(part.resources[0]),
                name: part.resourceNames.first.map { ExactString($0) })
            if let at = positions[target] {
                compacted[at].verbs += part.verbs
            } else {
                positions[target] = compacted.count
                compacted.append(part)
            }
        }
        return compacted
    }
}
