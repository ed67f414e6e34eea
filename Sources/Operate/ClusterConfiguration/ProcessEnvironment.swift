import Glibc

/// What the process was started with that decides default paths.
package struct ProcessEnvironment: Hashable, Sendable {
    /// `HOME`; nil when unset or not absolute.
    package var home: String?
    /// `XDG_DATA_HOME`; nil when unset or not absolute, as its specification demands.
    package var dataHome: String?
    /// `XDG_RUNTIME_DIR`; nil when unset or not absolute.
    package var runtimeDir: String?
    /// `KUBECONFIG`, a list of paths with colons between.
    package var kubeconfig: String?
    package var isRoot: Bool
    package var currentFolder: String

    package init(
        home: String?, dataHome: String? = nil, runtimeDir: String? = nil, kubeconfig: String? = nil,
        isRoot: Bool = false,
        currentFolder: String = "/"
    ) {
        func absolute(_ path: String?) -> String? { path.flatMap { $0.hasPrefix("/") ? $0 : nil } }
        self.home = absolute(home)
        self.dataHome = absolute(dataHome)
        self.runtimeDir = absolute(runtimeDir)
        self.kubeconfig = kubeconfig.flatMap { $0.isEmpty ? nil : $0 }
        self.isRoot = isRoot
        self.currentFolder = currentFolder
    }

    /// That of this process.
    package static var current: ProcessEnvironment {
        func value(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let folder =
            unsafe getcwd(&buffer, buffer.count) == nil
            ? nil : String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return ProcessEnvironment(
            home: value("HOME"), dataHome: value("XDG_DATA_HOME"), runtimeDir: value("XDG_RUNTIME_DIR"),
            kubeconfig: value("KUBECONFIG"), isRoot: geteuid() == 0, currentFolder: folder ?? "/")
    }

    /// The folders of `PATH` of this process.
    package var searchPath: [String] {
        unsafe (getenv("PATH").map { unsafe String(cString: $0) } ?? "").split(separator: ":").map(String.init)
    }

    /// Where the cluster's state lies when nothing else is said.
    package var defaultStateDir: String {
        if isRoot { return "/var/lib/kastell" }
        if let dataHome { return dataHome + "/kastell" }
        return (home ?? currentFolder) + "/.local/share/kastell"
    }

    /// Where sockets and process IDs lie.
    package func runDir(stateDir: String) -> String {
        // A cluster beside the default one has its own sockets.
        guard stateDir == defaultStateDir else { return stateDir + "/run" }
        if isRoot { return "/run/kastell" }
        return runtimeDir.map { $0 + "/kastell" } ?? stateDir + "/run"
    }

    /// The configuration file that is read when none is named and it exists.
    package var defaultConfigurationFile: String {
        if isRoot { return "/etc/kastell/config.yaml" }
        return (home ?? currentFolder) + "/.config/kastell/config.yaml"
    }

    /// The kubeconfig files in the order in which kubectl reads them.
    package var kubeconfigFiles: [String] {
        let named = kubeconfig?.split(separator: ":").map { absolute(String($0), in: currentFolder) } ?? []
        return named.isEmpty ? [(home ?? currentFolder) + "/.kube/config"] : named
    }

    /// `path` with a leading `~/` replaced by the home folder, and relative ones taken from `folder`.
    package func absolute(_ path: String, in folder: String) -> String {
        if path == "~" || path.hasPrefix("~/"), let home { return home + path.dropFirst() }
        if path.hasPrefix("/") { return path }
        let relative = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        return folder == "/" ? "/" + relative : folder + "/" + relative
    }
}
