package import CertificateAuthority
package import ClusterConfiguration

/// Where everything of one cluster lies. Folders have mode 0700, files 0600.
package struct StateDirectory: Hashable, Sendable {
    /// The folder of the cluster's state, absolute.
    package let path: String
    /// Where sockets and process facts lie, absolute.
    package let runDir: String

    package init(path: String, environment: ProcessEnvironment) {
        self.path = path
        runDir = environment.runDir(stateDir: path)
    }

    package var pki: String { path + "/pki" }
    package var store: String { path + "/store.db" }
    /// The encryption configuration that holds when none is named, with its generated key.
    package var encryptionConfiguration: String { path + "/encryption/config.yaml" }
    package var logs: String { path + "/logs" }
    package var controlLog: String { logs + "/control.log" }
    package var nodeLog: String { logs + "/node.log" }
    /// The folder of the node: its certificate, pods, containers and volumes.
    package var node: String { path + "/node" }
    /// What the node is started with.
    package var nodeSettings: String { node + "/settings.json" }
    /// What the node joins by; there for moments only.
    package var bootstrapToken: String { node + "/bootstrap-token" }
    package var supervisorLog: String { logs + "/kastell.log" }
    /// A kubeconfig with this cluster alone.
    package var adminKubeconfig: String { path + "/admin.kubeconfig" }
    /// Held by the supervisor for as long as it runs.
    package var lock: String { runDir + "/kastell.lock" }
    /// What the supervisor and its processes say of themselves.
    package var facts: String { runDir + "/cluster.json" }
    /// The whole configuration that the cluster runs with or last ran with.
    package var savedConfiguration: String { path + "/configuration.yaml" }
    /// Where the control process takes orders that are about files, from the owner only.
    package var maintenanceSocket: String { runDir + "/control.sock" }

    /// Makes the folders that are missing.
    ///
    /// - Throws: `FileError` when one cannot be made, or is open to others.
    package func prepare() throws(FileError) {
        for folder in [path, runDir, logs, path + "/encryption"] { try SecureFile.makePrivateFolder(folder) }
    }
}
