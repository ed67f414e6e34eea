import JSONValue

/// The defaults of volumes.
enum VolumeDefaults {
    /// A volume of a pod.
    static func volume(_ volume: inout JSON) {
        if volume.object?.members.allSatisfy({ $0.key == "name" || $0.value.isNull }) ?? false {
            volume["emptyDir"] = [:]
        }
        for field in ["secret", "configMap", "downwardAPI", "projected"] {
            volume.edit(field) { $0.fill("defaultMode", 420) }
        }
        volume.edit("downwardAPI") { downwardAPI(&$0) }
        volume.edit("projected") { projected in
            projected.editEach("sources") { source in
                source.edit("downwardAPI") { downwardAPI(&$0) }
                source.edit("serviceAccountToken") { $0.fill("expirationSeconds", 3600) }
            }
        }
        volume.edit("ephemeral") { ephemeral in
            ephemeral.edit("volumeClaimTemplate") { template in
                template.editOrCreate("spec") { CoreDefaults.claimSpec(&$0) }
            }
        }
        volume.edit("image") { image in
            let policy: JSON = ImageName.isLatest(image.text("reference")) ? "Always" : "IfNotPresent"
            image.fill("pullPolicy", policy)
        }
        source(&volume)
    }

    private static func downwardAPI(_ source: inout JSON) {
        source.editEach("items") { item in item.edit("fieldRef") { $0.fill("apiVersion", "v1") } }
    }

    /// The sources that pods and persistent volumes have in common.
    static func source(_ volume: inout JSON) {
        volume.edit("hostPath") { $0.fill("type", "") }
        volume.edit("iscsi") { $0.fill("iscsiInterface", "default") }
        volume.edit("rbd") { source in
            source.fill("pool", "rbd")
            source.fill("user", "admin")
            source.fill("keyring", "/etc/ceph/keyring")
        }
        volume.edit("azureDisk") { source in
            source.fill("cachingMode", "ReadWrite")
            source.fill("fsType", "ext4")
            source.fill("readOnly", false)
            source.fill("kind", "Shared")
        }
        volume.edit("scaleIO") { source in
            source.fill("storageMode", "ThinProvisioned")
            source.fill("fsType", "xfs")
        }
    }
}
