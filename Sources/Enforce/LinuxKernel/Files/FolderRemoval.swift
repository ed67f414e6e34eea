import CLinux
import Glibc

extension HeldFile {
    /// How many folders are open at once; what is deeper is moved up first.
    private static let depth = 32
    /// How often a folder is emptied before whoever still writes into it is told of.
    private static let attempts = 64

    /// Removes an entry of this folder with all that is in it. Links are removed, never followed; a mount below is an error and everything
    /// on it stays. Nothing when there is no such entry.
    package func removeAll(_ entry: String) throws(SystemError) {
        let name = EntryName(entry)
        guard let facts = try present(name) else { return }
        guard facts.isFolder else { return try unlink(entry) }
        try empty(name)
        try removeFolder(entry)
    }

    private func empty(_ entry: EntryName) throws(SystemError) {
        guard let top = try hold(entry) else { throw SystemError("remove \(entry.text) in \(name)", EXDEV, detail: "a mount is in the way") }
        var open: [(folder: HeldFile, name: EntryName, attempts: Int)] = [(top, entry, 0)]
        var moved = 0
        while let current = open.last {
            if current.attempts > Self.attempts { throw SystemError("remove \(current.folder.name)", EBUSY, detail: "somebody still writes into it") }
            open[open.count - 1].attempts += 1
            var next: EntryName?
            var isEmpty = true
            try current.folder.forEachEntry { (name) throws(SystemError) in
                isEmpty = false
                if unsafe unlinkat(current.folder.descriptor.number, name.bytes, 0) == 0 || errno == ENOENT { return true }
                let code = errno
                guard try current.folder.present(name)?.isFolder == true else { throw SystemError("remove \(name.text) in \(current.folder.name)", code) }
                if unsafe unlinkat(current.folder.descriptor.number, name.bytes, AT_REMOVEDIR) == 0 { return true }
                // A folder with something in it, or a mount; holding it says which.
                next = name
                return false
            }
            if let next {
                open[open.count - 1].attempts -= 1
                guard let folder = try current.folder.hold(next) else {
                    if try current.folder.present(next) == nil { continue }
                    throw SystemError("remove \(next.text) in \(current.folder.name)", EXDEV, detail: "a mount is in the way")
                }
                if open.count < Self.depth {
                    open.append((folder, next, 0))
                } else {
                    moved += 1
                    let place = EntryName("..moved-up-\(moved)-\(UInt32.random(in: 0 ... .max))")
                    if unsafe renameat(current.folder.descriptor.number, next.bytes, top.descriptor.number, place.bytes) < 0 {
                        throw SystemError("move \(folder.name)", errno)
                    }
                }
            } else if isEmpty {
                open.removeLast()
                if let parent = open.last, unsafe unlinkat(parent.folder.descriptor.number, current.name.bytes, AT_REMOVEDIR) < 0,
                    errno != ENOENT, errno != ENOTEMPTY
                {
                    throw SystemError("remove \(current.folder.name)", errno)
                }
            }
        }
    }
}
