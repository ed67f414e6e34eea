import JSONValue
import KubeModel
import PolicyModel

/// The rules for numbers that may be given in percent.
enum IntOrPercent {
    static func validate(_ value: IntOrString, _ path: FieldPath, _ errors: inout [FieldError]) {
        switch value {
        case .int(let number): errors.nonNegative(number, path)
        case .string(let text): errors.invalid(path, .string(text), all: Names.percent(text))
        }
    }

    static func atMostAll(_ value: IntOrString, _ path: FieldPath, _ errors: inout [FieldError]) {
        if let percent = value.percent, percent > 100 { errors.invalid(path, value.json, "must not be greater than 100%") }
    }
}

/// The rules for the counts in the status of a workload.
enum StatusCounts {
    /// The counts may not be negative, in the given order.
    static func nonNegative(_ status: JSON, _ keys: [String], _ errors: inout [FieldError]) {
        for key in keys { errors.nonNegative(status.number(key), FieldPath("status").child(key)) }
    }

    /// The counts may not exceed `most`.
    static func atMost(
        _ most: String, _ status: JSON, _ keys: [String], rule: String, _ errors: inout [FieldError]
    ) {
        for key in keys where status.count(key) > status.count(most) {
            errors.invalid(FieldPath("status").child(key), JSON(status.count(key)), rule)
        }
    }

    /// The number of name collisions only grows.
    static func collisions(_ new: JSON, _ old: JSON, _ errors: inout [FieldError]) {
        guard let before = old.number("collisionCount"), new.count("collisionCount") < before || !new.has("collisionCount")
        else { return }
        errors.invalid("status.collisionCount", JSON(new.count("collisionCount")), "cannot be decremented")
    }
}
