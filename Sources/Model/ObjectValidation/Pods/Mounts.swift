import JSONValue
import KubeModel
import PolicyModel

/// The rules for the volumes that a container mounts or opens as devices.
enum Mounts {
    static func validate(_ container: JSON, volumes: [String: JSON], _ path: FieldPath, _ errors: inout [FieldError]) {
        let mounts = container.list("volumeMounts")
        let devices = container.list("volumeDevices")
        files(mounts, devices, volumes, container, path.child("volumeMounts"), &errors)
        blocks(devices, mounts, volumes, path.child("volumeDevices"), &errors)
    }

    private static func files(
        _ mounts: [JSON], _ devices: [JSON], _ volumes: [String: JSON], _ container: JSON, _ path: FieldPath,
        _ errors: inout [FieldError]
    ) {
        let deviceNames = Set(devices.map { $0.text("name") })
        let devicePaths = Set(devices.map { $0.text("devicePath") })
        var points = Set<String>()
        for (at, mount) in mounts.enumerated() {
            let here = path.index(at)
            let name = mount.text("name")
            let point = mount.text("mountPath")
            if name.isEmpty { errors.required(here.child("name")) }
            if volumes[name] == nil { errors.notFound(here.child("name"), .string(name)) }
            if point.isEmpty { errors.required(here.child("mountPath")) }
            if !points.insert(point).inserted { errors.invalid(here.child("mountPath"), .string(point), "must be unique") }
            if deviceNames.contains(name) {
                errors.invalid(here.child("name"), .string(name), "must not already exist in volumeDevices")
            }
            if devicePaths.contains(point) {
                errors.invalid(
                    here.child("mountPath"), .string(point), "must not already exist as a path in volumeDevices")
            }
            subPaths(mount, here, list: path, &errors)
            if let propagation = mount["mountPropagation"]?.string {
                self.propagation(propagation, container, path.child("mountPropagation"), &errors)
            }
            recursiveReadOnly(mount, path.child("recursiveReadOnly"), &errors)
        }
    }

    private static func subPaths(
        _ mount: JSON, _ here: FieldPath, list path: FieldPath, _ errors: inout [FieldError]
    ) {
        let plain = mount.text("subPath")
        let expression = mount.text("subPathExpr")
        if !plain.isEmpty { Paths.localDescending(plain, path.child("subPath"), &errors) }
        if !expression.isEmpty {
            if !plain.isEmpty {
                errors.invalid(
                    here.child("subPathExpr"), .string(expression), "subPathExpr and subPath are mutually exclusive")
            }
            Paths.localDescending(expression, path.child("subPathExpr"), &errors)
        }

    }

    private static func propagation(_ mode: String, _ container: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let modes = ["Bidirectional", "HostToContainer", "None"]
        if !modes.contains(mode) { errors.notSupported(path, .string(mode), modes) }
        if mode == "Bidirectional", container["securityContext"]?.flag("privileged") != true {
            errors.forbidden(path, "Bidirectional mount propagation is available only to privileged containers")
        }
    }

    private static func recursiveReadOnly(_ mount: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let mode = mount["recursiveReadOnly"]?.string else { return }
        switch mode {
        case "Disabled": break
        case "Enabled", "IfPossible":
            if !mount.flag("readOnly") { errors.forbidden(path, "may only be specified when readOnly is true") }
            if let propagation = mount["mountPropagation"]?.string, propagation != "None" {
                errors.forbidden(path, "may only be specified when mountPropagation is None or not specified")
            }
        default: errors.notSupported(path, .string(mode), ["Disabled", "Enabled", "IfPossible"])
        }
    }

    private static func blocks(
        _ devices: [JSON], _ mounts: [JSON], _ volumes: [String: JSON], _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        let mountNames = Set(mounts.map { $0.text("name") })
        let mountPaths = Set(mounts.map { $0.text("mountPath") })
        var names = Set<String>()
        var paths = Set<String>()
        for (at, device) in devices.enumerated() {
            let here = path.index(at)
            let name = device.text("name")
            let point = device.text("devicePath")
            if name.isEmpty { errors.required(here.child("name")) }
            if names.contains(name) { errors.invalid(here.child("name"), .string(name), "must be unique") }
            if let volume = volumes[name] {
                if !volume.has("persistentVolumeClaim"), !volume.has("ephemeral") {
                    errors.invalid(
                        here.child("name"), .string(name),
                        "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode")
                }
            } else {
                errors.notFound(here.child("name"), .string(name))
            }
            if point.isEmpty { errors.required(here.child("devicePath")) }
            if paths.contains(point) { errors.invalid(here.child("devicePath"), .string(point), "must be unique") }
            if Paths.hasBacksteps(point) {
                errors.invalid(here.child("devicePath"), .string(point), "can not contain backsteps ('..')")
            } else {
                paths.insert(point)
            }
            if mountNames.contains(name) {
                errors.invalid(here.child("name"), .string(name), "must not already exist in volumeMounts")
            }
            if mountPaths.contains(point) {
                errors.invalid(
                    here.child("devicePath"), .string(point), "must not already exist as a path in volumeMounts")
            }
            if !name.isEmpty { names.insert(name) }
        }
    }
}
