package import KubeModel

/// The keys and certificates of a cluster at one moment.
package struct PKIMaterial: Sendable {
    package var authority: ClusterCA
    /// `apiserver` and the components, by name.
    package var pairs: [String: KeyPair]
    package var serviceAccountKey: ServiceAccountKey

    package init(authority: ClusterCA, pairs: [String: KeyPair], serviceAccountKey: ServiceAccountKey) {
        self.authority = authority
        self.pairs = pairs
        self.serviceAccountKey = serviceAccountKey
    }
}

/// Owns the folder `pki`: the CA, the API server's and the components' certificates, the ServiceAccount key.
///
/// The folder has mode 0700 and every file in it 0600, from their first moment on. A key is written before its
/// certificate, and a pair that does not fit together, after a crash between the two, is made anew. The CA and the
/// ServiceAccount key are never replaced: losing one is an error that says so.
package actor PKIDirectory {
    package static let authority = "ca"
    package static let apiServer = "apiserver"
    package static let serviceAccount = "sa"

    package nonisolated let path: String
    package nonisolated let options: PKIOptions
    /// What was in force when the folder was opened.
    package nonisolated let opened: PKIMaterial
    /// The files that opening made or replaced, such as `apiserver.crt`; for the log.
    package nonisolated let made: [String]

    private var current: PKIMaterial

    /// Opens the folder: makes what is missing, and renews what is beyond half of its life or no longer says what
    /// `options` want.
    ///
    /// - Throws: ``PKIError``.
    package static func open(_ path: String, options: PKIOptions, now: Timestamp) throws(PKIError) -> PKIDirectory {
        var files = PKIFiles(path: path, options: options, now: now)
        let material = try files.load()
        return PKIDirectory(path: path, options: options, material: material, made: files.made)
    }

    private init(path: String, options: PKIOptions, material: PKIMaterial, made: [String]) {
        self.path = path
        self.options = options
        self.made = made
        opened = material
        current = material
    }

    /// What is in force now.
    package func material() -> PKIMaterial { current }

    /// Reads the folder again, as opening does: another process may have renewed something.
    package func reload(now: Timestamp) throws(PKIError) -> PKIMaterial {
        var files = PKIFiles(path: path, options: options, now: now)
        current = try files.load()
        return current
    }

    /// Every certificate, the CA first.
    package func listing(now: Timestamp) -> [CertificateListing] {
        Self.listing(of: current, path: path, options: options, now: now)
    }

    static func listing(of material: PKIMaterial, path: String, options: PKIOptions, now: Timestamp)
        -> [CertificateListing]
    {
        var rows = [
            CertificateListing(
                name: authority, path: path + "/ca.crt", certificate: material.authority.certificate, now: now)
        ]
        for name in [apiServer] + options.components.map(\.name) {
            guard let pair = material.pairs[name] else { continue }
            rows.append(
                CertificateListing(name: name, path: "\(path)/\(name).crt", certificate: pair.certificate, now: now))
        }
        return rows
    }

    /// What should be renewed now.
    package func renewalPlan(now: Timestamp) -> [PlannedRenewal] { RenewalPlan.plan(listing(now: now), now: now) }

    /// Renews one certificate: the CA with the key that it has, so that everything it signed stays valid, any other
    /// with a new key.
    ///
    /// - Returns: what is in force then.
    package func renew(_ name: String, now: Timestamp) throws(PKIError) -> PKIMaterial {
        var files = PKIFiles(path: path, options: options, now: now)
        if name == Self.authority {
            current.authority = try files.renewAuthority(current.authority)
        } else {
            current.pairs[name] = try files.issue(name, by: current.authority)
        }
        return current
    }
}

/// The reading and writing of one opening of the folder.
struct PKIFiles {
    let path: String
    let options: PKIOptions
    let now: Timestamp
    private(set) var made: [String] = []

    init(path: String, options: PKIOptions, now: Timestamp) {
        self.path = path
        self.options = options
        self.now = now
    }

    mutating func load() throws(PKIError) -> PKIMaterial {
        do { try SecureFile.makePrivateFolder(path) } catch { throw .file(error) }
        let authority = try loadAuthority()
        let serviceAccountKey = try loadServiceAccountKey()
        var pairs: [String: KeyPair] = [:]
        for name in [PKIDirectory.apiServer] + options.components.map(\.name) {
            if let pair = try loadPair(name), try isInForce(pair, name, authority) {
                pairs[name] = pair
            } else {
                pairs[name] = try issue(name, by: authority)
            }
        }
        return PKIMaterial(authority: authority, pairs: pairs, serviceAccountKey: serviceAccountKey)
    }

    // MARK: The CA

    private mutating func loadAuthority() throws(PKIError) -> ClusterCA {
        let certificate = try text("ca.crt")
        let key = try text("ca.key").map { PrivateKeyPEM($0) }
        switch (certificate, key) {
        case (let certificate?, let key?):
            let authority: ClusterCA
            do { authority = try ClusterCA(certificatePEM: certificate, privateKey: key) } catch {
                throw .certificate(path: path + "/ca.crt", error)
            }
            switch RenewalPlan.reason(
                notBefore: authority.certificate.notBefore, notAfter: authority.certificate.notAfter, now: now)
            {
            case .expired, .notYetValid: return try renewAuthority(authority)
            case .pastHalfLife, nil: return authority
            }
        case (nil, let key?):
            // Only a crash between the two files, or a hand, leaves a key alone. What it signed stays valid.
            return try write(try makeAuthority(options.authorityName, key))
        case (nil, nil):
            do {
                let fresh = try ClusterCA.make(
                    commonName: options.authorityName, lifetime: options.authorityLifetime, now: now)
                try put("ca.key", fresh.privateKey.reveal())
                return try write(fresh)
            } catch let error as CertificateError {
                throw .certificate(path: path + "/ca.crt", error)
            } catch let error as PKIError {
                throw error
            } catch {
                throw .certificate(path: path + "/ca.crt", CertificateError(.cannotSign("\(error)")))
            }
        case (_?, nil):
            throw .missing(
                path: path + "/ca.key",
                remedy:
                    "Put the key of \(path)/ca.crt back, or remove the folder to begin with a new CA, "
                    + "which no client trusts yet."
            )
        }
    }

