import JSONValue
public import KubeModel
public import PolicyModel

/// Acting as another user, by the headers `Impersonate-User`, `-Uid`, `-Group` and `-Extra-KEY`.
///
/// A request may act as another user in the first of these modes that authorization allows. The constrained modes ask
/// two things: may the requestor act as this user at all, and may the requestor do this very request while doing so.
/// - Source: KEP-5284.
public enum Impersonation {
    /// A way of acting as another user.
    enum Mode: String, Sendable, CaseIterable {
        /// A service account as the node that its pod runs on.
        case associatedNode = "associated-node"
        case arbitraryNode = "arbitrary-node"
        case serviceAccount = "serviceaccount"
        case userInfo = "user-info"
        /// The verb `impersonate`, whatever the request.
        case legacy = ""

        var isConstrained: Bool {
            switch self {
            case .associatedNode, .arbitraryNode, .serviceAccount, .userInfo: true
            case .legacy: false
            }
        }

        /// The verb of the questions about the user.
        var verb: String { isConstrained ? "impersonate:" + rawValue : "impersonate" }

        /// The group and version of users and groups as resources.
        var groupVersion: GroupVersion {
            isConstrained
                ? GroupVersion(group: "authentication.k8s.io", version: "v1") : GroupVersion(group: "", version: "v1")
        }
    }

    /// Whom a request acts as.
    public struct Outcome: Hashable, Sendable {
        /// The user as whom the request goes on.
        public var user: UserInfo
        /// The verb that allowed it, for audit; empty for the verb `impersonate`.
        public var constraint: String
        /// What an impersonation that was allowed leads to.
        public init(user: UserInfo, constraint: String) {
            self.user = user
            self.constraint = constraint
        }
    }

    // MARK: - Headers

    /// Whom the headers ask for, just as they say; nil when they ask for nobody.
    ///
    /// - Throws: 400 when they ask for a uid, groups or extra values without a user.
    public static func wanted(headers: [(name: String, value: String)]) throws(StatusError) -> UserInfo? {
        var user = UserInfo(name: "")
        var asks = false
        var seenUser = false
        for (name, value) in headers {
            let key = name.lowercased()
            switch key {
            case "impersonate-user":
                // Of several the first counts.
                if !seenUser { user.name = value }
                seenUser = true
            case "impersonate-uid":
                if user.uid.isEmpty { user.uid = value }
                asks = asks || !value.isEmpty
            case "impersonate-group":
                user.groups.append(value)
                asks = true
            case _ where key.hasPrefix(extraPrefix):
                user.extra[unescaped(String(key.dropFirst(extraPrefix.count))), default: []].append(value)
                asks = true
            default: break
            }
        }
        if !user.name.isEmpty { return user }
        if asks { throw .badRequest("requested \(goSyntax(user)) without impersonating a user name") }
        return nil
    }

    /// Whether a header is one of these; they are taken off a request before anybody else reads it.
    public static func isImpersonationHeader(_ name: String) -> Bool {
        let key = name.lowercased()
        return ["impersonate-user", "impersonate-uid", "impersonate-group"].contains(key) || key.hasPrefix(extraPrefix)
    }

    private static let extraPrefix = "impersonate-extra-"

