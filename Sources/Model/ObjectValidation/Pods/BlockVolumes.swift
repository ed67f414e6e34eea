import JSONValue
import KubeModel
import PolicyModel

/// The rules for sources of storage, which pods and persistent volumes share.
enum BlockVolumes {
    static let longPortal =
        "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified."

    /// - Parameters:
    ///   - path: of the volume; the source is named below it.
    ///   - persistentVolume: the name of the persistent volume that has the source; nil in a pod.
    static func validate(
        _ source: JSON, _ kind: String, persistentVolume: String? = nil, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        let here = path.child(kind)
        let isPV = persistentVolume != nil
        switch kind {
        case "hostPath": hostPath(source, here, &errors)
        case "gcePersistentDisk": disk(source, "pdName", path.child("persistentDisk"), &errors)
        case "awsElasticBlockStore": disk(source, "volumeID", here, &errors)
        case "nfs": nfs(source, here, &errors)
        case "iscsi": ISCSI.validate(source, persistentVolume: persistentVolume, here, &errors)
        case "glusterfs":
            need(source, ["endpoints", "path"], here, &errors)
            if isPV, let namespace = source["endpointsNamespace"]?.string {
                if namespace.isEmpty {
                    errors.invalid(
                        here.child("endpointsNamespace"), "",
                        "if the endpointnamespace is set, it must be a valid namespace name")
                } else {
                    errors.dnsLabel(namespace, here.child("endpointsNamespace"))
                }
            }
        case "flocker": flocker(source, here, &errors)
        case "rbd":
            if source.list("monitors").isEmpty { errors.required(here.child("monitors")) }
            need(source, ["image"], here, &errors)
        case "cinder":
            need(source, ["volumeID"], here, &errors)
            secretReference(source, withNamespace: isPV, here, &errors)
        case "cephfs": if source.list("monitors").isEmpty { errors.required(here.child("monitors")) }
        case "quobyte": quobyte(source, here, &errors)
        case "fc": fibreChannel(source, here, &errors)
        case "flexVolume": flex(source, here, &errors)
        case "azureFile":
            need(source, ["secretName", "shareName"], here, &errors)
            if isPV, source["secretNamespace"]?.string == "" { errors.required(here.child("secretNamespace")) }
        case "vsphereVolume": need(source, ["volumePath"], here, &errors)
        case "photonPersistentDisk": need(source, ["pdID"], here, &errors)
        case "portworxVolume": need(source, ["volumeID"], here, &errors)
        case "azureDisk": azureDisk(source, here, &errors)
        case "storageos":
            need(source, ["volumeName"], here, &errors)
            for key in ["volumeName", "volumeNamespace"] where !source.text(key).isEmpty {
                errors.dnsLabel(source.text(key), here.child(key))
            }
            secretReference(source, withNamespace: isPV, here, &errors)
        case "scaleIO": need(source, ["gateway", "system", "volumeName"], here, &errors)
        case "local":
            let file = source.text("path")
            if file.isEmpty { errors.required(here.child("path")) } else { Paths.noBacksteps(file, here.child("path"), &errors) }
        case "csi": persistentCSI(source, here, &errors)
        default: break
        }
    }

    private static func need(_ source: JSON, _ keys: [String], _ path: FieldPath, _ errors: inout [FieldError]) {
        for key in keys where source.text(key).isEmpty { errors.required(path.child(key)) }
    }

    private static func secretReference(
        _ source: JSON, withNamespace: Bool, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        guard let reference = source.given("secretRef") else { return }
        need(reference, withNamespace ? ["name", "namespace"] : ["name"], path.child("secretRef"), &errors)
    }

    private static func hostPath(_ source: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let file = source.text("path")
        if file.isEmpty { return errors.required(path.child("path")) }
        Paths.noBacksteps(file, path.child("path"), &errors)
        let types = [
            "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket",
        ]
        errors.oneOf(source["type"], types, path.child("type"))
    }

    private static func disk(_ source: JSON, _ name: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        need(source, [name], path, &errors)
        let partition = source.count("partition")
        if !(0...255).contains(partition) {
            errors.invalid(path.child("partition"), JSON(partition), Wording.range(1, 255))
        }
    }

    private static func nfs(_ source: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        need(source, ["server", "path"], path, &errors)
        if !Paths.isAbsolute(source.text("path")) {
            errors.invalid(path.child("path"), .string(source.text("path")), "must be an absolute path")
        }
    }

    private static func flocker(_ source: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let name = source.text("datasetName")
        let uuid = source.text("datasetUUID")
        if name.isEmpty, uuid.isEmpty { errors.required(path, "one of datasetName and datasetUUID is required") }
        if !name.isEmpty, !uuid.isEmpty {
            errors.invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously")
        }
        if name.contains("/") { errors.invalid(path.child("datasetName"), .string(name), "must not contain '/'") }
    }

    private static func quobyte(_ source: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let rule = "must be a host:port pair or multiple pairs separated by commas"
        let registry = source.text("registry")
        if registry.isEmpty {
            errors.required(path.child("registry"), rule)
        } else if source.text("tenant").utf8.count >= 65 {
            errors.required(path.child("tenant"), "must be a UUID and may not exceed a length of 64 characters")
        } else {
            for pair in registry.split(separator: ",", omittingEmptySubsequences: false)
            where pair.filter({ $0 == ":" }).count != 1 {
                errors.invalid(path.child("registry"), .string(registry), rule)
            }
        }
        need(source, ["volume"], path, &errors)
    }

