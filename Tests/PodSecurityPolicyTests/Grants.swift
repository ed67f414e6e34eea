import JSONValue
import PodSecurityPolicy
import PolicyModel

/// The grants of one row: roles with the verb `use`, bound in the cluster or in namespace `team`.
struct Grants {
    let rows: [JSON]
    let user: String
    let groups: [String]

    init(_ rows: JSON?, user: JSON?) {
        self.rows = rows?.array ?? []
        self.user = user?["name"]?.string ?? "dev"
        groups = user?["groups"]?.strings ?? ["system:authenticated"]
    }

    func decide(_ use: PolicyUse) -> Decision {
        let name = use.serviceAccountUser ?? user
        let groups = use.serviceAccountUser == nil ? groups : use.serviceAccountGroups
        let granting = rows.indices.filter { grants(rows[$0], use, name, groups) }
        if granting.isEmpty {
            return .deny(Violation(control: "rbac", field: "", found: "", remedy: "grant it"), also: [])
        }
        return .allow(by: granting.map { RuleReference(kind: "Grant", name: String($0)) })
    }

    private func grants(_ grant: JSON, _ use: PolicyUse, _ name: String, _ groups: [String]) -> Bool {
        guard grant["psp"]?.string == use.policy, ["use", "*"].contains(grant["verb"]?.string ?? "use") else {
            return false
        }
        guard [use.apiGroup, "*"].contains(grant["apiGroup"]?.string ?? "policy") else { return false }
        guard grant["scope"] == "cluster" || use.namespace == "team" else { return false }
        let subject = grant["subject"]
        let subjectName = subject?["name"]?.string ?? ""
        switch subject?["kind"]?.string {
        case "User": return subjectName == name
        case "Group": return groups.contains(subjectName)
        case "ServiceAccount":
            return name == "system:serviceaccount:\(subject?["namespace"]?.string ?? ""):\(subjectName)"
        default: return false
        }
    }
}
