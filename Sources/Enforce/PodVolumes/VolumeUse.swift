import JSONValue

/// Which volumes of a pod its containers use; the node makes no others.
struct VolumeUse {
    /// Used as folders or files.
    var mounted: Set<String> = []
    /// Used as devices.
    var devices: Set<String> = []

    init(_ pod: JSON) {
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            for container in pod["spec"]?[list]?.array ?? [] {
                mounted.formUnion((container["volumeMounts"]?.array ?? []).compactMap { $0["name"]?.string })
                devices.formUnion((container["volumeDevices"]?.array ?? []).compactMap { $0["name"]?.string })
            }
        }
    }

    /// The volumes of the pod that are used, in order.
    func volumes(of pod: JSON) -> [JSON] {
        (pod["spec"]?["volumes"]?.array ?? []).filter { volume in
            let name = volume["name"]?.string ?? ""
            return mounted.contains(name) || devices.contains(name)
        }
    }

    /// Where in a container's list the mount at a place is.
    static func number(ofMountAt destination: String, container: String, pod: JSON) -> Int? {
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            for object in pod["spec"]?[list]?.array ?? [] where object["name"]?.string == container {
                return (object["volumeMounts"]?.array ?? []).firstIndex { mount in
                    let path = mount["mountPath"]?.string ?? ""
                    return path == destination || "/" + path == destination
                }
            }
        }
        return nil
    }
}
