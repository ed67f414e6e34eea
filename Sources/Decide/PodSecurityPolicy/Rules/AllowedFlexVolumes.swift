import JSONValue
import KubeModel
import PolicyModel

/// The FlexVolume drivers that may be used. No list allows every driver.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "FlexVolume drivers".
enum AllowedFlexVolumes: VolumeRule {
    static let id: ControlID = "allowedFlexVolumes"
    static let source = "flexVolume"

    static func breaches(in volume: JSON, at path: FieldPath, of pod: Pod, under policy: Policy) -> [Breach] {
        let allowed = (policy.spec.member("allowedFlexVolumes")?.array ?? []).compactMap { $0["driver"]?.string }
        let driver = volume.member("flexVolume")?["driver"]?.string ?? ""
        if allowed.isEmpty || allowed.contains(driver) { return [] }
        let error = FieldError.invalid(
            path.child("driver"), .string(driver), "Flexvolume driver is not allowed to be used")
        let field = path.child("flexVolume", "driver")
        return [
            Breach(
                id, error, field: field, found: driver,
                remedy: "set \(field) to one of " + allowed.joined(separator: ", "))
        ]
    }
}
