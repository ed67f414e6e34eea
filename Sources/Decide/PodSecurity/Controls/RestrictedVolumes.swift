import JSONValue
import PolicyModel

/// A pod mounts only volumes that carry nothing but its own data.
///
/// Source: Pod Security Standards, Restricted, "Volume Types".
enum RestrictedVolumes: PodControl {
    static let id: ControlID = "restrictedVolumes"
    static let replaces: ControlID? = HostPathVolumes.id
    private static let allowed: Set<String> = [
        "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret", "image",
    ]

    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach? {
        var names: [String] = []
        var types: [String] = []
        for volume in pod.spec["volumes"]?.array ?? [] {
            let sources = (volume.object ?? JSONObject()).filter { $0.key != "name" && $0.value.object != nil }.map { $0.key }
            if sources.contains(where: allowed.contains) { continue }
            names.append(volume["name"]?.string ?? "")
            types.append(sources.first ?? "unknown")
        }
        if names.isEmpty { return nil }
        let all = Wording.sorted(types)
        return broken(
            "restricted volume types",
            "\(names.count == 1 ? "volume" : "volumes") \(Wording.quoted(names)) \(names.count == 1 ? "uses" : "use") restricted volume \(all.count == 1 ? "type" : "types") \(Wording.quoted(all))"
        )
    }
}
