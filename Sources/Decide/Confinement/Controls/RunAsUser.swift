import JSONValue
import OCIModel
import PolicyModel

/// As whom a container runs: the security context's user, else the image's, and never as root where that is forbidden.
///
/// The image's `USER` is a number or a name, each with or without a group after a colon. Where a pod demands a user other
/// than root, a name is not looked up to prove it: an image could name any number `app`.
/// Source: Kubernetes API, `SecurityContext`; kubelet, `verifyRunAsNonRoot`; OCI image specification, `config.User`.
enum RunAsUser {
    static let id: ControlID = "runAsUser"
    static let nonRoot: ControlID = "runAsNonRoot"
    static let group: ControlID = "runAsGroup"

    static func decide(_ subject: Subject, _ pod: ConfinedPod, _ findings: inout Findings) -> RuntimeUser {
        let written = subject.effective("runAsUser")
        checkNonRoot(subject, runAsUser: written, &findings)
        var user = RuntimeUser()
        var account: ImageAccounts.User?
        if let written {
            findings.decided(by: written.path)
            user.uid = id(written.value, written.path, id, subject, &findings)
            account = subject.image.accounts.user(numbered: user.uid)
            user.gid = account?.gid ?? 0
        } else {
            (user, account) = imageUser(subject, hasGroup: subject.effective("runAsGroup") != nil, &findings)
        }
        if let written = subject.effective("runAsGroup") {
            findings.decided(by: written.path)
            user.gid = id(written.value, written.path, group, subject, &findings)
        }
        // The primary group is a supplementary one too: a process that changed its primary group would else leave behind
        // what is forbidden to it (CVE-2022-2995).
        var groups = [user.gid]
        if !pod.ignoresImageGroups, let name = account?.name { groups += subject.image.accounts.groups(of: name) }
        for group in groups + pod.supplementalGroups where !user.additionalGroups.contains(group) {
            user.additionalGroups.append(group)
        }
        // What the pod names itself is judged by its own field.
        let judged = pod.supplementalGroups + (subject.effective("runAsGroup") == nil ? [] : [user.gid])
        for group in user.additionalGroups where UInt64(group) >= subject.ids && !judged.contains(group) {
            refuseUnmapped(
                Int64(group), subject.path.child("image"), Self.group, subject.ids, subject.hasOwnUsers, &findings)
        }
        return user
    }

    /// Judges `runAsNonRoot` in the words of the kubelet.
    private static func checkNonRoot(
        _ subject: Subject, runAsUser: (value: JSON, path: FieldPath)?, _ findings: inout Findings
    ) {
        guard let demand = subject.effective("runAsNonRoot"), demand.value.bool == true else { return }
        findings.decided(by: demand.path)
        let place = "(pod: \"\(subject.podText)\", container: \(subject.name))"
        let remedy = "set \(subject.contextPath).runAsUser to a number other than 0"
        if let runAsUser {
            if runAsUser.value.int == 0 {
                findings.refuse(
                    nonRoot, .containerConfig, at: runAsUser.path, found: "0",
                    "container's runAsUser breaks non-root policy \(place)",
                    remedy: "set \(runAsUser.path) to a number other than 0")
            }
            return
        }
        let name = String(subject.image.user.prefix { $0 != ":" })
        if name.isEmpty || UInt32(name) == 0 {
            findings.refuse(
                nonRoot, .containerConfig, at: demand.path, found: subject.image.user,
                "container has runAsNonRoot and image will run as root \(place)",
                remedy: "\(remedy), or build the image with a USER")
        } else if UInt32(name) == nil {
            findings.refuse(
                nonRoot, .containerConfig, at: demand.path, found: subject.image.user,
                "container has runAsNonRoot and image has non-numeric user (\(name)), cannot verify user is non-root \(place)",
                remedy: "\(remedy), or write USER in the image as a number")
        }
    }

    /// The user that the image names, with its group; root for an image that names none.
    private static func imageUser(
        _ subject: Subject, hasGroup: Bool, _ findings: inout Findings
    ) -> (RuntimeUser, ImageAccounts.User?) {
        let accounts = subject.image.accounts
        let halves = subject.image.user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        let name = halves.first ?? ""
        var user = RuntimeUser()
        var account: ImageAccounts.User?
        if name.isEmpty {
            account = accounts.user(numbered: 0)
        } else if let uid = UInt32(name) {
            user.uid = uid
            account = accounts.user(numbered: uid)
        } else if let known = accounts.user(named: name) {
            user.uid = known.uid
            account = known
        } else {
            findings.refuse(
                id, .containerCreation, at: subject.path.child("image"), found: subject.image.user,
                "unable to find user \(name): no matching entries in passwd file",
                remedy: "set \(subject.contextPath).runAsUser, or build the image with a USER that its /etc/passwd has")
        }
        user.gid = account?.gid ?? 0
        if halves.count == 2, !halves[1].isEmpty, !hasGroup {
            if let gid = UInt32(halves[1]) {
                user.gid = gid
            } else if let known = accounts.group(named: halves[1]) {
                user.gid = known.gid
            } else {
                findings.refuse(
                    group, .containerCreation, at: subject.path.child("image"), found: subject.image.user,
                    "unable to find group \(halves[1]): no matching entries in group file",
                    remedy:
                        "set \(subject.contextPath).runAsGroup, or build the image with a group that its /etc/group has"
                )
            }
        }
        if UInt64(user.uid) >= subject.ids {
            refuseUnmapped(
                Int64(user.uid), subject.path.child("image"), id, subject.ids, subject.hasOwnUsers, &findings)
        }
        return (user, account)
    }

    private static func id(
        _ value: JSON, _ path: FieldPath, _ control: ControlID, _ subject: Subject, _ findings: inout Findings
    ) -> UInt32 {
        checked(value, path, control, ids: subject.ids, hasOwnUsers: subject.hasOwnUsers, &findings)
    }

    /// An id that a process can have here; 65534, which owns nothing, beside a refusal.
    static func checked(
        _ value: JSON, _ path: FieldPath, _ control: ControlID, ids: UInt64, hasOwnUsers: Bool,
        _ findings: inout Findings
    ) -> UInt32 {
        guard let number = value.int, number >= 0, number <= Int64(Int32.max), let id = UInt32(exactly: number) else {
            findings.refuse(
                control, .containerConfig, at: path, found: value.int.map(String.init) ?? "",
                "\(path) must be between 0 and 2147483647, inclusive",
                remedy: "set \(path) to a number from 0 to 2147483647")
            return 65534
        }
        if UInt64(id) >= ids { refuseUnmapped(number, path, control, ids, hasOwnUsers, &findings) }
        return id
    }

    private static func refuseUnmapped(
        _ id: Int64, _ path: FieldPath, _ control: ControlID, _ ids: UInt64, _ hasOwnUsers: Bool,
        _ findings: inout Findings
    ) {
        let whose = hasOwnUsers ? "the pod's user namespace" : "the node, which runs without root,"
        let number = ids == 0 ? "no id" : "the ids 0 to \(ids - 1) only"
        findings.refuse(
            control, .notEnforceable, at: path, found: String(id),
            "id \(id) does not exist for the pod: \(whose) has \(number)",
            remedy: hasOwnUsers
                ? "take an id below \(ids), or remove spec.hostUsers"
                : "take an id below \(ids), or give the node's user more ids in /etc/subuid and /etc/subgid")
    }
}
