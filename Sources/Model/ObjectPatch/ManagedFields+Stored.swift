public import JSONValue
public import KubeModel
public import PolicyModel

extension ManagedFields {
    /// The new object with the times that the stored one has, when nothing but times differs: such a write changes
    /// nothing and keeps its resource version.
    ///
    /// Belongs after admission, before the comparison that decides whether there is anything to store.
    ///
    /// - Complexity: linear in the objects, and only when their entries are alike.
    public static func withoutIdleTimes(_ new: JSON, live: JSON) -> JSON {
        guard let before = live["metadata"]?["managedFields"]?.array,
            let after = new["metadata"]?["managedFields"]?.array,
            !after.isEmpty, before.count == after.count
        else { return new }
        var timesDiffer = false
        for (old, fresh) in zip(before, after) {
            guard withoutTime(old) == withoutTime(fresh) else { return new }
            if old["time"] != fresh["time"] { timesDiffer = true }
        }
        guard timesDiffer, Structure.isSame(with(nil, in: live), with(nil, in: new)) else { return new }
        return with(.array(before), in: new)
    }

    private static func withoutTime(_ entry: JSON) -> JSON {
        guard case .object(var object) = entry else { return entry }
        object["time"] = nil
        return .object(object)
    }

    /// The faults of the entries of an object, as the validation of its metadata reports them.
    public static func faults(in managedFields: JSON?, at field: FieldPath = "metadata.managedFields") -> [FieldError] {
        var found: [FieldError] = []
        for (index, entry) in (managedFields?.array ?? []).enumerated() {
            let place = field.index(index)
            switch entry["operation"]?.string ?? "" {
            case "": found.append(.required(place.child("operation"), "must not be empty"))
            case "Apply", "Update": break
            case let other:
                found.append(.notSupported(place.child("operation"), .string(other), ["Apply", "Update"]))
            }
            if let type = entry["fieldsType"]?.string, !type.isEmpty, type != "FieldsV1" {
                found.append(.invalid(place.child("fieldsType"), .string(type), "must be `FieldsV1`"))
            }
            found += FieldManager.faults(in: entry["manager"]?.string ?? "", at: place.child("manager"))
            if let subresource = entry["subresource"]?.string, subresource.utf8.count > 256 {
                found.append(.tooLong(place.child("subresource"), maximum: 256))
            }
        }
        return found
    }

    /// Why the entries cannot be read; nil when they can. Admission that leaves unreadable entries is answered with a
    /// warning, and the entries from before it.
    public static func malformation(of managedFields: JSON?) -> String? {
        do throws(Owners.Malformed) {
            _ = try Owners(managedFields)
            return nil
        } catch {
            return error.description
        }
    }
}
