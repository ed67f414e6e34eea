import JSONValue
import OCIModel
import PolicyModel

/// Which device nodes a container sees and may use: those that every container has, those of its volumes in block mode, and
/// all of the machine's when it is privileged.
enum Devices {
    static let id: ControlID = "devices"

    static func apply(_ subject: Subject, to linux: inout RuntimeLinux, _ findings: inout Findings) {
        let limits = subject.node.cgroups.writable.contains(.devices)
        if subject.isPrivileged {
            linux.devices = subject.node.devices
            if limits { linux.resources.devices = [RuntimeDeviceRule(isAllowed: true)] }
            if subject.node.isRootless {
                findings.note(
                    "privileged", at: subject.contextPath.child("privileged"),
                    "every capability of the node's user namespace and the devices that its user can open; nothing of the machine's root"
                )
            }
            return
        }
        if limits { linux.resources.devices = [RuntimeDeviceRule(isAllowed: false)] }
        for (index, entry) in (subject.container["volumeDevices"]?.array ?? []).enumerated() {
            let path = subject.path.child("volumeDevices").index(index)
            let name = entry["name"]?.string ?? ""
            guard var device = subject.identity.blockDevices[name] else {
                findings.refuse(
                    id, .containerConfig, at: path, found: name,
                    "the volume \"\(name)\" has no block device on the node",
                    remedy: "wait until the volume is attached, or mount it as a filesystem")
                continue
            }
            if subject.node.isRootless || subject.hasOwnUsers {
                findings.refuse(
                    id, .notEnforceable, at: path, found: name,
                    "a block device cannot be given to a pod whose root is not the machine's",
                    remedy:
                        "mount the volume as a filesystem, or run the pod on a node that runs as root without hostUsers: false"
                )
                continue
            }
            device.path = entry["devicePath"]?.string ?? device.path
            linux.devices.append(device)
            if limits {
                linux.resources.devices.append(
                    RuntimeDeviceRule(isAllowed: true, kind: device.kind, major: device.major, minor: device.minor))
            }
        }
    }
}
