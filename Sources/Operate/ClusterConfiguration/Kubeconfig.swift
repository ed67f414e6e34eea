package import CertificateAuthority
package import JSONValue

/// How to reach and authenticate to one cluster: a cluster, a user and a context of the same name.
package struct KubeconfigEntry: Sendable {
    package static let defaultName = "kastell"

    package var name: String
    /// Such as `https://127.0.0.1:6443`.
    package var server: String
    package var authorityPEM: String
    package var clientCertificatePEM: String
    package var clientKey: PrivateKeyPEM

    package init(
        name: String = defaultName, server: String, authorityPEM: String, clientCertificatePEM: String,
        clientKey: PrivateKeyPEM
    ) {
        self.name = name
        self.server = server
        self.authorityPEM = authorityPEM
        self.clientCertificatePEM = clientCertificatePEM
        self.clientKey = clientKey
    }

    var cluster: JSON {
        [
            "cluster": [
                "certificate-authority-data": JSON(Base64.encode(authorityPEM.utf8)), "server": JSON(server),
            ],
            "name": JSON(name),
        ]
    }

    var context: JSON { ["context": ["cluster": JSON(name), "user": JSON(name)], "name": JSON(name)] }

    var user: JSON {
        [
            "name": JSON(name),
            "user": [
                "client-certificate-data": JSON(Base64.encode(clientCertificatePEM.utf8)),
                "client-key-data": JSON(Base64.encode(clientKey.reveal().utf8)),
            ],
        ]
    }
}

/// A kubeconfig as a value. Pure; see ``KubeconfigFile`` for the file.
package enum Kubeconfig {
    /// A kubeconfig without entries.
    package static var empty: JSON {
        [
            "apiVersion": "v1", "clusters": [], "contexts": [], "current-context": "", "kind": "Config",
            "preferences": [:],
            "users": [],
        ]
    }

    /// A kubeconfig with this entry alone.
    package static func standalone(_ entry: KubeconfigEntry) -> JSON { merging(entry, into: empty) }

    /// `config` with the entry in it and its context the current one. Everything else stays as it is, in its order.
    package static func merging(_ entry: KubeconfigEntry, into config: JSON) -> JSON {
        var result = config.isNull ? empty : config
        replace("clusters", entry.cluster, entry.name, &result)
        replace("contexts", entry.context, entry.name, &result)
        result["current-context"] = JSON(entry.name)
        replace("users", entry.user, entry.name, &result)
        if result["apiVersion"] == nil { result["apiVersion"] = "v1" }
        if result["kind"] == nil { result["kind"] = "Config" }
        return result
    }

    /// Whether `config` has a user of this name.
    static func names(_ name: String, in config: JSON) -> Bool {
        (config["users"]?.array ?? []).contains { $0["name"]?.string == name }
    }

    /// `config` without cluster, context and user `name`. When its context is the current one, none is afterwards.
    package static func removing(_ name: String, from config: JSON) -> JSON {
        var result = config
        for list in ["clusters", "contexts", "users"] {
            guard let elements = result[list]?.array, elements.contains(where: { $0["name"]?.string == name }) else {
                continue
            }
            result[list] = .array(elements.filter { $0["name"]?.string != name })
        }
        if result["current-context"]?.string == name { result["current-context"] = "" }
        return result
    }

    private static func replace(_ list: String, _ element: JSON, _ name: String, _ config: inout JSON) {
        var elements = config[list]?.array ?? []
        if let first = elements.firstIndex(where: { $0["name"]?.string == name }) {
            elements[first] = element
            var kept = elements[...first]
            kept += elements[(first + 1)...].filter { $0["name"]?.string != name }
            elements = Array(kept)
        } else {
            elements.append(element)
        }
        config[list] = .array(elements)
    }
}
