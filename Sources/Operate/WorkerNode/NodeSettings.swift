import CertificateAuthority
package import JSONValue
package import NetworkPolicy

/// What one node is started with: a file that whoever starts it writes, 0600 where it names a secret's file.
package struct NodeSettings: Sendable, Hashable {
    /// The name of the Node.
    package var name: String
    /// The API server as the machine outside of the node's namespaces reaches it.
    package var serverHost: String
    package var serverPort: Int
    /// The CA of the API server, as PEM.
    package var authority: String
    /// The file with a bootstrap token; read once, when there is no certificate.
    package var bootstrapTokenFile: String?
    /// The folder of the node's state, 0700.
    package var folder: String
    /// The folder of the image store.
    package var images: String
    /// The networks of all pods of the cluster, and this node's part.
    package var clusterNetworks: [IPNetwork]
    package var podNetworks: [IPNetwork]
    package var serviceNetworks: [IPNetwork]
    /// The address of the Service of the cluster's name server.
    package var clusterDNS: String
    package var clusterDomain = "cluster.local"
    /// The list `registries` of the configuration; null for none.
    package var registries = JSON.null
    package var maxPods = 110
    /// The folder with the files of static pods; empty for `manifests` in ``folder``.
    package var staticPods = ""

    package init(
        name: String, serverHost: String, serverPort: Int, authority: String, bootstrapTokenFile: String?, folder: String, images: String,
        clusterNetworks: [IPNetwork], podNetworks: [IPNetwork], serviceNetworks: [IPNetwork], clusterDNS: String
    ) {
        self.name = name
        self.serverHost = serverHost
        self.serverPort = serverPort
        self.authority = authority
        self.bootstrapTokenFile = bootstrapTokenFile
        self.folder = folder
        self.images = images
        self.clusterNetworks = clusterNetworks
        self.podNetworks = podNetworks
        self.serviceNetworks = serviceNetworks
        self.clusterDNS = clusterDNS
    }

    /// The folder of the volumes that are made for claims.
    package var claims: String { folder + "/claims" }

    package var json: JSON {
        var value: JSON = [
            "name": .string(name), "serverHost": .string(serverHost), "serverPort": .int(Int64(serverPort)), "authority": .string(authority),
            "folder": .string(folder), "images": .string(images), "clusterDNS": .string(clusterDNS), "clusterDomain": .string(clusterDomain),
            "maxPods": .int(Int64(maxPods)), "registries": registries,
        ]
        value["bootstrapTokenFile"] = bootstrapTokenFile.map { .string($0) }
        if !staticPods.isEmpty { value["staticPods"] = .string(staticPods) }
        value["clusterNetworks"] = JSON(clusterNetworks.map(\.description))
        value["podNetworks"] = JSON(podNetworks.map(\.description))
        value["serviceNetworks"] = JSON(serviceNetworks.map(\.description))
        return value
    }

    /// Reads the file.
    ///
    /// - Throws: `FileError`, or ``NodeError`` that names the field.
    package init(file: String) throws {
        let value: JSON
        do { value = try JSON.parse(try SecureFile.read(file, .any)) } catch let error as FileError { throw error } catch {
            throw NodeError("\(file) is no JSON: \(error)")
        }
        func text(_ field: String) throws -> String {
            guard let text = value[field]?.string, !text.isEmpty else { throw NodeError("\(file): '\(field)' is missing or no text") }
            return text
        }
        func networks(_ field: String) throws -> [IPNetwork] {
            try (value[field]?.strings ?? []).map { text in
                guard let network = IPNetwork(text) else { throw NodeError("\(file): '\(text)' in '\(field)' is no network. Write one such as 10.244.0.0/24") }
                return network
            }
        }
        guard let port = value["serverPort"]?.int, (1...65535).contains(port) else { throw NodeError("\(file): 'serverPort' is no port") }
        self.init(
            name: try text("name"), serverHost: try text("serverHost"), serverPort: Int(port), authority: try text("authority"),
            bootstrapTokenFile: value["bootstrapTokenFile"]?.string, folder: try text("folder"), images: try text("images"),
            clusterNetworks: try networks("clusterNetworks"), podNetworks: try networks("podNetworks"), serviceNetworks: try networks("serviceNetworks"),
            clusterDNS: try text("clusterDNS"))
        clusterDomain = value["clusterDomain"]?.string ?? clusterDomain
        registries = value["registries"] ?? .null
        staticPods = value["staticPods"]?.string ?? ""
        maxPods = value["maxPods"]?.int.map { Int($0) } ?? maxPods
    }
}

/// Why a node does not run. Nothing of it is left running.
package struct NodeError: Error, Sendable, CustomStringConvertible {
    /// What is wrong, where, and how to mend it.
    package var description: String
    package init(_ description: String) { self.description = description }
}
