import Glibc
import JSONValue
package import OCIModel

/// What is known of the root file system of one container: it keeps its layers from being collected.
package struct RootRecord: Hashable, Sendable {
    /// The container.
    package var id: String
    /// Chain IDs, the topmost first.
    package var layers: [ImageDigest]

    package init(id: String, layers: [ImageDigest]) {
        self.id = id
        self.layers = layers
    }
}

extension ContentStore {
    /// The folder of a layer: its contents are in `fs`.
    package func layerPath(_ chain: ImageDigest) -> String { "\(path)/layers/\(chain.hex)" }

    /// The contents of an unpacked layer; nil when it is not unpacked, or not to its end.
    package func layer(_ chain: ImageDigest) throws(ContentStoreError) -> String? {
        let folder = layerPath(chain)
        return try onDisk { () throws(ContentFileFailure) in try ContentFiles.facts(folder)?.isDirectory == true ? folder + "/fs" : nil }
    }

    /// Chain IDs of every unpacked layer.
    package func unpacked() throws(ContentStoreError) -> [ImageDigest] {
        try onDisk { () throws(ContentFileFailure) in try ContentFiles.names(path + "/layers") }.compactMap { name in
            ImageDigest(name.utf8.count == 64 ? .sha256 : .sha512, hex: name)
        }
    }

    /// Unpacks a layer once: `body` fills the folder that it gets, which gets the layer's name after it is on the disk.
    /// Another process that unpacks the same layer is waited for.
    ///
    /// - Returns: the folder with the contents.
    package func unpack(_ chain: ImageDigest, _ body: (_ folder: String) throws -> Void) throws -> String {
        let final = layerPath(chain)
        let guardPath = "\(path)/layers/.\(chain.hex).lock"
        let file = try onDisk { () throws(ContentFileFailure) in
            let file = try ContentFiles.open(guardPath, O_RDWR | O_CREAT)
            _ = try ContentFiles.lock(file, LOCK_EX, path: guardPath)
            return file
        }
        defer { ContentFiles.unlock(file) }
        if let present = try layer(chain) { return present }
        let work = "\(path)/layers/.\(chain.hex).work"
        try onDisk { () throws(ContentFileFailure) in
            if try ContentFiles.facts(work) != nil { try ContentFiles.removeTree(work) }
            try ContentFiles.makePrivateFolder(work)
        }
        do {
            try body(work + "/fs")
            try onDisk { () throws(ContentFileFailure) in
                // One call for all of its files: a layer must not get its name before its contents are on the disk.
                ContentFiles.synchronizeAll()
                try ContentFiles.rename(work, final)
                try ContentFiles.synchronizeFolder(path + "/layers")
            }
        } catch {
            try? ContentFiles.removeTree(work)
            throw error
        }
        return final + "/fs"
    }

    /// Removes an unpacked layer. It loses its name first, so that no half of it is ever taken for a whole.
    func removeLayer(_ chain: ImageDigest) throws(ContentStoreError) {
        let gone = "\(path)/layers/.\(chain.hex).gone"
        try onDisk { () throws(ContentFileFailure) in
            if try ContentFiles.facts(gone) != nil { try ContentFiles.removeTree(gone) }
            try ContentFiles.rename(layerPath(chain), gone)
            try ContentFiles.removeTree(gone)
        }
    }

    /// Removes what processes that ended left half done.
    func removeUnfinishedLayers() throws(ContentStoreError) {
        let folder = path + "/layers"
        try onDisk { () throws(ContentFileFailure) in
            for name in try ContentFiles.names(folder) where name.hasPrefix(".") {
                if name.hasSuffix(".gone") { try ContentFiles.removeTree(folder + "/" + name) }
                guard name.hasSuffix(".work") else { continue }
                let lock = folder + "/" + name.dropLast(5) + ".lock"
                let file = try ContentFiles.open(lock, O_RDWR | O_CREAT)
                defer { ContentFiles.unlock(file) }
                if try ContentFiles.lock(file, LOCK_EX | LOCK_NB, path: lock) { try ContentFiles.removeTree(folder + "/" + name) }
            }
        }
    }

    // MARK: Root file systems

    /// The folder of a container's root file system.
    package func rootPath(_ id: String) -> String { "\(path)/roots/\(id)" }

    /// Takes note of a container's layers and makes its folder.
    package func addRoot(_ root: RootRecord) throws(ContentStoreError) {
        let folder = rootPath(root.id)
        let value: JSON = ["layers": JSON(root.layers.map(\.description))]
        try locked(.shared) { () throws(ContentStoreError) in
            try onDisk { () throws(ContentFileFailure) in
                try ContentFiles.makePrivateFolder(folder)
                try ContentFiles.replace(folder + "/layers.json", with: value.bytes, survivesPowerLoss: false)
            }
        }
    }

    /// Removes a container's folder with everything in it.
    package func removeRoot(_ id: String) throws(ContentStoreError) {
        let folder = rootPath(id)
        try onDisk { () throws(ContentFileFailure) in
            if try ContentFiles.facts(folder) != nil { try ContentFiles.removeTree(folder) }
        }
    }

    /// Every container's root file system.
    package func roots() throws(ContentStoreError) -> [RootRecord] {
        try onDisk { () throws(ContentFileFailure) in
            var roots: [RootRecord] = []
            for id in try ContentFiles.names(path + "/roots") {
                guard let bytes = try ContentFiles.read("\(path)/roots/\(id)/layers.json", limit: 1 << 20), let value = try? JSON.parse(bytes) else { continue }
                roots.append(RootRecord(id: id, layers: (value["layers"]?.strings ?? []).compactMap { ImageDigest($0) }))
            }
            return roots
        }
    }
}
