import JSONValue
import KubeModel
import PolicyModel

/// The rules for the volumes of a pod.
enum Volumes {
    /// Sources in the order in which they are looked at, with the name in faults of a second one.
    private static let kinds = [
        ("emptyDir", "emptyDir"), ("hostPath", "hostPath"), ("gitRepo", "gitRepo"),
        ("gcePersistentDisk", "gcePersistentDisk"), ("awsElasticBlockStore", "awsElasticBlockStore"),
        ("secret", "secret"), ("nfs", "nfs"), ("iscsi", "iscsi"), ("glusterfs", "glusterfs"), ("flocker", "flocker"),
        ("persistentVolumeClaim", "persistentVolumeClaim"), ("rbd", "rbd"), ("cinder", "cinder"), ("cephfs", "cephFS"),
        ("quobyte", "quobyte"), ("downwardAPI", "downwarAPI"), ("fc", "fc"), ("flexVolume", "flexVolume"),
        ("configMap", "configMap"), ("azureFile", "azureFile"), ("vsphereVolume", "vsphereVolume"),
        ("photonPersistentDisk", "photonPersistentDisk"), ("portworxVolume", "portworxVolume"),
        ("azureDisk", "azureDisk"), ("storageos", "storageos"), ("projected", "projected"), ("scaleIO", "scaleIO"),
        ("csi", "csi"), ("ephemeral", "ephemeral"), ("image", "image"),
    ]

    /// - Returns: the volumes without fault, by name.
    static func validate(
        _ volumes: [JSON], podName: String?, _ options: PodOptions, _ path: FieldPath, _ errors: inout [FieldError]
    ) -> [String: JSON] {
        var good: [String: JSON] = [:]
        var created = Set<String>()
        if let podName, !podName.isEmpty {
            created = Set(volumes.filter { $0.has("ephemeral") }.map { podName + "-" + $0.text("name") })
        }
        for (at, volume) in volumes.enumerated() {
            let here = path.index(at)
            let name = volume.text("name")
            let count = errors.count
            source(volume, name, podName: podName, options, here, &errors)
            if name.isEmpty { errors.required(here.child("name")) } else { errors.dnsLabel(name, here.child("name")) }
            if good[name] != nil { errors.duplicate(here.child("name"), .string(name)) }
            if errors.count == count { good[name] = volume }
            if let claim = volume["persistentVolumeClaim"]?["claimName"]?.string, created.contains(claim) {
                errors.invalid(
                    here.child("persistentVolumeClaim", "claimName"), .string(claim),
                    "must not reference a PVC that gets created for an ephemeral volume")
            }
        }
        return good
    }

    private static func source(
        _ volume: JSON, _ name: String, podName: String?, _ options: PodOptions, _ path: FieldPath,
        _ errors: inout [FieldError]
    ) {
        var count = 0
        for (kind, printed) in kinds {
            guard let source = volume.given(kind) else { continue }
            count += 1
            if count > 1 {
                errors.forbidden(path.child(printed), "may not specify more than 1 volume type")
            } else {
                validate(source, kind, name, podName: podName, options, path, &errors)
            }
            if kind == "iscsi", source["initiatorName"]?.string != nil,
                (name + ":" + source.text("targetPortal")).utf8.count > 64
            {
                errors.invalid(path.child("name"), .string(name), BlockVolumes.longPortal)
            }
        }
        if count == 0 { errors.required(path, "must specify a volume type") }
    }

    private static func validate(
        _ source: JSON, _ kind: String, _ name: String, podName: String?, _ options: PodOptions, _ path: FieldPath,
        _ errors: inout [FieldError]
    ) {
        let here = path.child(kind)
        switch kind {
        case "emptyDir":
            if let limit = source.quantity("sizeLimit"), limit.nano < 0 {
                errors.forbidden(here.child("sizeLimit"), "SizeLimit field must be a valid resource quantity")
            }
        case "gitRepo":
            if source.text("repository").isEmpty { errors.required(here.child("repository")) }
            Paths.localDescending(source.text("directory"), here.child("directory"), &errors)
        case "secret": keyed(source, "secretName", here, &errors)
        case "configMap": keyed(source, "name", here, &errors)
        case "persistentVolumeClaim":
            if source.text("claimName").isEmpty { errors.required(here.child("claimName")) }
        case "downwardAPI":
            Paths.fileMode(source.number("defaultMode"), here.child("defaultMode"), &errors)
            for file in source.list("items") { downwardFile(file, here, &errors) }
        case "projected": ProjectedVolumes.validate(source, options, here, &errors)
        case "csi":
            BlockVolumes.csiDriver(source.text("driver"), here.child("driver"), &errors)
            if let secret = source.given("nodePublishSecretRef") {
                let name = secret.text("name")
                if name.isEmpty {
                    errors.required(here.child("nodePublishSecretRef", "name"))
                } else {
                    errors.dnsSubdomain(name, here.child("name"))
                }
            }
        case "ephemeral":
            if let template = source.given("volumeClaimTemplate") {
                PersistentVolumeClaims.template(template, here.child("volumeClaimTemplate"), &errors)
            } else {
                errors.required(here.child("volumeClaimTemplate"))
            }
            guard let podName, !podName.isEmpty, !name.isEmpty else { return }
            let claim = podName + "-" + name
            for fault in Names.dnsSubdomain(claim) {
                errors.invalid(path.child("name"), .string(name), "PVC name \(goQuoted(claim)): \(fault)")
            }
        case "image":
            if options.isPod, source.text("reference").isEmpty { errors.required(here.child("reference")) }
            Containers.pullPolicy(source.text("pullPolicy"), here.child("pullPolicy"), &errors)
        default: BlockVolumes.validate(source, kind, path, &errors)
        }
    }

    private static func keyed(_ source: JSON, _ nameKey: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        if source.text(nameKey).isEmpty { errors.required(path.child(nameKey)) }
        Paths.fileMode(source.number("defaultMode"), path.child("defaultMode"), &errors)
        for (at, item) in source.list("items").enumerated() { keyToPath(item, path.child("items").index(at), &errors) }
    }

    static func keyToPath(_ item: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        if item.text("key").isEmpty { errors.required(path.child("key")) }
        if item.text("path").isEmpty { errors.required(path.child("path")) }
        Paths.localNonReserved(item.text("path"), path.child("path"), &errors)
        Paths.fileMode(item.number("mode"), path.child("mode"), &errors)
    }

    static func downwardFile(_ file: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        if file.text("path").isEmpty { errors.required(path.child("path")) }
        Paths.localNonReserved(file.text("path"), path.child("path"), &errors)
        if let field = file.given("fieldRef") {
            DownwardAPI.field(field, DownwardAPI.volumeFields, path.child("fieldRef"), &errors)
            if file.has("resourceFieldRef") {
                errors.invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")
            }
        } else if let resource = file.given("resourceFieldRef") {
            DownwardAPI.resource(resource, isVolume: true, path.child("resourceFieldRef"), &errors)
        } else {
            errors.required(path, "one of fieldRef and resourceFieldRef is required")
        }
        Paths.fileMode(file.number("mode"), path.child("mode"), &errors)
    }
}
