import JSONValue
import KubeModel
import ObjectDefaults
import PolicyModel

extension Subresources {
    /// Deletes a pod unless a disruption budget forbids it (`pods/eviction`, KEP-85 and KEP-3329).
    func evict(_ request: AuthorizedRequest, _ resource: ServedResource) -> Outcome {
        let registry = registry
        let deleter = deleter
        let reader = reader
        let writer = writer
        return .later {
            await Router.answering {
                let negotiation = try reader.negotiate(request.request)
                let options = try WriteOptions(request.request, kind: "CreateOptions")
                let kind = GroupVersionKind(group: "policy", version: "v1", kind: "Eviction")
                let body = try RequestBody.object(
                    request.request, resource: resource, validation: options.fieldValidation, kind: kind, now: reader.clock())
                if let given = body.object["metadata"]?["name"]?.string, !given.isExactly(request.info.name) {
                    throw StatusError.badRequest("name in URL does not match name in Eviction object")
                }
                let pod = try reader.object(resource, namespace: request.info.namespace, name: request.info.name)
                let asked = body.object["deleteOptions"]
                var delete = try DeleteOptions(request.request.withoutBody, catalog: registry.catalog)
                delete.gracePeriodSeconds = asked?["gracePeriodSeconds"]?.int
                delete.preconditionUID = asked?["preconditions"]?["uid"]?.string
                delete.preconditionVersion = asked?["preconditions"]?["resourceVersion"]?.string
                delete.isDryRun = options.isDryRun || (asked?["dryRun"]?.strings ?? []).contains("All")
                _ = try await writer.admission.admit(
                    Proposal(
                        operation: .create, resource: resource, subresource: "eviction", object: body.object, old: nil,
                        isDryRun: delete.isDryRun, targetName: pod.name),
                    request
                ) { _, _ in }
                if !DisruptionBudget.isFree(pod.tree) {
                    try await spend(request, pod: pod, isDryRun: delete.isDryRun)
                    if !delete.isDryRun { try await mark(request, resource, pod: pod) }
                }
                _ = try await deleter.delete(request, resource, namespace: pod.namespace, name: pod.name, options: delete)
                return reader.answer(request, resource, negotiation: negotiation).document(
                    ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201], status: 201)
            }
        }
    }

    /// Takes one disruption from the budget that covers the pod, if one does.
    private func spend(_ request: AuthorizedRequest, pod: CachedObject, isDryRun: Bool) async throws {
        guard let budgets = registry["policy", "v1", "poddisruptionbudgets"],
            let name = try DisruptionBudget.covering(pod, cache: reader.cache)
        else { return }
        var options = try WriteOptions(request.request.withoutBody, kind: "UpdateOptions")
        options.fieldManager = "kube-apiserver"
        options.isDryRun = isDryRun
        let (podName, now) = (pod.name, reader.clock())
        _ = try await writer.update(request.naming(name), budgets, subresource: "status", options: options, mayCreate: false) {
            current throws(StatusError) in
            guard let current else { throw Router.noSuchResource }
            return .init(object: try DisruptionBudget.spend(current, pod: podName, now: now), isFromPresent: true)
        }
    }

    /// Says on the pod why it goes.
    private func mark(_ request: AuthorizedRequest, _ resource: ServedResource, pod: CachedObject) async throws {
        let options = try WriteOptions(request.request.withoutBody, kind: "UpdateOptions")
        let now = reader.clock()
        _ = try await writer.update(request, resource, subresource: "status", options: options, mayCreate: false) {
            current throws(StatusError) in
            guard var object = current else { throw .notFound(resource.facts.groupResource, name: pod.name) }
            var conditions = (object["status"]?["conditions"]?.array ?? []).filter { $0["type"]?.string != "DisruptionTarget" }
            conditions.append([
                "type": "DisruptionTarget", "status": "True", "lastProbeTime": .null, "lastTransitionTime": .string(now.description),
                "reason": "EvictionByEvictionAPI", "message": "Eviction API: evicting",
            ])
            object[path: "status", "conditions"] = .array(conditions)
            object["metadata"]?["resourceVersion"] = nil
            // Nobody owns the condition: it is the act of the server and not a claim of the client.
            return .init(object: object, hasManagedFields: true, isFromPresent: true)
        }
    }
}

