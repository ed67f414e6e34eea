public import JSONValue

extension RuntimeProcess {
    /// Reads the process of a runtime specification that was written from a value like this one.
    ///
    /// - Returns: nil for one that says no user, arguments or `noNewPrivileges`: what is not said must not become more rights.
    public init?(_ json: JSON) {
        guard let user = json["user"], let uid = user["uid"]?.int.flatMap({ UInt32(exactly: $0) }), let arguments = json["args"]?.strings,
            let noNewPrivileges = json["noNewPrivileges"]?.bool, let sets = json["capabilities"]
        else { return nil }
        self.init(arguments: arguments, workingDirectory: json["cwd"]?.string ?? "/")
        self.user = RuntimeUser(
            uid: uid, gid: user["gid"]?.int.flatMap { UInt32(exactly: $0) } ?? 0,
            additionalGroups: (user["additionalGids"]?.array ?? []).compactMap { $0.int.flatMap { UInt32(exactly: $0) } })
        hasTerminal = json["terminal"]?.bool ?? false
        environment = json["env"]?.strings ?? []
        capabilities.bounding = sets["bounding"]?.strings ?? []
        capabilities.effective = sets["effective"]?.strings ?? []
        capabilities.inheritable = sets["inheritable"]?.strings ?? []
        capabilities.permitted = sets["permitted"]?.strings ?? []
        capabilities.ambient = sets["ambient"]?.strings ?? []
        rlimits = (json["rlimits"]?.array ?? []).compactMap { limit in
            guard let type = limit["type"]?.string, let soft = limit["soft"]?.int, let hard = limit["hard"]?.int else { return nil }
            return RuntimeRlimit(type: type, soft: UInt64(clamping: soft), hard: UInt64(clamping: hard))
        }
        self.noNewPrivileges = noNewPrivileges
        appArmorProfile = json["apparmorProfile"]?.string
        oomScoreAdjustment = json["oomScoreAdj"]?.int.map { Int($0) }
        selinuxLabel = json["selinuxLabel"]?.string
    }
}
