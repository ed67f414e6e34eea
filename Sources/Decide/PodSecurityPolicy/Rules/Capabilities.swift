import JSONValue
import KubeModel
import PolicyModel

/// The Linux capabilities that are added to containers and taken from them.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "Capabilities".
enum Capabilities: PolicyRule {
    static let id: ControlID = "capabilities"

    static func setDefaults(in container: inout Container, of pod: inout Pod, by policy: Policy) {
        let own = container.setting("capabilities")
        let ownAdd = Set(own?.member("add")?.strings ?? [])
        let ownDrop = Set(own?.member("drop")?.strings ?? [])
        let defaults = Set(list("defaultAddCapabilities", policy)).subtracting(ownDrop)
        let add = defaults.union(ownAdd)
        let drop = ownDrop.union(list("requiredDropCapabilities", policy))
        // The user's order is kept as long as nothing is added.
        if add.count == ownAdd.count, drop.count == ownDrop.count { return }
        var changed: JSON = [:]
        if !add.isEmpty { changed["add"] = JSON(add.sorted()) }
        if !drop.isEmpty { changed["drop"] = JSON(drop.sorted()) }
        container.setSetting("capabilities", to: changed)
    }

    static func breaches(in container: Container, of pod: Pod, under policy: Policy) -> [Breach] {
        let allowed = list("allowedCapabilities", policy)
        if allowed.contains("*") { return [] }
        let path = container.contextPath.child("capabilities")
        let capabilities = container.setting("capabilities")
        let addable = Set(allowed).union(list("defaultAddCapabilities", policy))
        var breaches: [Breach] = []
        for name in capabilities?.member("add")?.strings ?? [] where !addable.contains(name) {
            let field = path.child("add")
            let error = FieldError.invalid(field, .string(name), "capability may not be added")
            breaches.append(Breach(id, error, found: name, remedy: "remove \(name) from \(field)"))
        }
        let drop = capabilities?.member("drop")?.strings
        for name in list("requiredDropCapabilities", policy) where drop?.contains(name) != true {
            let field = path.child("drop")
            let error = FieldError(
                .invalid, field, .text(GoSyntax.list(of: "core.Capability", drop)),
                "\(name) is required to be dropped but was not found")
            breaches.append(
                Breach(id, error, found: drop?.joined(separator: ", ") ?? "", remedy: "add \(name) to \(field)"))
        }
        return breaches
    }

    private static func list(_ field: String, _ policy: Policy) -> [String] { policy.spec.member(field)?.strings ?? [] }
}