    private func makeAuthority(_ name: String, _ key: PrivateKeyPEM) throws(PKIError) -> ClusterCA {
        do {
            return try ClusterCA.make(commonName: name, lifetime: options.authorityLifetime, now: now, privateKey: key)
        } catch {
            throw .certificate(path: path + "/ca.key", error)
        }
    }

    private mutating func write(_ authority: ClusterCA) throws(PKIError) -> ClusterCA {
        try put("ca.crt", authority.certificatePEM)
        return authority
    }

    mutating func renewAuthority(_ authority: ClusterCA) throws(PKIError) -> ClusterCA {
        guard authority.certificate.issuer == authority.certificate.subject else {
            throw .authorityNotValid(path: path + "/ca.crt")
        }
        return try write(try makeAuthority(authority.certificate.commonName, authority.privateKey))
    }

    // MARK: Certificates

    /// The pair of files; nil when one is missing or damaged or they do not fit together.
    private func loadPair(_ name: String) throws(PKIError) -> KeyPair? {
        let key = try text(name + ".key")
        guard let certificate = try text(name + ".crt"), let key else { return nil }
        return try? KeyPair(certificatePEM: certificate, privateKey: PrivateKeyPEM(key))
    }

    private func isInForce(_ pair: KeyPair, _ name: String, _ authority: ClusterCA) throws(PKIError) -> Bool {
        let certificate = pair.certificate
        guard RenewalPlan.reason(notBefore: certificate.notBefore, notAfter: certificate.notAfter, now: now) == nil,
            authority.hasSigned(certificate)
        else { return false }
        if name == PKIDirectory.apiServer {
            let wanted = try servingNames()
            return certificate.extendedUsages == [.serverAuth]
                && Set(certificate.alternativeNames.dnsNames) == Set(wanted.dnsNames)
                && Set(certificate.alternativeNames.ipAddresses) == Set(wanted.ipAddresses)
        }
        return options.components.contains { component in
            component.name == name && component.commonName == certificate.commonName
                && component.organizations == certificate.organizations && certificate.extendedUsages == [.clientAuth]
        }
    }

    private func servingNames() throws(PKIError) -> AlternativeNames {
        do { return try options.servingNames() } catch { throw .certificate(path: path + "/apiserver.crt", error) }
    }

    /// Makes the pair and writes it, the key first.
    mutating func issue(_ name: String, by authority: ClusterCA) throws(PKIError) -> KeyPair {
        let pair: KeyPair
        if name == PKIDirectory.apiServer {
            let names = try servingNames()
            do {
                pair = try authority.issueServing(
                    commonName: "kube-apiserver", dnsNames: names.dnsNames, ipAddresses: names.ipAddresses,
                    lifetime: options.servingLifetime, now: now)
            } catch { throw .certificate(path: "\(path)/\(name).crt", error) }
        } else if let component = options.components.first(where: { $0.name == name }) {
            do {
                pair = try authority.issueClient(
                    commonName: component.commonName, organizations: component.organizations,
                    lifetime: options.clientLifetime, now: now)
            } catch { throw .certificate(path: "\(path)/\(name).crt", error) }
        } else {
            let known = [PKIDirectory.authority, PKIDirectory.apiServer] + options.components.map(\.name)
            throw .unknownName(name, known: known)
        }
        try put(name + ".key", pair.privateKey.reveal())
        try put(name + ".crt", pair.certificatePEM)
        return pair
    }

    // MARK: The ServiceAccount key

    private mutating func loadServiceAccountKey() throws(PKIError) -> ServiceAccountKey {
        let published = try text("sa.pub")
        let key: ServiceAccountKey
        if let pem = try text("sa.key") {
            do { key = try ServiceAccountKey(privateKey: PrivateKeyPEM(pem)) } catch {
                throw .certificate(path: path + "/sa.key", error)
            }
        } else if published != nil {
            throw .missing(
                path: path + "/sa.key",
                remedy:
                    "Put it back, or remove \(path)/sa.pub to begin with a new key, "
                    + "which makes every ServiceAccount token invalid."
            )
        } else {
            key = ServiceAccountKey.make()
            try put("sa.key", key.privateKey.reveal())
        }
        if published != key.publicKey.pem { try put("sa.pub", key.publicKey.pem) }
        return key
    }

    // MARK: Files

    /// The text of a file of the folder; nil when there is none.
    private func text(_ name: String) throws(PKIError) -> String? {
        do {
            return String(
                decoding: try SecureFile.read(path + "/" + name, name.hasSuffix(".key") ? .secret : .any), as: UTF8.self
            )
        } catch {
            if error.isAbsent { return nil }
            throw .file(error)
        }
    }

    private mutating func put(_ name: String, _ text: String) throws(PKIError) {
        do { try SecureFile.write(path + "/" + name, Array(text.utf8)) } catch { throw .file(error) }
        made.append(name)
    }
}
