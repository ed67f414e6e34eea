import CLinux
import Glibc

/// What a file or folder is, at one moment.
package struct FileFacts: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case file, folder, link, socket, pipe
        /// With the numbers of driver and device.
        case characterDevice(major: UInt32, minor: UInt32)
        case blockDevice(major: UInt32, minor: UInt32)
    }

    package var kind: Kind
    /// The permissions, with the set-id bits.
    package var mode: UInt32
    package var owner: UInt32
    package var group: UInt32
    /// How many names it has.
    package var names: UInt32
    package var bytes: UInt64
    /// The space that it takes, in bytes.
    package var space: UInt64
    /// Which file it is: two files with the same numbers are one.
    package var identity: Identity
    /// The mount that it was found on.
    package var mount: UInt64

    package struct Identity: Hashable, Sendable {
        var device: UInt64
        var number: UInt64
    }

    package var isFolder: Bool { kind == .folder }

    init(_ facts: kst_file_facts) {
        kind =
            switch mode_t(facts.mode) & S_IFMT {
            case S_IFDIR: .folder
            case S_IFLNK: .link
            case S_IFSOCK: .socket
            case S_IFIFO: .pipe
            case S_IFCHR: .characterDevice(major: facts.major, minor: facts.minor)
            case S_IFBLK: .blockDevice(major: facts.major, minor: facts.minor)
            default: .file
            }
        mode = facts.mode & 0o7777
        owner = facts.owner
        group = facts.group
        names = facts.links
        bytes = facts.bytes
        space = facts.blocks * 512
        identity = Identity(device: facts.device, number: facts.inode)
        mount = facts.mount
    }
}
