/// What an image says about the process that it was made for.
public struct ImageFacts: Hashable, Sendable {
    /// `USER` as it is written: empty, a number, a name, each with or without a group after a colon.
    public var user: String
    /// The environment as `NAME=value`.
    public var environment: [String]
    /// The program.
    public var entrypoint: [String]
    /// Its arguments, or the program where there is no entrypoint.
    public var command: [String]
    /// The folder to start in; empty for the root.
    public var workingDirectory: String
    /// The accounts in the image's `/etc/passwd` and `/etc/group`.
    public var accounts: ImageAccounts

    /// An image that says this much; nothing when nothing is said.
    public init(
        user: String = "", environment: [String] = [], entrypoint: [String] = [], command: [String] = [],
        workingDirectory: String = "", accounts: ImageAccounts = ImageAccounts()
    ) {
        self.user = user
        self.environment = environment
        self.entrypoint = entrypoint
        self.command = command
        self.workingDirectory = workingDirectory
        self.accounts = accounts
    }
}

/// The users and groups that an image knows by name.
public struct ImageAccounts: Hashable, Sendable {
    /// One line of `/etc/passwd`.
    public struct User: Hashable, Sendable {
        /// The name.
        public var name: String
        /// The number.
        public var uid: UInt32
        /// The number of the primary group.
        public var gid: UInt32
        /// The home folder.
        public var home: String
    }
    /// One line of `/etc/group`.
    public struct Group: Hashable, Sendable {
        /// The name.
        public var name: String
        /// The number.
        public var gid: UInt32
        /// The names of its members.
        public var members: [String]
    }

    /// The users in the order of the file.
    public private(set) var users: [User]
    /// The groups in the order of the file.
    public private(set) var groups: [Group]

    /// Reads the two files; lines that are none are passed over, as the C library does.
    public init(passwd: String = "", group: String = "") {
        users = Self.lines(passwd).compactMap { fields in
            guard fields.count >= 4, let uid = UInt32(fields[2]), let gid = UInt32(fields[3]) else { return nil }
            return User(name: fields[0], uid: uid, gid: gid, home: fields.count > 5 ? fields[5] : "")
        }
        groups = Self.lines(group).compactMap { fields in
            guard fields.count >= 3, let gid = UInt32(fields[2]) else { return nil }
            let members = fields.count > 3 ? fields[3].split(separator: ",").map(String.init) : []
            return Group(name: fields[0], gid: gid, members: members)
        }
    }

    private static func lines(_ text: String) -> [[String]] {
        text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }.map { line in
            line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }

    func user(named name: String) -> User? { users.first { $0.name == name } }
    func user(numbered uid: UInt32) -> User? { users.first { $0.uid == uid } }
    func group(named name: String) -> Group? { groups.first { $0.name == name } }
    /// The groups that list the user as a member.
    func groups(of user: String) -> [UInt32] { groups.filter { $0.members.contains(user) }.map(\.gid) }
}
