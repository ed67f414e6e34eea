import Foundation
import Testing

extension EndToEndOnNodes {
    /// Images from registries: through a mirror, with credentials, and what is told when there is none.
    @Suite(
        "image pulls", .enabled(if: !NodeKind.possible.isEmpty, NodeKind.reason),
        .enabled(if: TestRegistry.obstacle == nil, "\(TestRegistry.obstacle ?? "") is not installed")) struct ImagePull {
        /// A pod of these tests: what it asks for, and what becomes of it.
        private struct Case {
            var name: String
            var image: String
            var more = ""
            var shown = "Running"
            /// What its events say.
            var told = ""
        }

        @Test("images come as pods ask for them, or it is told why not", arguments: NodeKind.possible)
        func pulls(kind: NodeKind) async throws {
            let kubectl = try Kubectl.first
            let (open, closed) = (try Ports.free(), try Ports.free())
            let mirrors = "docker.io=http://127.0.0.1:\(open),127.0.0.1:\(closed)=http://127.0.0.1:\(closed)"
            try await TestCluster.run(kind, images: [:], flags: ["--registry-mirrors", mirrors]) { cluster in
                let pods = PodCluster(cluster: cluster, kind: kind, client: kubectl)
                let hub = try await TestRegistry(cluster, port: open)
                let own = try await TestRegistry(cluster, port: closed, account: "puller:s3cret")
                let digest = try await hub.push("busybox", as: "library/busybox:2")
                let changed = try await hub.push("named-user", as: "library/changed:1")
                try hub.tamper(try hub.configuration(of: changed))
                _ = try await own.push("busybox", as: "private/box:1")
                let box = own.address + "/private/box:1"

                try await pods.printed(
                    "create", "secret", "docker-registry", "key", "--docker-server=" + own.address, "--docker-username=puller", "--docker-password=s3cret")
                try await pods.printed(
                    "create", "secret", "docker-registry", "wrong", "--docker-server=" + own.address, "--docker-username=puller", "--docker-password=h0pe")
                try await pods.printed("create", "serviceaccount", "puller")
                try await pods.printed("patch", "serviceaccount", "puller", "-p", #"{"imagePullSecrets":[{"name":"key"}]}"#)
                let refused = [
                    Case(name: "anonymous", image: box, shown: "ImagePullBackOff", told: "it does not exist or needs credentials"),
                    Case(name: "guessing", image: box, more: #""imagePullSecrets":[{"name":"wrong"}],"#, shown: "ImagePullBackOff",
                        told: "needs credentials other than those given"),
                ]
                let cases = [
                    Case(name: "by-tag", image: "busybox:2", told: "Successfully pulled image \"busybox:2\""),
                    Case(name: "by-digest", image: "busybox@" + digest),
                    Case(name: "with-key", image: box, more: #""imagePullSecrets":[{"name":"key"}],"#),
                    Case(name: "by-account", image: box, more: #""serviceAccountName":"puller","#),
                    Case(name: "no-tag", image: "busybox:none", shown: "ImagePullBackOff", told: "Failed to pull image \"busybox:none\""),
                    Case(name: "changed", image: "changed:1", shown: "ImagePullBackOff", told: "digest"),
                ]
                // The second time around the image is there, by the secret of others.
                for group in [refused, cases, refused.map { Case(name: $0.name + "-late", image: $0.image, more: $0.more, shown: $0.shown, told: "Back-off pulling image") }] {
                    for pod in group { try await create(pod, in: pods) }
                    for pod in group {
                        try await pods.waitUntilShown(pod.name, pod.shown)
                        let events = try await pods.events(of: pod.name)
                        #expect(pod.told.isEmpty || events.contains(pod.told), "\(pod.name), \(kind): \(events)")
                        #expect(!events.contains("s3cret") && !events.contains("h0pe"), "\(pod.name), \(kind)")
                    }
                }
                #expect(try await pods.field("{.status.containerStatuses[0].imageID}", of: "pod", "by-tag").hasSuffix("library/busybox@" + digest))

                try await policies(pods)
                try await commands(cluster, digest)
            }
        }

        private func create(_ pod: Case, policy: String = "", in pods: PodCluster) async throws {
            let field = policy.isEmpty ? "" : #""imagePullPolicy":"\#(policy)","#
            try await pods.printed(
                "apply", "-f", "-",
                input: #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(pod.name)"},"spec":{"terminationGracePeriodSeconds":0,\#(pod.more)"#
                    + #""containers":[{"name":"c",\#(field)"image":"\#(pod.image)","command":["sleep","100000"]}]}}"#)
        }

        /// What is here is used, asked for each time, or never fetched.
        private func policies(_ pods: PodCluster) async throws {
            for (policy, image, shown, told) in [
                ("Never", "elsewhere:1", "ErrImageNeverPull", "is not present with pull policy of Never"),
                ("Never", "busybox:2", "Running", "already present on machine"),
                ("IfNotPresent", "busybox:2", "Running", "already present on machine"),
                ("Always", "busybox:2", "Running", "Pulling image \"busybox:2\""),
            ] {
                let pod = Case(name: "\(policy.lowercased())-\(shown.lowercased())", image: image, shown: shown)
                try await create(pod, policy: policy, in: pods)
                try await pods.waitUntilShown(pod.name, shown)
                let events = try await pods.events(of: pod.name)
                #expect(events.contains(told), "\(pod.name), \(pods.kind): \(events)")
            }
        }

        /// What the node's owner sees of them.
        private func commands(_ cluster: TestCluster, _ digest: String) async throws {
            let list = try await cluster.kastell("image", "list").output
            #expect(list.contains("docker.io/library/busybox:2") || list.contains("busybox:2"), "\(list)")
            #expect(!list.contains("changed"), "\(list)")
            let inspected = try await cluster.kastell("image", "inspect", "busybox:2")
            #expect(inspected.succeeded && inspected.output.contains(digest), "\(inspected.output)")
            let unknown = try await cluster.kastell("image", "inspect", "elsewhere:1")
            #expect(!unknown.succeeded && unknown.output.contains("elsewhere:1"), "\(unknown.output)")
        }
    }
}
