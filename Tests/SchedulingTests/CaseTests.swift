import JSONValue
import PolicyModel
import Scheduling
import Testing

@Suite("scheduling cases") struct CaseTests {
    @Test("each case is decided as its file says", arguments: try Case.all())
    func decides(_ given: Case) throws {
        let decision = Scheduler.decide(given.pod, in: given.snapshot, seed: 1)
        let expected = given.expected
        var checked = 0
        if let node = expected["node"]?.string {
            checked += 1
            guard case .bind(let placement) = decision else { throw Unexpected(decision.message ?? "bound") }
            #expect(placement.node == node)
            if let totals = expected["totals"]?.object {
                for (name, total) in totals { #expect(placement.totals[name] == total.int, "\(name)") }
            }
        }
        if let feasible = expected["feasible"]?.strings {
            checked += 1
            guard case .bind(let placement) = decision else { throw Unexpected(decision.message ?? "bound") }
            #expect(placement.totals.keys.sorted() == feasible)
            if let volume = expected["volume"]?.string { #expect(placement.volumes.map(\.volume) == [volume]) }
        }
        if let message = expected["message"]?.string {
            checked += 1
            #expect(decision.message == message)
        }
        if let node = expected["nominate"]?.string {
            checked += 1
            guard case .unschedulable(_, .nominate(let nomination), _) = decision else { throw Unexpected(decision.message ?? "bound") }
            #expect(nomination.node == node)
            if let victims = expected["victims"]?.strings { #expect(nomination.victims.map(\.description) == victims) }
        }
        #expect(checked > 0, "the case expects nothing")
        // A denial names the smallest change that would mend it.
        if given.name.hasPrefix("deny-"), case .unschedulable(let error, _, let nearest) = decision, error.nodeCount > 0,
            !error.rejections.isEmpty
        {
            #expect(nearest?.remedy.isEmpty == false)
        }
    }

    @Test("every filter has a case that allows and one that denies") func foldersAreComplete() throws {
        let cases = try Case.all()
        let filters = [
            "NodeUnschedulable", "NodeName", "TaintToleration", "NodeAffinity", "NodePorts", "NodeResourcesFit", "PodTopologySpread",
            "InterPodAffinity", "VolumeBinding", "VolumeZone", "NodeVolumeLimits", "SchedulingGates", "Preemption",
        ]
        for filter in filters {
            for verdict in ["allow-", "deny-"] {
                #expect(cases.contains { $0.folder == filter && $0.name.hasPrefix(verdict) }, "\(filter) lacks a file that begins with \(verdict)")
            }
        }
    }

    struct Unexpected: Error {
        var message: String
        init(_ message: String) { self.message = message }
    }
}
