package import CertificateAuthority
import JSONValue
package import YAMLValue

/// Why a kubeconfig was not changed. The file is untouched.
package enum KubeconfigError: Error, Hashable, Sendable, CustomStringConvertible {
    case file(FileError)
    /// The file is no kubeconfig; nothing of it is quoted, since it may hold secrets.
    case damaged(path: String, YAMLMark, reason: String)
    /// Another program holds the lock that kubectl takes too.
    case locked(path: String)

    package var description: String {
        switch self {
        case .file(let error): error.description
        case .damaged(let path, let mark, let reason):
            "\(path):\(mark.line):\(mark.column): \(reason). The file was not changed. "
                + "Mend it, or name another one with KUBECONFIG."
        case .locked(let path):
            "\(path): another program is changing it. If none is, remove \(path).lock."
        }
    }
}

/// Changes kubeconfig files as kubectl does: under a lock, as a whole, through symbolic links, with mode 0600.
package enum KubeconfigFile {
    /// The file that is changed: of several in KUBECONFIG the first that exists, and if none does the last.
    package static func path(_ environment: ProcessEnvironment) -> String {
        let files = environment.kubeconfigFiles
        return files.first { SecureFile.exists($0) } ?? files.last ?? ".kube/config"
    }

    /// Adds or replaces the entry in the file at `path`, which may be missing, and makes its context the current one.
    ///
    /// - Returns: whether the file changed.
    @discardableResult
    package static func merge(_ entry: KubeconfigEntry, into path: String) throws(KubeconfigError) -> Bool {
        try change(path, createsFile: true) { Kubeconfig.merging(entry, into: $0) }
    }

    /// Replaces the entry where it is present, and nothing else; which context is the current one stays.
    ///
    /// - Returns: whether the file changed.
    @discardableResult
    package static func refresh(_ entry: KubeconfigEntry, in path: String) throws(KubeconfigError) -> Bool {
        try change(path, createsFile: false) { config in
            guard Kubeconfig.names(entry.name, in: config) else { return config }
            var result = Kubeconfig.merging(entry, into: config)
            result["current-context"] = config["current-context"]
            return result
        }
    }

    /// Removes cluster, user and context `name` from the file at `path`; a missing file is fine.
    ///
    /// - Returns: whether the file changed.
    @discardableResult
    package static func remove(_ name: String = KubeconfigEntry.defaultName, from path: String) throws(KubeconfigError)
        -> Bool
    {
        if !SecureFile.exists(path) { return false }
        return try change(path, createsFile: false) { Kubeconfig.removing(name, from: $0) }
    }

    /// Writes a kubeconfig with this entry alone.
    package static func write(_ entry: KubeconfigEntry, to path: String) throws(KubeconfigError) {
        do {
            let target = try SecureFile.resolvingLinks(path)
            try SecureFile.makeFolders(SecureFile.folder(of: target))
            try SecureFile.write(target, Array(YAML.text(Kubeconfig.standalone(entry)).utf8))
        } catch {
            throw .file(error)
        }
    }

    private static func change(_ path: String, createsFile: Bool, _ edit: (JSON) -> JSON) throws(KubeconfigError)
        -> Bool
    {
        let target: String
        do {
            target = try SecureFile.resolvingLinks(path)
            try SecureFile.makeFolders(SecureFile.folder(of: target))
        } catch { throw .file(error) }
        guard let lock = try takeLock(path) else { throw .locked(path: path) }
        let result = Result<Bool, KubeconfigError> { () throws(KubeconfigError) in
            let before = try read(target, named: path)
            let after = edit(before ?? .null)
            if let before, after == before { return false }
            if before == nil, !createsFile { return false }
            do throws(FileError) { try SecureFile.write(target, Array(YAML.text(after).utf8)) } catch {
                throw .file(error)
            }
            return true
        }
        do { try SecureFile.remove(lock) } catch { throw .file(error) }
        return try result.get()
    }

    /// The lock file of kubectl; nil when another program has it for longer than a moment.
    private static func takeLock(_ path: String) throws(KubeconfigError) -> String? {
        let lock = path + ".lock"
        for _ in 0..<50 {
            do throws(FileError) {
                if try SecureFile.createExclusively(lock) { return lock }
            } catch { throw .file(error) }
            SystemText.pause(milliseconds: 20)
        }
        return nil
    }

    /// The file's value, checked to be a kubeconfig; nil when there is no file.
    private static func read(_ target: String, named path: String) throws(KubeconfigError) -> JSON? {
        let bytes: [UInt8]
        do { bytes = try SecureFile.read(target, .any) } catch {
            if error.isAbsent { return nil }
            throw .file(error)
        }
        let document: YAMLDocument
        do { document = try YAML.document(bytes) } catch {
            throw .damaged(path: path, error.mark, reason: error.reason)
        }
        if let duplicate = document.duplicates.first {
            throw .damaged(
                path: path, duplicate.mark,
                reason: "\(duplicate.path) is named twice, first in line \(duplicate.first.line)")
        }
        try check(document, path)
        return document.value
    }

    private static func check(_ document: YAMLDocument, _ path: String) throws(KubeconfigError) {
        let root: [YAMLNode.Member]
        switch document.root.content {
        case .scalar(.null): return
        case .mapping(let members): root = members
        case .scalar, .sequence: throw .damaged(path: path, document.root.mark, reason: "a kubeconfig is a mapping")
        }
        for member in root {
            switch member.key {
            case "kind" where member.value.json != "Config":
                throw .damaged(path: path, member.value.mark, reason: "the kind of a kubeconfig is Config")
            case "apiVersion" where member.value.json != "v1":
                throw .damaged(path: path, member.value.mark, reason: "the apiVersion of a kubeconfig is v1")
            case "clusters", "contexts", "users":
                switch member.value.content {
                case .scalar(.null): continue
                case .scalar, .mapping:
                    throw .damaged(path: path, member.value.mark, reason: "\(member.key) is no list")
                case .sequence(let elements):
                    for element in elements {
                        guard case .mapping = element.content, element.member("name")?.value.json.string != nil else {
                            throw .damaged(path: path, element.mark, reason: "an entry of \(member.key) has no name")
                        }
                    }
                }
            default: continue
            }
        }
    }
}
