public import PolicyModel

extension UserInfo {
    /// The user with the group that everybody has who showed valid credentials. Who has one of the two groups already,
    /// or is anonymous, stays as is.
    public var withAuthenticatedGroup: UserInfo {
        if name == Self.anonymousName { return self }
        if groups.contains(Self.authenticatedGroup) || groups.contains(Self.unauthenticatedGroup) { return self }
        var user = self
        user.groups.append(Self.authenticatedGroup)
        return user
    }

    /// The namespace and name of a service account by its user name; nil when it is no such name.
    public static func serviceAccount(_ userName: String) -> (namespace: String, name: String)? {
        guard userName.hasPrefix(serviceAccountPrefix) else { return nil }
        let parts = userName.dropFirst(serviceAccountPrefix.count).split(
            separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let (namespace, name) = (String(parts[0]), String(parts[1]))
        guard DNSName.isLabel(namespace), DNSName.isSubdomain(name) else { return nil }
        return (namespace, name)
    }

    /// The node by its user name; nil when it is no such name.
    static func node(_ userName: String) -> String? {
        guard userName.hasPrefix(nodePrefix) else { return nil }
        let name = String(userName.dropFirst(nodePrefix.count))
        return DNSName.isSubdomain(name) ? name : nil
    }

    /// The keys of ``UserInfo/extra`` that authenticators fill.
    enum ExtraKey {
        static let credential = "authentication.kubernetes.io/credential-id"
        static let podName = "authentication.kubernetes.io/pod-name"
        static let podUID = "authentication.kubernetes.io/pod-uid"
        static let nodeName = "authentication.kubernetes.io/node-name"
        static let nodeUID = "authentication.kubernetes.io/node-uid"
        static let nodeKeys = "authentication.kubernetes.io/associated-node-keys"
    }
}

/// Names as DNS allows them (RFC 1123), lowercase.
enum DNSName {
    static func isLabel(_ text: String) -> Bool { text.utf8.count <= 63 && isLabel(text.utf8[...]) }

    static func isSubdomain(_ text: String) -> Bool {
        text.utf8.count <= 253
            && text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy(isLabel)
    }

    private static func isLabel(_ label: Substring.UTF8View) -> Bool {
        guard let first = label.first, let last = label.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
