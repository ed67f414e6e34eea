/// What the certificates of a cluster say, and how long they live.
package struct PKIOptions: Sendable {
    /// A component that authenticates to the API server with a client certificate.
    package struct Component: Hashable, Sendable {
        /// Names the files: `NAME.crt` and `NAME.key`.
        package var name: String
        package var commonName: String
        package var organizations: [String]

        package init(name: String, commonName: String, organizations: [String] = []) {
            self.name = name
            self.commonName = commonName
            self.organizations = organizations
        }

        package static let admin = Component(
            name: "admin", commonName: "kubernetes-admin", organizations: ["system:masters"])
        package static let controllerManager = Component(
            name: "controller-manager", commonName: "system:kube-controller-manager")
        package static let scheduler = Component(name: "scheduler", commonName: "system:kube-scheduler")
    }

    package var authorityName = "kastell-ca"
    package var authorityLifetime = Duration.seconds(3650 * 86400)
    package var servingLifetime = Duration.seconds(365 * 86400)
    package var clientLifetime = Duration.seconds(365 * 86400)
    /// Empty when the machine has no name.
    package var hostName: String
    /// The address of the Service `kubernetes`: the first of the service range.
    package var serviceIP: IPAddress
    /// DNS names and IP addresses that the API server is reached by beside the usual ones.
    package var extraNames: [String]
    package var components: [Component] = [.admin, .controllerManager, .scheduler]

    package init(hostName: String = SystemText.hostName, serviceIP: IPAddress, extraNames: [String] = []) {
        self.hostName = hostName
        self.serviceIP = serviceIP
        self.extraNames = extraNames
    }

    /// The names of the API server's certificate.
    ///
    /// - Throws: ``CertificateError`` when an extra name is neither a DNS name nor an address.
    func servingNames() throws(CertificateError) -> AlternativeNames {
        var names = AlternativeNames()
        names.dnsNames = [
            "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
        ]
        names.ipAddresses = [IPAddress("127.0.0.1"), IPAddress("::1"), serviceIP].compactMap { $0 }
        let host = hostName.lowercased()
        if Self.isDNSName(host), !names.dnsNames.contains(host) { names.dnsNames.append(host) }
        for extra in extraNames {
            if let address = IPAddress(extra) {
                if !names.ipAddresses.contains(address) { names.ipAddresses.append(address) }
            } else if Self.isDNSName(extra) {
                if !names.dnsNames.contains(extra) { names.dnsNames.append(extra) }
            } else {
                throw CertificateError(.invalidName(extra))
            }
        }
        return names
    }

    /// Letters, digits and dashes in labels of 1 to 63, 253 in all; the first label may be `*`.
    package static func isDNSName(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        // All digits in the last label would be an address that is written wrong.
        guard let last = labels.last, !last.utf8.allSatisfy({ $0 &- 0x30 < 10 }) else { return false }
        return labels.enumerated().allSatisfy { index, label in
            if index == 0, label == "*", labels.count > 1 { return true }
            return (1...63).contains(label.utf8.count) && label.utf8.first != 0x2D && label.utf8.last != 0x2D
                && label.utf8.allSatisfy { $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 26 || $0 == 0x2D || $0 == 0x5F }
        }
    }
}

/// Why the folder of certificates cannot be used. What was in it is unchanged.
package enum PKIError: Error, Hashable, Sendable, CustomStringConvertible {
    case file(FileError)
    case certificate(path: String, CertificateError)
    /// A file that only the owner can bring back.
    case missing(path: String, remedy: String)
    /// The CA certificate is not valid now, and was signed by another one.
    case authorityNotValid(path: String)
    case unknownName(String, known: [String])

    package var description: String {
        switch self {
        case .file(let error): error.description
        case .certificate(let path, let error): "\(path): \(error)"
        case .missing(let path, let remedy): "\(path) is missing. \(remedy)"
        case .authorityNotValid(let path):
            "\(path) is not valid now and was signed by another authority. Replace it with a valid one."
        case .unknownName(let name, let known):
            "there is no certificate named \"\(name)\"; known are \(known.joined(separator: ", "))"
        }
    }
}
