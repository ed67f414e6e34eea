import JSONValue
import KubeModel
import PolicyModel

/// The CSI drivers that may provide volumes written into pods. No list allows every driver.
///
/// Source: Kubernetes 1.20, PodSecurityPolicySpec, `allowedCSIDrivers`.
enum AllowedCSIDrivers: VolumeRule {
    static let id: ControlID = "allowedCSIDrivers"
    static let source = "csi"

    static func breaches(in volume: JSON, at path: FieldPath, of pod: Pod, under policy: Policy) -> [Breach] {
        let allowed = (policy.spec.member("allowedCSIDrivers")?.array ?? []).compactMap { $0["name"]?.string }
        let driver = volume.member("csi")?["driver"]?.string ?? ""
        if allowed.isEmpty || allowed.contains(driver) { return [] }
        let field = path.child("csi", "driver")
        let error = FieldError.invalid(field, .string(driver), "Inline CSI driver is not allowed to be used")
        return [Breach(id, error, found: driver, remedy: "set \(field) to one of " + allowed.joined(separator: ", "))]
    }
}
