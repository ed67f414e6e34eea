public import JSONValue
import PolicyModel

/// A refusal as the API answers it: a `metav1.Status` of status Failure.
public struct StatusError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One entry of `details.causes`.
    public struct Cause: Hashable, Sendable {
        /// The machine-readable kind of the fault, such as `FieldValueInvalid`; empty when there is none.
        public var reason: String
        /// What is wrong, for people and without the field.
        public var message: String
        /// The path of the field, such as `spec.replicas`; empty when it is of no field.
        public var field: String
        /// One fault; by default of no field.
        public init(reason: String, message: String, field: String = "") {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }
    /// The `details` of a Status.
    public struct Details: Hashable, Sendable {
        /// The name of the object that the request was about; empty when it named none.
        public var name = ""
        /// The API group of ``kind``; empty for the core group.
        public var group = ""
        /// The kind or, as most refusals have it, the resource of the object; empty when it is of none.
        public var kind = ""
        /// The uid of the object; empty when it is not known.
        public var uid = ""
        /// The single faults, such as one for each field that is wrong.
        public var causes: [Cause] = []
        /// After how many seconds a client may try again; 0 when the answer does not say.
        public var retryAfterSeconds = 0
        /// Details of which by default everything is left out.
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
    /// What went wrong, for people: the text that kubectl prints.
    public var message: String
    /// The object and the faults, for programs; nil when there are none.
    public var details: Details?

    /// A refusal with the HTTP status `code`; `reason` is the machine-readable word that belongs to it.
    public init(code: Int, reason: String, message: String, details: Details? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
    }

    /// The message, without code and reason.
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
    /// 400: the request itself cannot be read or makes no sense.
    public static func badRequest(_ message: String) -> StatusError { .init(code: 400, reason: "BadRequest", message: message) }

    /// 401: there are no valid credentials. The text says no more, so that nobody learns why.
    public static func unauthorized() -> StatusError { .init(code: 401, reason: "Unauthorized", message: "Unauthorized") }

    /// 403: who asks is known and may not do this. An empty `name` means the resource as a whole.
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

    /// 404: there is no object of this name.
    public static func notFound(_ resource: GroupResource, name: String) -> StatusError {
        .init(code: 404, reason: "NotFound", message: "\(resource) \(goQuoted(name)) not found", details: .init(name: name, group: resource.group, kind: resource.resource))
    }

    /// 409: the name is taken by another object.
    public static func alreadyExists(_ resource: GroupResource, name: String) -> StatusError {
        .init(code: 409, reason: "AlreadyExists", message: "\(resource) \(goQuoted(name)) already exists", details: .init(name: name, group: resource.group, kind: resource.resource))
    }

    /// 409: the object has changed since, or does not fulfil a precondition; a client reads it again and retries.
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

    /// 500: the server failed, and not the request.
    public static func internalError(_ why: String) -> StatusError {
        .init(
            code: 500, reason: "InternalError", message: "Internal error occurred: \(why)",
            details: .init(causes: [.init(reason: "", message: why)]))
    }
}