    private static func fibreChannel(_ source: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let names = source.list("targetWWNs")
        let ids = source.list("wwids")
        if names.isEmpty, ids.isEmpty {
            errors.required(path.child("targetWWNs"), "must specify either targetWWNs or wwids, but not both")
        }
        if !names.isEmpty, !ids.isEmpty {
            errors.invalid(
                path.child("targetWWNs"), .array(names), "targetWWNs and wwids can not be specified simultaneously")
        }
        if names.isEmpty { return }
        if let unit = source.number("lun") {
            if !(0...255).contains(unit) { errors.invalid(path.child("lun"), JSON(unit), Wording.range(0, 255)) }
        } else {
            errors.required(path.child("lun"), "lun is required if targetWWNs is specified")
        }
    }

    private static func flex(_ source: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        need(source, ["driver"], path, &errors)
        for (key, _) in source.entries("options") {
            let domain = "." + (key.split(separator: "/", omittingEmptySubsequences: false).first.map(String.init) ?? key).lowercased()
            if domain.hasSuffix(".kubernetes.io") || domain.hasSuffix(".k8s.io") {
                errors.invalid(
                    path.child("options").key(key), .string(key), "kubernetes.io and k8s.io namespaces are reserved")
            }
        }
    }

    private static func azureDisk(_ source: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        need(source, ["diskName", "diskURI"], path, &errors)
        errors.oneOf(source["cachingMode"], ["None", "ReadOnly", "ReadWrite"], path.child("cachingMode"))
        errors.oneOf(source["kind"], ["Dedicated", "Managed", "Shared"], path.child("kind"))
        guard let kind = source["kind"]?.string else { return }
        let uri = source.text("diskURI")
        if kind == "Managed", !uri.hasPrefix("/subscriptions/") {
            errors.notSupported(
                path.child("diskURI"), .string(uri),
                ["/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"])
        }
        if kind != "Managed", !uri.hasPrefix("https://") {
            errors.notSupported(
                path.child("diskURI"), .string(uri),
                ["https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"])
        }
    }

    // MARK: CSI

    static func csiDriver(_ name: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        if name.isEmpty { return errors.required(path) }
        if name.utf8.count > 63 { errors.tooLong(path, 63) }
        errors.invalid(path, .string(name), all: Names.dnsSubdomain(name.lowercased()))
    }

    private static func persistentCSI(_ source: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        csiDriver(source.text("driver"), path.child("driver"), &errors)
        need(source, ["volumeHandle"], path, &errors)
        let references = [
            "controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef",
        ]
        for key in references {
            guard let reference = source.given(key) else { continue }
            let name = reference.text("name")
            let namespace = reference.text("namespace")
            let here = path.child(key)
            if name.isEmpty { errors.required(here.child("name")) } else { errors.dnsSubdomain(name, here.child("name")) }
            if namespace.isEmpty {
                errors.required(here.child("namespace"))
            } else {
                errors.dnsLabel(namespace, here.child("namespace"))
            }
        }
    }
}

/// The rules for iSCSI targets.
private enum ISCSI {
    static func validate(
        _ source: JSON, persistentVolume: String?, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        let portal = source.text("targetPortal")
        if portal.isEmpty { errors.required(path.child("targetPortal")) }
        let initiator = source["initiatorName"]?.string
        if let persistentVolume, initiator != nil, (persistentVolume + ":" + portal).utf8.count > 64 {
            errors.invalid(path.child("targetportal"), .string(portal), BlockVolumes.longPortal)
        }
        // Pods are told which forms there are; persistent volumes are not.
        let unknown = persistentVolume == nil ? "must be valid format starting with iqn, eui, or naa" : "must be valid format"
        let name = source.text("iqn")
        if name.isEmpty {
            errors.required(path.child("iqn"))
        } else if let fault = fault(name, unknown) {
            errors.invalid(path.child("iqn"), .string(name), fault)
        }
        let unit = source.count("lun")
        if !(0...255).contains(unit) { errors.invalid(path.child("lun"), JSON(unit), Wording.range(0, 255)) }
        if source.flag("chapAuthDiscovery") || source.flag("chapAuthSession"), !source.has("secretRef") {
            errors.required(path.child("secretRef"))
        }
        if persistentVolume != nil, let secret = source.given("secretRef"), secret.text("name").isEmpty {
            errors.required(path.child("secretRef", "name"))
        }
        if let initiator, let fault = fault(initiator, unknown) {
            errors.invalid(path.child("initiatorname"), .string(initiator), fault)
        }
    }

    private static func fault(_ name: String, _ unknown: String) -> String? {
        if name.hasPrefix("iqn") { return isQualified(name) ? nil : "must be valid format" }
        for (prefix, length) in [("eui", 16), ("naa", 32)] where name.hasPrefix(prefix) {
            let rest = name.utf8.dropFirst(4)
            return rest.count == length && rest.allSatisfy(Names.isAlphanumeric) ? nil : "must be valid format"
        }
        return unknown
    }

    /// `iqn.YYYY-MM.reversed.domain:name`.
    private static func isQualified(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard bytes.count > 13, bytes[3] == Names.dot, bytes[8] == Names.dash, bytes[11] == Names.dot else { return false }
        guard bytes[4..<8].allSatisfy(Names.isDigit), bytes[9..<11].allSatisfy(Names.isDigit) else { return false }
        let rest = bytes[12...]
        guard let colon = rest.firstIndex(of: 0x3A), colon > 12, colon + 1 < bytes.count else { return false }
        let domain = rest[..<colon].allSatisfy { Names.isAlphanumeric($0) || $0 == Names.dash || $0 == Names.dot }
        return domain && !rest[(colon + 1)...].contains { ",;*&$| \t\n".utf8.contains($0) }
    }
}
