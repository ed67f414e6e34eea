public import JSONValue
import PolicyModel

/// A refusal as the API answers it: a `metav1.Status` of status Failure.
public struct StatusError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One entry of `details.causes`.
    public struct Cause: Hashable, Sendable {
        public var reason: String
        public var message: String
        public var field: String
        public init(reason: String, message: String, field: String = "") {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }
    /// The `details` of a Status.
    public struct Details: Hashable, Sendable {
        public var name = ""
        public var group = ""
        public var kind = ""
        public var uid = ""
        public var causes: [Cause] = []
        public var retryAfterSeconds = 0
        public init(name: String = "", group: String = "", kind: String = "", uid: String = "", causes: [Cause] = [], retryAfterSeconds: Int = 0) {
            self.name = name
            self.group = group
            self.kind = kind
            self.uid = uid
            self.causes = causes
            self.retryAfterSeconds = retryAfterSeconds
        }
    }

    /// The HTTP status.
    public var code: Int
    /// The machine-readable reason, such as `NotFound`.
    public var reason: String
    public var message: String
    public var details: Details?

    public init(code: Int, reason: String, message: String, details: Details? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
    }

    public var description: String { message }

    /// The Status object.
    public var json: JSON {
        var object: JSON = ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message)]
        if !reason.isEmpty { object["reason"] = .string(reason) }
        if let details {
            var fields: JSON = [:]
            if !details.name.isEmpty { fields["name"] = .string(details.name) }
            if !details.group.isEmpty { fields["group"] = .string(details.group) }
            if !details.kind.isEmpty { fields["kind"] = .string(details.kind) }
            if !details.uid.isEmpty { fields["uid"] = .string(details.uid) }
            if !details.causes.isEmpty {
                fields["causes"] = .array(details.causes.map { cause in
                    var entry: JSON = [:]
                    if !cause.reason.isEmpty { entry["reason"] = .string(cause.reason) }
                    if !cause.message.isEmpty { entry["message"] = .string(cause.message) }
                    if !cause.field.isEmpty { entry["field"] = .string(cause.field) }
                    return entry
                })
            }
            if details.retryAfterSeconds > 0 { fields["retryAfterSeconds"] = JSON(details.retryAfterSeconds) }
            object["details"] = fields
        }
        object["code"] = JSON(code)
        return object
    }
}

extension StatusError {
    public static func badRequest(_ message: String) -> StatusError { .init(code: 400, reason: "BadRequest", message: message) }

    public static func unauthorized() -> StatusError { .init(code: 401, reason: "Unauthorized", message: "Unauthorized") }

    public static func forbidden(_ resource: GroupResource, name: String, _ why: String) -> StatusError {
        let message: String
        if resource.resource.isEmpty {
            message = "forbidden: \(why)"
        } else if name.isEmpty {
            message = "\(resource) is forbidden: \(why)"
        } else {
            message = "\(resource) \(goQuoted(name)) is forbidden: \(why)"
        }
        return .init(code: 403, reason: "Forbidden", message: message, details: .init(name: name, group: resource.group, kind: resource.resource))
    }

    public static func notFound(_ resource: GroupResource, name: String) -> StatusError {
        .init(code: 404, reason: "NotFound", message: "\(resource) \(goQuoted(name)) not found", details: .init(name: name, group: resource.group, kind: resource.resource))
    }

    public static func alreadyExists(_ resource: GroupResource, name: String) -> StatusError {
        .init(code: 409, reason: "AlreadyExists", message: "\(resource) \(goQuoted(name)) already exists", details: .init(name: name, group: resource.group, kind: resource.resource))
    }

    public static func conflict(_ resource: GroupResource, name: String, _ why: String) -> StatusError {
        .init(
            code: 409, reason: "Conflict", message: "Operation cannot be fulfilled on \(resource) \(goQuoted(name)): \(why)",
            details: .init(name: name, group: resource.group, kind: resource.resource))
    }

    /// 422 with one cause for each fault.
    public static func invalid(_ kind: String, group: String, name: String, _ errors: [FieldError]) -> StatusError {
        let qualified = group.isEmpty ? kind : "\(kind).\(group)"
        return .init(
            code: 422, reason: "Invalid", message: "\(qualified) \(goQuoted(name)) is invalid: \(errors.aggregateMessage)",
            details: .init(
                name: name, group: group, kind: kind,
                causes: errors.map { .init(reason: $0.kind.rawValue, message: $0.body, field: $0.field.rawValue) }))
    }

    public static func internalError(_ why: String) -> StatusError {
        .init(
            code: 500, reason: "InternalError", message: "Internal error occurred: \(why)",
            details: .init(causes: [.init(reason: "", message: why)]))
    }
}