    /// Decodes `%2f`; a key that is not well escaped stays as it is.
    private static func unescaped(_ key: String) -> String {
        guard key.utf8.contains(UInt8(ascii: "%")) else { return key }
        var bytes: [UInt8] = []
        var rest = Array(key.utf8)[...]
        while let byte = rest.popFirst() {
            if byte != UInt8(ascii: "%") {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            else { return key }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self) ?? key
    }

    /// The user as Go prints it, which is what clients know.
    private static func goSyntax(_ user: UserInfo) -> String {
        func list(_ values: [String]) -> String { "[]string{" + values.map(goQuoted).joined(separator: ", ") + "}" }
        let groups = user.groups.isEmpty ? "[]string(nil)" : list(user.groups)
        let members = user.extra.sorted { $0.key < $1.key }.map { goQuoted($0.key) + ":" + list($0.value) }
        let extra =
            members.isEmpty
            ? "map[string][]string(nil)" : "map[string][]string{" + members.joined(separator: ", ") + "}"
        return
            "&user.DefaultInfo{Name:\(goQuoted(user.name)), UID:\(goQuoted(user.uid)), Groups:\(groups), Extra:\(extra)}"
    }

    // MARK: - Decision

    /// The mode in which each requestor last succeeded. It is tried first next time, which saves questions and, where
    /// two modes would allow the same, decides between them.
    ///
    /// Bounded: of the requestors, the ones not seen for longest are forgotten.
    public struct Memory: Sendable {
        private static var generationSize: Int { 5000 }
        private var recent: [ExactString: Mode] = [:]
        private var older: [ExactString: Mode] = [:]

        /// Nobody has impersonated anybody yet.
        public init() {}

        func mode(of requestor: UserInfo) -> Mode? {
            let key = ExactString(requestor.name)
            return recent[key] ?? older[key]
        }

        mutating func remember(_ mode: Mode, of requestor: UserInfo) {
            let key = ExactString(requestor.name)
            if recent[key] == mode { return }
            if recent.count == Self.generationSize {
                older = recent
                recent = [:]
            }
            recent[key] = mode
        }
    }

    /// Decides whether a request may act as the wanted user.
    ///
    /// - Parameters:
    ///   - wanted: what ``wanted(headers:)`` read.
    ///   - request: the request, with the user who really makes it.
    ///   - memory: kept from request to request.
    ///   - authorize: the authorizer of the server.
    /// - Returns: whom the request acts as from here on.
    /// - Throws: 403 with the reason of the first mode that applies.
    public static func resolve(
        _ wanted: UserInfo, request: AccessAttributes, memory: inout Memory,
        authorize: @escaping (AccessAttributes) -> AccessVerdict
    ) throws(StatusError) -> Outcome {
        var first: StatusError?
        let last = memory.mode(of: request.user)
        let modes = (last.map { [$0] } ?? []) + Mode.allCases.filter { $0 != last }
        for mode in modes where applies(mode, wanted, requestor: request.user) {
            let attempt = Attempt(mode: mode, wanted: wanted, requestor: request.user, authorize: authorize)
            do throws(StatusError) {
                let user = try attempt.run(request)
                memory.remember(mode, of: request.user)
                return Outcome(user: user, constraint: mode.isConstrained ? mode.verb : "")
            } catch {
                first = first ?? error
            }
        }
        throw first ?? .forbidden(request, reason: "all impersonation modes failed")
    }

    private static func applies(_ mode: Mode, _ wanted: UserInfo, requestor: UserInfo) -> Bool {
        let isNameOnly = wanted.uid.isEmpty && wanted.groups.isEmpty && wanted.extra.isEmpty
        let node = UserInfo.node(wanted.name)
        let account = UserInfo.serviceAccount(wanted.name)
        switch mode {
        case .associatedNode:
            let own = requestor.extra[UserInfo.ExtraKey.nodeName] ?? []
            return isNameOnly && node != nil && own == [node ?? ""] && UserInfo.serviceAccount(requestor.name) != nil
        case .arbitraryNode: return isNameOnly && node != nil
        case .serviceAccount: return isNameOnly && account != nil
        case .userInfo: return node == nil && account == nil
        case .legacy: return true
        }
    }
}

/// One mode's questions about one request.
private struct Attempt {
    let mode: Impersonation.Mode
    let wanted: UserInfo
    let requestor: UserInfo
    let authorize: (AccessAttributes) -> AccessVerdict

    /// From this number of groups or extra values on, permission for all of them is asked for first.
    private static var many: Int { 4 }

    func run(_ request: AccessAttributes) throws(StatusError) -> UserInfo {
        if mode.isConstrained {
            var question = request
            question.verb = "impersonate-on:\(mode.rawValue):\(request.verb)"
            try ask(question)
        }
        var user = wanted
        try askName(&user)
        if !wanted.uid.isEmpty { try ask(question("uids", wanted.uid, authentication)) }
        try askGroups()
        try askExtra()
        let implied = user.name == UserInfo.anonymousName ? UserInfo.unauthenticatedGroup : UserInfo.authenticatedGroup
        if !user.groups.contains(implied), !user.groups.contains(UserInfo.unauthenticatedGroup) {
            user.groups.append(implied)
        }
        return user
    }

    private var authentication: GroupVersion { GroupVersion(group: "authentication.k8s.io", version: "v1") }

