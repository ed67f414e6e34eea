import JSONValue
import KubeModel
import PodLifecycle
import Testing

/// A node that does what it is told, and containers that end as they like.
@Suite("life of any pod") struct PropertyTests {
    struct Dice {
        private var state: UInt64
        init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }
        mutating func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
    }

    private func spec(_ dice: inout Dice) -> JSON {
        let initContainers = (0..<dice.below(4)).map { index -> JSON in
            dice.below(2) == 0
                ? ["name": .string("i\(index)"), "restartPolicy": "Always"] : ["name": .string("i\(index)")]
        }
        let containers = (0...dice.below(3)).map { index -> JSON in
            dice.below(2) == 0
                ? ["name": .string("c\(index)")]
                : ["name": .string("c\(index)"), "livenessProbe": ["failureThreshold": 1]]
        }
        return [
            "restartPolicy": .string(["Always", "OnFailure", "Never"][dice.below(3)]),
            "initContainers": .array(initContainers),
            "containers": .array(containers),
        ]
    }

    @Test("whatever its containers do, a pod starts in order, ends in order, and ends", arguments: 0..<120)
    func keepsOrder(seed: UInt64) {
        var dice = Dice(seed: seed)
        var node = Node(spec: spec(&dice))
        let order = (node.pod["spec"]?["initContainers"]?.array ?? []).map {
            ($0["name"]?.string ?? "", $0["restartPolicy"] == "Always")
        }
        let mains = (node.pod["spec"]?["containers"]?.array ?? []).compactMap { $0["name"]?.string }
        var isGone = false
        var terminal: String?
        for tick in 0..<400 {
            node.now = Node.start.adding(seconds: Int64(tick))
            if tick == 200 { node.happen("delete 30") }
            let before = node.record
            let step = PodLifecycle.step(pod: node.pod, record: node.record, now: node.now)
            let phase = step.status["phase"]?.string
            if let terminal { #expect(phase == terminal, "seed \(seed), \(tick) s: what has ended stays ended") }
            if phase == "Succeeded" || phase == "Failed" {
                terminal = phase
                #expect(
                    !before.containers.values.contains { $0.isRunning },
                    "seed \(seed), \(tick) s: ended while something runs")
            }
            for action in step.actions {
                switch action {
                case .start(let name, _, _):
                    #expect(tick < 200, "seed \(seed), \(tick) s: \(name) is started after the pod was deleted")
                    #expect(
                        before.containers[name]?.isRunning != true, "seed \(seed), \(tick) s: \(name) is started twice")
                    // All that stands before it is done, or runs.
                    if !before.isInitialized {
                        let place = order.firstIndex { $0.0 == name } ?? order.count
                        for (earlier, isSidecar) in order[..<place] {
                            let record = before.containers[earlier]
                            #expect(
                                isSidecar ? record?.isRunning == true : record?.isDone == true,
                                "seed \(seed), \(tick) s: \(name) before \(earlier)")
                        }
                    }
                case .stop(let name, _, let cause):
                    guard cause != .probe(.liveness), let place = order.firstIndex(where: { $0.0 == name && $0.1 })
                    else { break }
                    // A sidecar outlives the containers and the sidecars after it.
                    let after = mains + order[(place + 1)...].map(\.0)
                    #expect(
                        !after.contains { before.containers[$0]?.isRunning == true },
                        "seed \(seed), \(tick) s: \(name) ends too soon")
                case .removeObject: isGone = true
                case .makeSandbox, .probe, .removeSandbox: break
                }
            }
            if isGone { break }
            let actions = node.look().actions
            // An action that is under way is not told again.
            #expect(
                PodLifecycle.step(pod: node.pod, record: node.record, now: node.now).actions.filter(\.isStartOrStop)
                    .isEmpty, "seed \(seed), \(tick) s")
            carryOut(actions, &node, &dice)
            for (name, record) in node.record.containers.sorted(by: { $0.key < $1.key })
            where record.isRunning && dice.below(12) == 0 {
                node.happen("exit \(name) \(dice.below(2))")
            }
        }
        #expect(isGone, "seed \(seed): a deleted pod is gone in the end")
    }

    private func carryOut(_ actions: [PodAction], _ node: inout Node, _ dice: inout Dice) {
        for action in actions {
            switch action {
            case .makeSandbox: node.happen("sandbox")
            case .start(let name, _, _): node.happen(dice.below(10) == 0 ? "wait \(name) ErrImagePull" : "run \(name)")
            case .stop(let name, _, _): node.happen("exit \(name) 143")
            case .probe(let key): node.happen("\(dice.below(20) == 0 ? "bad" : "good") \(key.container) liveness")
            case .removeSandbox: node.happen("gone")
            case .removeObject: break
            }
        }
    }
}

extension ContainerRecord {
    fileprivate var isRunning: Bool {
        switch state {
        case .running, .stopping: true
        case .absent, .waiting, .starting, .exited: false
        }
    }
    fileprivate var isDone: Bool {
        if case .exited(let exit) = state { exit.code == 0 } else { false }
    }
}

extension PodAction {
    fileprivate var isStartOrStop: Bool {
        switch self {
        case .start, .stop: true
        case .makeSandbox, .probe, .removeSandbox, .removeObject: false
        }
    }
}
