import JSONValue
import KubeModel

/// The defaults of the storage.k8s.io group.
enum StorageDefaults {
    static func apply(to object: inout JSON, kind: String) {
        switch kind {
        case "StorageClass":
            object.fill("reclaimPolicy", "Delete")
            object.fill("volumeBindingMode", "Immediate")
        case "CSIDriver":
            object.editOrCreate("spec") { spec in
                spec.fill("attachRequired", true)
                spec.fill("podInfoOnMount", false)
                spec.fill("storageCapacity", false)
                spec.fill("fsGroupPolicy", "ReadWriteOnceWithFSType")
                spec.fillEmpty("volumeLifecycleModes", ["Persistent"])
                spec.fill("requiresRepublish", false)
                spec.fill("seLinuxMount", false)
            }
        case "VolumeAttachment":
            object.edit("spec") { spec in
                spec.edit("source") { source in
                    source.edit("inlineVolumeSpec") { volume in
                        volume.edit("capacity") { PodDefaults.resourceList(&$0) }
                        VolumeDefaults.source(&volume)
                    }
                }
            }
        default: break
        }
    }
}

/// The defaults of the flowcontrol.apiserver.k8s.io group.
enum FlowControlDefaults {
    static func apply(to object: inout JSON, kind: String) {
        switch kind {
        case "FlowSchema": object.editOrCreate("spec") { $0.fill("matchingPrecedence", 1000) }
        case "PriorityLevelConfiguration":
            object.edit("spec") { spec in
                spec.edit("limited") { limited in
                    limited.fill("nominalConcurrencyShares", 30)
                    limited.fill("lendablePercent", 0)
                    limited.edit("limitResponse") { response in
                        response.edit("queuing") { queuing in
                            queuing.fill("handSize", 8)
                            queuing.fill("queues", 64)
                            queuing.fill("queueLengthLimit", 50)
                        }
                    }
                }
                spec.edit("exempt") { exempt in
                    exempt.fill("nominalConcurrencyShares", 0)
                    exempt.fill("lendablePercent", 0)
                }
            }
        default: break
        }
    }
}

/// The defaults of the resource.k8s.io group.
enum ResourceDefaults {
    static func apply(to object: inout JSON, kind: String, now: Timestamp) {
        switch kind {
        case "ResourceClaim":
            object.edit("spec") { claim(&$0) }
            object.edit("status") { status in
                status.edit("allocation") { allocation in
                    allocation.edit("devices") { devices in
                        devices.editEach("results") { result in
                            result.editEach("tolerations") { $0.fill("operator", "Equal") }
                        }
                    }
                }
            }
        case "ResourceClaimTemplate": object.edit("spec") { template in template.edit("spec") { claim(&$0) } }
        case "ResourceSlice":
            object.edit("spec") { spec in
                spec.editEach("devices") { device in
                    device.editEach("taints") { $0.fill("timeAdded", .string(now.description)) }
                    device.editValues("nodeAllocatableResourceMappings") { $0.fill("allocationMultiplier", "1") }
                }
            }
        default: break
        }
    }

    private static func claim(_ spec: inout JSON) {
        spec.edit("devices") { devices in
            devices.editEach("requests") { request in
                request.edit("exactly") { deviceRequest(&$0) }
                request.editEach("firstAvailable") { deviceRequest(&$0) }
            }
        }
    }

    private static func deviceRequest(_ request: inout JSON) {
        request.fill("allocationMode", "ExactCount")
        if request.text("allocationMode") == "ExactCount" { request.fillEmpty("count", 1) }
        request.editEach("tolerations") { $0.fill("operator", "Equal") }
    }
}