    private func question(_ resource: String, _ name: String, _ groupVersion: GroupVersion) -> AccessAttributes {
        AccessAttributes(
            user: requestor, verb: mode.verb, apiGroup: groupVersion.group, apiVersion: groupVersion.version,
            resource: resource, name: name)
    }

    private func askName(_ user: inout UserInfo) throws(StatusError) {
        var asked = question("users", wanted.name, mode.groupVersion)
        if mode.isConstrained, let node = UserInfo.node(wanted.name) {
            asked.resource = "nodes"
            asked.name = node
            user.groups = [UserInfo.nodesGroup]
        }
        if let account = UserInfo.serviceAccount(wanted.name) {
            asked.resource = "serviceaccounts"
            asked.namespace = account.namespace
            asked.name = account.name
            if wanted.groups.isEmpty { user.groups = UserInfo.serviceAccountGroups(namespace: account.namespace) }
        }
        try ask(asked)
    }

    private func askGroups() throws(StatusError) {
        guard !wanted.groups.isEmpty else { return }
        var asked = question("groups", "", mode.groupVersion)
        if mode.isConstrained {
            if wanted.groups.contains("") {
                throw .forbidden(asked, reason: "impersonating the empty string group is not allowed")
            }
            if wanted.groups.contains(UserInfo.privilegedGroup) {
                asked.name = UserInfo.privilegedGroup
                throw .forbidden(asked, reason: "impersonating the system:masters group is not allowed")
            }
            if wanted.groups.count >= Self.many {
                asked.name = "*"
                if authorize(asked).isAllowed { return }
            }
        }
        for group in wanted.groups {
            asked.name = group
            try ask(asked)
        }
    }

    private func askExtra() throws(StatusError) {
        guard !wanted.extra.isEmpty else { return }
        var asked = question("userextras", "", authentication)
        let values = wanted.extra.sorted { $0.key < $1.key }
        if mode.isConstrained {
            for (key, list) in values {
                if let fault = Self.fault(key, list) { throw .forbidden(asked, reason: fault) }
            }
            if values.count >= Self.many || values.reduce(0, { $0 + $1.value.count }) >= Self.many {
                asked.subresource = "*"
                asked.name = "*"
                if authorize(asked).isAllowed { return }
            }
        }
        for (key, list) in values {
            asked.subresource = key
            for value in list {
                asked.name = value
                try ask(asked)
            }
        }
    }

    /// What keeps extra values from being asked for in a constrained mode.
    private static func fault(_ key: String, _ values: [String]) -> String? {
        if key.isEmpty { return "impersonating the empty string key in extra is not allowed" }
        if let fault = DomainPrefixedPath.faults(key) {
            return "impersonating an invalid key in extra is not allowed: \(fault)"
        }
        if values.isEmpty { return "impersonating empty values in extra is not allowed" }
        return values.contains("") ? "impersonating the empty string value in extra is not allowed" : nil
    }

    private func ask(_ question: AccessAttributes) throws(StatusError) {
        var asked = question
        if mode == .associatedNode {
            // The answer must hold for every node: which one it is was checked before.
            asked.user.extra = [UserInfo.ExtraKey.nodeKeys: requestor.extra.keys.sorted()]
            if asked.verb == mode.verb { asked.name = "*" }
        }
        let verdict = authorize(asked)
        if !verdict.isAllowed { throw .forbidden(asked, reason: verdict.reason) }
    }
}

/// Keys such as `example.com/scopes`: a domain, a slash and a path.
private enum DomainPrefixedPath {
    /// What is wrong with a key; nil when nothing is.
    static func faults(_ key: String) -> String? {
        let parts = key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            return FieldError.invalid(
                "extra.key", .string(key), "must be a domain-prefixed path (such as \"acme.io/foo\")"
            ).description
        }
        if !DNSName.isSubdomain(parts[0]) {
            return FieldError.invalid(
                "extra.key", .string(parts[0]),
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
                    + "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
                    + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
            ).description
        }
        let allowed = parts[1].utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0)
                || "/-._~!$&'()*+,;=:@%".utf8.contains($0)
        }
        return allowed
            ? nil
            : FieldError.invalid("extra.key", .string(parts[1]), "Invalid path").description
    }
}