/// What a disruption budget says to an eviction. Pure, save for looking budgets up.
enum DisruptionBudget {
    /// Whether the pod does not run, so that its eviction disrupts nobody.
    static func isFree(_ pod: JSON) -> Bool {
        let phase = pod["status"]?["phase"]?.string ?? ""
        return ["Pending", "Succeeded", "Failed"].contains(phase) || pod["metadata"]?["deletionTimestamp"]?.string != nil
    }

    /// The name of the budget that covers a pod; nil when none does, or the one that does lets unready pods go.
    static func covering(_ pod: CachedObject, cache: ObjectCache) throws(StatusError) -> String? {
        let resource = GroupResource(group: "policy", resource: "poddisruptionbudgets")
        let budgets = (cache[resource]?.objects(prefix: StorageKey.folder(of: resource) + pod.namespace + "/") ?? []).map(\.tree)
        let matching = budgets.filter { LabelSelector(object: $0["spec"]?["selector"]).matches(pod.labels) }
        if matching.count > 1 {
            throw StatusError.internalError(
                "this pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
        }
        guard let budget = matching.first else { return nil }
        if !isReady(pod.tree) {
            let status = budget["status"]
            let current = status?["currentHealthy"]?.int ?? 0
            let isAlways = budget["spec"]?["unhealthyPodEvictionPolicy"]?.string == "AlwaysAllow"
            if isAlways || (current >= (status?["desiredHealthy"]?.int ?? 0) && (status?["desiredHealthy"]?.int ?? 0) > 0) { return nil }
        }
        return budget["metadata"]?["name"]?.string
    }

    private static func isReady(_ pod: JSON) -> Bool {
        (pod["status"]?["conditions"]?.array ?? []).contains { $0["type"]?.string == "Ready" && $0["status"]?.string == "True" }
    }

    /// The budget after one disruption more.
    ///
    /// - Throws: 429 when there is none left.
    static func spend(_ budget: JSON, pod: String, now: Timestamp) throws(StatusError) -> JSON {
        let name = budget["metadata"]?["name"]?.string ?? ""
        let status = budget["status"]
        let resource = GroupResource(group: "", resource: "poddisruptionbudget")
        if (status?["observedGeneration"]?.int ?? 0) < (budget["metadata"]?["generation"]?.int ?? 0) {
            throw refusal("The disruption budget \(name) is still being processed by the server.", retryAfter: 10)
        }
        let allowed = status?["disruptionsAllowed"]?.int ?? 0
        if allowed < 0 { throw .forbidden(resource, name: name, "pdb disruptions allowed is negative") }
        if (status?["disruptedPods"]?.object?.count ?? 0) > 2000 {
            throw .forbidden(resource, name: name, "DisruptedPods map too big - too many evictions not confirmed by PDB controller")
        }
        if allowed == 0 {
            throw refusal(
                "The disruption budget \(name) needs \(status?["desiredHealthy"]?.int ?? 0) healthy pods and has \(status?["currentHealthy"]?.int ?? 0) currently",
                retryAfter: 0)
        }
        var object = budget
        object["metadata"]?["resourceVersion"] = nil
        object[path: "status", "disruptionsAllowed"] = .int(allowed - 1)
        object[path: "status", "disruptedPods", pod] = .string(now.description)
        if allowed == 1 { object[path: "status", "conditions"] = .array(conditionsWithoutRoom(budget, now: now)) }
        return object
    }

    private static func conditionsWithoutRoom(_ budget: JSON, now: Timestamp) -> [JSON] {
        let present = budget["status"]?["conditions"]?.array ?? []
        let before = present.first { $0["type"]?.string == "DisruptionAllowed" }
        let since = before?["status"]?.string == "False" ? before?["lastTransitionTime"] : nil
        var condition: JSON = ["type": "DisruptionAllowed", "status": "False"]
        condition["observedGeneration"] = budget["status"]?["observedGeneration"]
        condition["lastTransitionTime"] = since ?? .string(now.description)
        condition["reason"] = "InsufficientPods"
        condition["message"] = ""
        return present.filter { $0["type"]?.string != "DisruptionAllowed" } + [condition]
    }

    private static func refusal(_ why: String, retryAfter: Int) -> StatusError {
        StatusError(
            code: 429, reason: "TooManyRequests", message: "Cannot evict pod as it would violate the pod's disruption budget.",
            details: .init(causes: [.init(reason: "DisruptionBudget", message: why)], retryAfterSeconds: retryAfter))
    }
}
