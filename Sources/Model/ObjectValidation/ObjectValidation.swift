public import JSONValue
public import KubeModel
import PolicyModel

/// What the API demands of objects beyond their schema, kind by kind, in the order and the words of Kubernetes 1.36.
///
/// Contract: objects come in decoded to the types of their schema and defaulted, with name and namespace filled in as
/// the request has them; out come all faults at once. Pure, no clock. Linear in the size of the object.
public enum ObjectValidation {
    /// What validation must know beside the object.
    public struct Context: Sendable {
        /// Whether privileged containers are accepted at all.
        public var allowsPrivileged = true
        /// Checks a CEL expression; the fault that it has, nil when it has none or nobody compiles.
        public var expression: (@Sendable (Expression) -> ExpressionFault?)?
        /// The context of a server that accepts privileged containers and compiles no expressions.
        public init() {}
    }

    /// A CEL expression of an admission policy, a webhook or a CRD.
    public struct Expression: Sendable {
        /// Where it stands, which decides its variables and the type that it must have.
        public enum Place: Hashable, Sendable {
            case matchCondition, validation, message, auditAnnotation, variable, mutation, paramRule, deviceSelector
        }
        /// The use it is put to, which decides its variables and its type.
        public var place: Place
        /// The source text in CEL.
        public var text: String
        /// Whether `params` is declared.
        public var hasParams: Bool
        /// The variables declared before it, with their expressions.
        public var variables: [(name: String, expression: String)]
    }

    /// What is wrong with an expression.
    public enum ExpressionFault: Hashable, Sendable {
        case required(String), invalid(String), `internal`(String)
    }

    /// The faults of a new object.
    ///
    /// - Parameters:
    ///   - object: the object as it would be stored.
    ///   - kind: the kind of the request, such as apps/v1 Deployment.
    ///   - namespaced: whether the kind lives in namespaces.
    ///   - context: what validation must know beside the object.
    /// - Returns: every fault, in the order of Kubernetes; none for a kind without rules here.
    public static func validateCreate(
        _ object: JSON, kind: GroupVersionKind, namespaced: Bool, context: Context = Context()
    ) -> [FieldError] {
        guard let rules = KindRules.of(kind) else { return [] }
        var errors: [FieldError] = []
        rules.create(Subject(new: object, old: nil, kind: kind, namespaced: namespaced, context: context), &errors)
        // The registry looks at the metadata of every kind once more, which shows only where the kind itself did not.
        if errors.isEmpty {
            ObjectMeta.validate(object.metadata, namespaced: namespaced, names: .pathSegment, core: false, &errors)
        }
        return errors
    }

    /// The faults of a changed object.
    ///
    /// - Parameters:
    ///   - new: the object as it would be stored.
    ///   - old: the object as it is stored.
    ///   - kind: the kind of the parent object, also for a subresource.
    ///   - namespaced: whether the kind lives in namespaces.
    ///   - subresource: `status`, `ephemeralcontainers`, `approval`, …; nil for the object itself.
    ///   - context: what validation must know beside the object.
    /// - Returns: every fault, in the order of Kubernetes; none for a kind without rules here.
    public static func validateUpdate(
        _ new: JSON, old: JSON, kind: GroupVersionKind, namespaced: Bool, subresource: String? = nil,
        context: Context = Context()
    ) -> [FieldError] {
        guard let rules = KindRules.of(kind) else { return [] }
        var errors: [FieldError] = []
        let subject = Subject(new: new, old: old, kind: kind, namespaced: namespaced, context: context)
        // The registry checks the metadata before the kind does, so their faults come twice.
        ObjectMeta.validateUpdate(new.metadata, old.metadata, core: false, &errors)
        switch subresource {
        case nil: rules.update(subject, &errors)
        case "status"?: rules.status(subject, &errors)
        case let name?: rules.other(name, subject, &errors)
        }
        return errors
    }
}

/// One object under validation.
struct Subject {
    var new: JSON
    var old: JSON?
    var kind: GroupVersionKind
    var namespaced: Bool
    var context: ObjectValidation.Context

    /// What is stored; the empty object on creation.
    var previous: JSON { old ?? .object([:]) }
    var isUpdate: Bool { old != nil }
}

/// The rules of one kind.
struct KindRules: Sendable {
    typealias Rule = @Sendable (Subject, inout [FieldError]) -> Void

    /// For a new object.
    var create: Rule
    /// For a change of the object.
    var update: Rule
    /// For a change through `/status`.
    var status: Rule
    /// For a change through another subresource.
    var other: @Sendable (String, Subject, inout [FieldError]) -> Void

    init(
        create: @escaping Rule, update: @escaping Rule, status: Rule? = nil,
        other: (@Sendable (String, Subject, inout [FieldError]) -> Void)? = nil
    ) {
        self.create = create
        self.update = update
        self.status =
            status ?? { subject, errors in
                ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            }
        self.other =
            other ?? { _, subject, errors in
                ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            }
    }

    /// A kind whose metadata is followed by rules for the rest, on creation and on update.
    static func plain(
        _ names: NameRule, core: Bool = true, repeatsOnUpdate: Bool = false,
        _ body: @escaping Rule = { _, _ in }, update: Rule? = nil, status: Rule? = nil
    ) -> KindRules {
        KindRules(
            create: { subject, errors in
                ObjectMeta.validate(
                    subject.new.metadata, namespaced: subject.namespaced, names: names, core: core, &errors)
                body(subject, &errors)
            },
            update: { subject, errors in
                ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, core: core, &errors)
                if repeatsOnUpdate {
                    ObjectMeta.validate(
                        subject.new.metadata, namespaced: subject.namespaced, names: names, core: core, &errors)
                }
                if let update { update(subject, &errors) } else { body(subject, &errors) }
            }, status: status)
    }
}
