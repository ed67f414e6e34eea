import Confinement
import ContainerRuntime
import JSONValue
import KubeClient
import KubeModel
import Logging
import PodLifecycle

/// Owns one pod of the node: asks `PodLifecycle` what is next, does it, and says of it what the API shows.
///
/// All that is remembered is in the pod's folder; a new agent on the same folder goes on where this one was.
actor PodWorker {
    let uid: String
    let folder: PodFolder
    let services: PodServices
    /// Whether a file asks for the pod: the API has a mirror of it then, which is another object.
    let isStatic: Bool
    /// The mirror; nil for a pod of the API, and when there is none.
    private var mirror: JSON?
    /// Told once, when nothing of the pod is left on the node.
    let finished: @Sendable (String) async -> Void

    var pod: JSON
    var record: PodRecord
    private var saved: (pod: JSON, record: PodRecord)?
    var underWay: Set<PodAction> = []
    var shared: ConfinedPod?
    /// What containers run by, as their bundles say.
    var bundles: [String: ContainerBundle] = [:]
    /// What calls off the starts that are under way.
    let end = Interruption()
    /// Containers that ended before their start was noted.
    var early: [String: Ending] = [:]
    private var nextLook: Timestamp?
    var isObjectGone = false
    var isFinished = false
    var isKeepingVolumes = false
    var status = PodStatusSender()

    /// - Parameter record: what an earlier agent knew; nil for a pod that is new here.
    init(_ pod: JSON, record: PodRecord?, isStatic: Bool, services: PodServices, finished: @escaping @Sendable (String) async -> Void) {
        uid = pod.uid
        self.pod = pod
        self.isStatic = isStatic
        self.services = services
        self.finished = finished
        folder = PodFolder(pods: services.pods, uid: pod.uid)
        self.record = record ?? PodRecord(resuming: pod, now: services.clock())
        self.record.hostIPs = services.hostIPs
    }

    func tell(_ reason: String, _ message: String, isWarning: Bool = false) {
        services.events.record([Notice(isWarning: isWarning, reason: reason, message: message)], about: pod)
    }

    func spec(of name: String) -> JSON? {
        for list in ["containers", "initContainers", "ephemeralContainers"] {
            if let found = pod["spec"]?[list]?.array?.first(where: { $0["name"]?.string == name }) { return found }
        }
        return nil
    }

    // MARK: What happens

    /// Begins, or goes on after a restart of the agent.
    func begin() async {
        do { try folder.prepare() } catch { services.log.error("the pod's folder cannot be made", metadata: ["pod": "\(uid)", "error": "\(error)"]) }
        await recover()
        step()
    }

    /// Another version of the object.
    func update(_ object: JSON) {
        guard object.uid == uid, !isFinished else { return }
        let (old, new) = (pod["metadata"], object["metadata"])
        pod = object
        step()
        // Files may tell of labels and annotations.
        if isKeepingVolumes, old?["labels"] != new?["labels"] || old?["annotations"] != new?["annotations"] {
            services.spawn { await self.refreshVolumes(isAsked: true) }
        }
    }

    /// The object by which the API shows a static pod, as it is now; nil when there is none.
    func follow(mirror object: JSON?) {
        guard isStatic, !isFinished else { return }
        if object?.uid != mirror?.uid { status = PodStatusSender() }
        mirror = object
        step()
    }

    /// The file no longer asks for the pod: it ends, with its grace.
    func endStatic() {
        guard isStatic, !pod.isBeingDeleted else { return }
        pod["metadata"]?["deletionTimestamp"] = .string(services.clock().description)
        let grace = pod["spec"]?["terminationGracePeriodSeconds"] ?? 30
        pod["metadata"]?["deletionGracePeriodSeconds"] = grace
        step()
    }

    /// The object was removed by somebody else: the pod ends as if it had been deleted without grace.
    func lostObject() {
        leaveNode()
    }

    /// The node stops: the pod ends here, and its object stays for the node that comes back.
    func leaveNode() {
        isObjectGone = true
        pod["metadata"]?["deletionTimestamp"] = .string(services.clock().description)
        pod["metadata"]?["deletionGracePeriodSeconds"] = .int(1)
        step()
    }

    static let scheme = "kastell://"
    static func runtimeID(_ record: ContainerRecord) -> String { String(record.containerID.dropFirst(scheme.count)) }

    // MARK: Deciding

    func step() {
        guard !isFinished else { return }
        let step = PodLifecycle.step(pod: pod, record: record, now: services.clock())
        // What is still being fetched would keep the pod from ending for as long as its registry takes.
        if pod.isBeingDeleted { end.raise() }
        record.isInitialized = step.isInitialized
        record.failure = step.failure
        for action in step.actions where !underWay.contains(action) {
            underWay.insert(action)
            record.began(action)
            if case .start(let name, _, _) = action {
                record.containers[name]?.containerID = Self.scheme + Self.newID()
            }
            services.spawn { await self.perform(action) }
        }
        save()
        // What was begun shows already.
        show(step.actions.isEmpty ? step.status : PodLifecycle.step(pod: pod, record: record, now: services.clock()).status)
        arm(step.nextLook)
    }

    private static func newID() -> String {
        let digits = Array("0123456789abcdef")
        return String((0..<64).map { _ in digits[Int.random(in: 0..<16)] })
    }

    func save() {
        if let saved, saved.record == record, saved.pod == pod { return }
        do {
            try folder.save(pod, record)
            saved = (pod, record)
        } catch { services.log.error("the state of a pod is not written", metadata: ["pod": "\(uid)", "error": "\(error)"]) }
    }

    /// Looks again at the moment; a clock that was set back or forward is noticed after ten seconds.
    private func arm(_ moment: Timestamp?) {
        guard let moment else { return }
        let now = services.clock()
        if let nextLook, nextLook > now, nextLook <= moment { return }
        let wait = min(max(0.02, Double(moment.seconds - now.seconds) + Double(moment.nanoseconds - now.nanoseconds) / 1e9), 10)
        nextLook = moment
        services.spawn {
            try? await Task.sleep(for: .seconds(wait))
            await self.look(moment)
        }
    }

    private func look(_ moment: Timestamp) {
        if nextLook == moment { nextLook = nil }
        step()
    }

    func later(_ seconds: Double, _ body: @escaping @Sendable (PodWorker) async -> Void) {
        services.spawn {
            try? await Task.sleep(for: .seconds(seconds))
            if !Task.isCancelled { await body(self) }
        }
    }

    // MARK: Doing

    private func perform(_ action: PodAction) async {
        switch action {
        case .makeSandbox: await makeSandbox()
        case .start(let name, _, _): await start(name)
        case .stop(let name, let grace, let cause): await stop(name, grace, cause)
        case .probe(let key): await probe(key)
        case .removeSandbox: await removeSandbox()
        case .removeObject: await removeObject()
        }
        underWay.remove(action)
        step()
    }

    // MARK: Showing

    /// The object whose status tells of the pod.
    private var shown: JSON? { isStatic ? mirror : pod }

    private func show(_ wanted: JSON) {
        guard !isObjectGone, !isFinished else { return }
        // Moments of transition are kept in the pod's own status, whatever becomes of the mirror.
        if isStatic { pod["status"] = wanted }
        guard let shown else { return }
        if status.wants(wanted, over: shown["status"]) { services.spawn { await self.sendStatus(to: shown.uid) } }
    }

    private func sendStatus(to object: String) async {
        while let shown, shown.uid == object, let next = status.take() {
            let outcome = await PodStatusSender.send(next, shown, services)
            // Another mirror has taken its place, with a sender of its own.
            guard self.shown?.uid == object else { return }
            status.sent(next, outcome)
            if outcome == .later { try? await Task.sleep(for: .seconds(1)) }
            if outcome == .gone || isFinished { return }
        }
    }
}
