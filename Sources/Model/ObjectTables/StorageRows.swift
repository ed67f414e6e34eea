import JSONValue
import KubeModel

/// The rows of volumes and of what provides them.
enum StorageRows {
    private static func classAnnotated(_ row: TableRow) -> JSON {
        row.value("metadata", "annotations", "volume.beta.kubernetes.io/storage-class")
            ?? .string(row.text("spec", "storageClassName"))
    }

    /// `RWO,RWX`: each mode once, in a fixed order.
    private static func accessModes(_ modes: [JSON]) -> JSON {
        let given = Set(modes.compactMap(\.string))
        let known = [
            ("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP"),
        ]
        return .string(known.filter { given.contains($0.0) }.map(\.1).joined(separator: ","))
    }

    static func volume(_ row: TableRow) -> [JSON] {
        var claim = ""
        if let reference = row.value("spec", "claimRef") {
            claim = "\(reference["namespace"]?.string ?? "")/\(reference["name"]?.string ?? "")"
        }
        var cells = [row.name, .string(TableRow.quantity(row.value("spec", "capacity", "storage")))]
        cells += [
            accessModes(row.list("spec", "accessModes")), .string(row.text("spec", "persistentVolumeReclaimPolicy")),
        ]
        cells += [.string(row.isBeingDeleted ? "Terminating" : row.text("status", "phase")), .string(claim)]
        cells += [classAnnotated(row), row.optional("spec", "volumeAttributesClassName", absent: "<unset>")]
        cells += [
            .string(row.text("status", "reason")), row.age, row.optional("spec", "volumeMode", absent: "<unset>"),
        ]
        return cells
    }

    static func claim(_ row: TableRow) -> [JSON] {
        let volume = row.text("spec", "volumeName")
        let isBound = !volume.isEmpty
        var cells = [
            row.name, .string(row.isBeingDeleted ? "Terminating" : row.text("status", "phase")), .string(volume),
        ]
        cells.append(.string(isBound ? TableRow.quantity(row.value("status", "capacity", "storage")) : ""))
        cells.append(isBound ? accessModes(row.list("status", "accessModes")) : "")
        cells += [classAnnotated(row), row.optional("spec", "volumeAttributesClassName", absent: "<unset>")]
        cells += [row.age, row.optional("spec", "volumeMode", absent: "<unset>")]
        return cells
    }

    static func storageClass(_ row: TableRow) -> [JSON] {
        let annotations = row.value("metadata", "annotations")?.stringMap ?? [:]
        let isDefault = [
            "storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class",
        ]
        .contains { annotations[$0] == "true" }
        return [
            .string(row.text("metadata", "name") + (isDefault ? " (default)" : "")), .string(row.text("provisioner")),
            row.optional("reclaimPolicy", absent: "Delete"), row.optional("volumeBindingMode", absent: "Immediate"),
            row.bool("allowVolumeExpansion"), row.age,
        ]
    }

    static func attributesClass(_ row: TableRow) -> [JSON] { [row.name, .string(row.text("driverName")), row.age] }
    static func csiNode(_ row: TableRow) -> [JSON] { [row.name, JSON(row.count("spec", "drivers")), row.age] }

    static func csiDriver(_ row: TableRow) -> [JSON] {
        let modes = row.list("spec", "volumeLifecycleModes").compactMap(\.string).joined(separator: ",")
        let audiences = row.value("spec", "tokenRequests")?.array?.map { $0["audience"]?.string ?? "" }
        return [
            row.name, row.bool("spec", "attachRequired", absent: true), row.bool("spec", "podInfoOnMount"),
            row.bool("spec", "storageCapacity"), .string(audiences?.joined(separator: ",") ?? "<unset>"),
            row.bool("spec", "requiresRepublish"), .string(modes.isEmpty ? "<none>" : modes), row.age,
        ]
    }

    static func attachment(_ row: TableRow) -> [JSON] {
        [
            row.name, .string(row.text("spec", "attacher")),
            .string(row.text("spec", "source", "persistentVolumeName")),
            .string(row.text("spec", "nodeName")), row.bool("status", "attached"), row.age,
        ]
    }
}
