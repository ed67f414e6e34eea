import JSONValue
import KubeModel
import PolicyModel

/// The rules for namespaces and service accounts.
enum NamespacedKinds {
    static let serviceAccounts = KindRules(
        create: { subject, errors in
            ObjectMeta.validate(subject.new.metadata, namespaced: true, names: .subdomain, &errors)
        },
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            ObjectMeta.validate(subject.new.metadata, namespaced: true, names: .subdomain, &errors)
        })

    static let namespaces = KindRules(
        create: namespace,
        update: { subject, errors in
            namespace(subject, &errors)
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
        },
        status: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            let phase = subject.new.status.text("phase")
            let isDeleted = subject.new.metadata.has("deletionTimestamp")
            if phase == (isDeleted ? "Terminating" : "Active") { return }
            errors.invalid(
                "status.Phase", .string(phase),
                isDeleted
                    ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
                    : "may only be 'Active' if `deletionTimestamp` is empty")
        },
        other: { name, subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            guard name == "finalize" else { return }
            for (at, finalizer) in subject.new.spec.texts("finalizers").enumerated() {
                NamespacedKinds.finalizer(finalizer, FieldPath("spec.finalizers").index(at), &errors)
            }
        })

    @Sendable
    private static func namespace(_ subject: Subject, _ errors: inout [FieldError]) {
        ObjectMeta.validate(subject.new.metadata, namespaced: false, names: .label, &errors)
        for finalizer in subject.new.spec.texts("finalizers") { NamespacedKinds.finalizer(finalizer, "spec.finalizers", &errors) }
    }

    private static func finalizer(_ name: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        errors.qualifiedName(name, path)
        ObjectMeta.standardFinalizer(name, path, &errors)
    }
}

/// The rules for events, in the words of the core API; through events.k8s.io they are stricter.
enum Events {
    static let rules = KindRules(create: create, update: update)

    private static func create(_ subject: Subject, _ errors: inout [FieldError]) {
        let event = CoreEvent(subject.new)
        legacy(event, &errors)
        if subject.kind.group.isEmpty { return }
        ObjectMeta.validate(event.json.metadata, namespaced: true, names: .subdomain, &errors)
        series(event.json, &errors)
        if !event.json.has("eventTime") { errors.required("eventTime") }
        if event.type != "Normal", event.type != "Warning" {
            errors.invalid("type", "", "has invalid value: \(event.type)")
        }
        for (name, value) in [("firstTimestamp", event.first), ("lastTimestamp", event.last)] where value != nil {
            errors.invalid(FieldPath(name), "", "needs to be unset")
        }
        if event.count != 0 { errors.invalid("count", "", "needs to be unset") }
        if let source = event.source, !source.text("component").isEmpty || !source.text("host").isEmpty {
            errors.invalid("source", "", "needs to be unset")
        }
    }

    private static func update(_ subject: Subject, _ errors: inout [FieldError]) {
        let new = CoreEvent(subject.new)
        let old = CoreEvent(subject.previous)
        legacy(new, &errors)
        if subject.kind.group.isEmpty { return }
        ObjectMeta.validateUpdate(new.json.metadata, old.json.metadata, &errors)
        if !sameMeaning(new.json["series"], old.json["series"]) { series(new.json, &errors) }
        if !sameMeaning(new.object, old.object) {
            errors.invalid("involvedObject", GoTypes.value(new.object, as: "ObjectReference"), Wording.immutable)
        }
        errors.immutableText(new.json["reason"], old.json["reason"], "reason")
        errors.immutableText(.string(new.message), .string(old.message), "message")
        if !sameMeaning(new.source, old.source) {
            errors.invalid("source", GoTypes.value(new.source, as: "EventSource"), Wording.immutable)
        }
        errors.immutable(new.first, old.first, "firstTimestamp")
        errors.immutable(new.last, old.last, "lastTimestamp")
        if new.count != old.count { errors.invalid("count", JSON(new.count), Wording.immutable) }
        errors.immutableText(new.json["reason"], old.json["reason"], "reason")
        errors.immutableText(.string(new.type), .string(old.type), "type")
        errors.immutable(new.json["eventTime"], old.json["eventTime"], "eventTime")
        errors.immutableText(new.json["action"], old.json["action"], "action")
        if !sameMeaning(new.json["related"], old.json["related"]) {
            errors.invalid("related", GoTypes.pointer(new.json["related"], as: "ObjectReference"), Wording.immutable)
        }
        errors.immutableText(.string(new.controller), .string(old.controller), "reportingController")
        errors.immutableText(.string(new.instance), .string(old.instance), "reportingInstance")
    }

    /// An event of either group, read by its core names.
    private struct CoreEvent {
        var json: JSON
        private func either(_ core: String, _ newer: String) -> JSON? { json.given(core) ?? json.given(newer) }

        init(_ json: JSON) { self.json = json }

        var object: JSON? { either("involvedObject", "regarding") }
        var message: String { either("message", "note")?.string ?? "" }
        var type: String { json.text("type") }
        var first: JSON? { either("firstTimestamp", "deprecatedFirstTimestamp") }
        var last: JSON? { either("lastTimestamp", "deprecatedLastTimestamp") }
        var count: Int64 { either("count", "deprecatedCount")?.int ?? 0 }
        var source: JSON? { either("source", "deprecatedSource") }
        var controller: String { either("reportingComponent", "reportingController")?.string ?? "" }
        var instance: String { json.text("reportingInstance") }
    }

    private static func legacy(_ event: CoreEvent, _ errors: inout [FieldError]) {
        let namespace = event.json.namespace
        let object = event.object?.text("namespace") ?? ""
        let path: FieldPath = "involvedObject.namespace"
        let rule = "does not match event.namespace"
        if event.json.has("eventTime") {
            if object.isEmpty, namespace != "default", namespace != "kube-system" {
                errors.invalid(path, .string(object), rule)
            }
            if event.controller.isEmpty { errors.required("reportingController") }
            errors.qualifiedName(event.controller, "reportingController")
            bounded(event.instance, "reportingInstance", &errors)
            bounded(event.json.text("action"), "action", &errors)
            bounded(event.json.text("reason"), "reason", &errors)
            if event.message.utf8.count > 1024 { errors.invalid("message", "", "can have at most 1024 characters") }
        } else if object.isEmpty {
            if !namespace.isEmpty, namespace != "default" { errors.invalid(path, .string(object), rule) }
        } else if object != namespace {
            errors.invalid(path, .string(object), rule)
        }
        errors.dnsSubdomain(namespace, "namespace")
    }

    private static func bounded(_ value: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        if value.isEmpty { errors.required(path) }
        if value.utf8.count > 128 { errors.invalid(path, "", "can have at most 128 characters") }
    }

    private static func series(_ event: JSON, _ errors: inout [FieldError]) {
        guard let series = event.given("series") else { return }
        if series.count("count") < 2 { errors.invalid("series.count", "", "should be at least 2") }
        if !series.has("lastObservedTime") { errors.required("series.lastObservedTime") }
    }
}
