import ContainerRuntime
import Glibc
import JSONValue
import KubeClient
import KubeModel
import LinuxKernel
import NodeTunnel
import Testing

@Suite("kubectl to a pod and back", .enabled(if: Host.canRun && Host.kubectl != nil, Host.reason), .serialized)
struct KubectlTests {
    @Test("exec: outputs apart, input to its end, the exit code as it was")
    func exec() async throws {
        try await World.run { world in
            try await world.pod("p")
            var result = try await world.shell("kubectl exec p -- sh -c 'echo out; echo err >&2; exit 7'")
            #expect(result.text == "out\n")
            #expect(result.errors.contains("err\n"))
            #expect(result.errors.contains("command terminated with exit code 7"))
            #expect(result.status == .exited(7))
            result = try await world.shell("seq 1 200000 | kubectl exec -i p -- wc -l")
            #expect(result.text == "200000\n", "\(result)")
            result = try await world.shell("kubectl exec p -- seq 1 300000 | tail -1")
            #expect(result.text == "300000\n", "\(result)")
            result = try await world.shell("kubectl exec p -- no-such-program; echo $?")
            #expect(result.errors.contains("no-such-program"), "\(result)")
            #expect(result.text != "0\n")
            #expect(try await world.runtime.all() == ["p"])
        }
    }

    @Test("a client that reads slowly gets all, and one that goes away ends what it ran")
    func pressure() async throws {
        try await World.run { world in
            try await world.pod("p")
            let result = try await world.shell("kubectl exec p -- dd if=/dev/zero bs=65536 count=1024 2>/dev/null | (sleep 2; wc -c)")
            #expect(result.text == "67108864\n", "\(result)")
            let fed = try await world.shell("head -c 20000000 /dev/zero | kubectl exec -i p -- sh -c 'sleep 1; wc -c'")
            #expect(fed.text == "20000000\n", "\(fed)")
            _ = try await world.shell("timeout 2 $KUBECTL exec p -- sleep 4242")
            #expect(await world.eventually { try await !$0.shell("kubectl exec p -- ps").text.contains("sleep 4242") })
        }
    }

    @Test("exec -it: a terminal of the client's size, and its end by the keyboard")
    func terminal() async throws {
        try await World.run { world in
            try await world.pod("p")
            let result = try await world.shell(
                "script -qec 'stty rows 33 cols 77; $KUBECTL exec -it p -- sh -c \"sleep 0.5; tty; stty size; echo $TERM; exit 5\"' /dev/null </dev/null; echo code $?")
            #expect(result.text.contains("/dev/pts/0"), "\(result)")
            #expect(result.text.contains("33 77"), "\(result)")
            #expect(result.text.contains("code 5"), "\(result)")
            let typed = try await world.shell(
                "(sleep 1; printf 'echo $((6*7))\\n'; sleep 1; printf '\\003'; sleep 0.5; printf 'exit 3\\n'; sleep 1) | script -qec '$KUBECTL exec -it p -- sh' /dev/null; echo code $?")
            #expect(typed.text.contains("42"), "\(typed)")
            #expect(typed.text.contains("code 3"), "\(typed)")
        }
    }

    @Test("cp: a file of a megabyte there and back is the same")
    func copies() async throws {
        try await World.run { world in
            try await world.pod("p")
            let result = try await world.shell(
                "dd if=/dev/urandom of=a bs=1024 count=1500 2>/dev/null; kubectl cp a p:/tmp/a && kubectl cp p:/tmp/a b && cmp a b && echo same")
            #expect(result.text.contains("same"), "\(result)")
        }
    }

    @Test("logs: all, the last ones, with times, since, up to a number of bytes; what cannot be had says why")
    func logs() async throws {
        try await World.run { world in
            try await world.pod("p", "for i in 1 2 3 4 5; do echo line $i; done; printf part; sleep 1; echo ' whole' >&2; while :; do sleep 1; done")
            try await world.pod("waits")
            #expect(await world.eventually { try await $0.shell("kubectl logs p").text.contains("whole") })
            let all = "line 1\nline 2\nline 3\nline 4\nline 5\n"
            #expect(try await world.shell("kubectl logs p").text.hasPrefix(all))
            #expect(try await world.shell("kubectl logs p --limit-bytes=9").text == "line 1\nli")
            #expect(try await world.shell("kubectl logs p --tail=0").text == "")
            #expect(try await world.shell("kubectl logs p --since=1h").text.hasPrefix(all))
            #expect(try await world.shell("kubectl logs p --since-time=2099-01-01T00:00:00Z").text == "")
            let times = try await world.shell("kubectl logs p --timestamps --tail=1").text
            #expect(times.firstMatch(of: #/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z .*whole\n$/#) != nil, "\(times)")
            #expect(try await world.shell("kubectl logs p --previous").errors.contains("previous terminated container \"c\" in pod \"p\" not found"))
            #expect(try await world.shell("kubectl logs waits").errors.contains("container \"c\" in pod \"waits\" is waiting to start: ContainerCreating"))
            let plain = try await world.shell(
                "curl -sS -i --http1.1 --cacert ca.crt --cert admin.crt --key admin.key 'https://127.0.0.1:\(world.port)/api/v1/namespaces/default/pods/p/log?tailLines=2'")
            #expect(plain.text.contains("HTTP/1.1 200") && plain.text.contains("content-type: text/plain") && plain.text.hasSuffix("whole\n"), "\(plain)")
            #expect(try await world.shell("kubectl logs p -c x").errors.contains("container x is not valid for pod p"))
        }
    }

    @Test("logs -f: goes on over rotations without losing or doubling a line, and ends with the container")
    func follows() async throws {
        try await World.run { world in
            // The client is there before the first line: what was rotated away earlier it does not get.
            try await world.pod("p", "sleep 2; i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; [ $((i % 100)) -eq 0 ] && sleep 0.1; done")
            let log = world.folder + "/logs/p/0.log"
            async let followed = world.shell("kubectl logs -f p")
            var rotations = 0
            for _ in 0..<50 {
                try await Task.sleep(for: .milliseconds(100))
                if (try? await world.runtime.rotateLog(of: "p", log, limit: 2000, parts: 3)) == true { rotations += 1 }
            }
            #expect(rotations > 3)
            let result = try await followed
            #expect(result.text.split(separator: "\n").map(String.init) == (1...3000).map { "line \($0)" } , "\(result.text.count) bytes, \(result.errors)")
            #expect(try FileTree.names(world.folder + "/logs/p").count <= 3)
        }
    }

    @Test("port-forward: curl reaches what listens on the pod's loopback; a port that nobody listens on says so")
    func ports() async throws {
        try await World.run { world in
            try await world.pod("p", "httpd -f -p 127.0.0.1:8080 -h /www")
            let result = try await world.shell(
                """
                kubectl port-forward p :8080 :81 >forward 2>&1 & pid=$!
                for i in $(seq 100); do [ "$(grep -c Forwarding forward)" -ge 4 ] && break; sleep 0.1; done
                one=$(sed -n 's/.*127.0.0.1:\\([0-9]*\\) -> 8080/\\1/p' forward); two=$(sed -n 's/.*127.0.0.1:\\([0-9]*\\) -> 81/\\1/p' forward)
                for i in 1 2 3; do curl -s -m 5 http://127.0.0.1:$one/; done
                curl -s -m 5 http://127.0.0.1:$two/ || echo none
                sleep 0.3; kill $pid; cat forward
                """)
            #expect(result.text.hasPrefix("served by the pod\nserved by the pod\nserved by the pod\nnone\n"), "\(result)")
            #expect(result.text.contains("failed to connect to port 81"), "\(result)")
        }
    }

    @Test("attach: hears the container's process and feeds it")
    func attach() async throws {
        try await World.run { world in
            try await world.pod("p", "while read line; do echo got $line; done; echo done", container: ["stdin": true])
            let result = try await world.shell("(sleep 1; echo one; sleep 0.3; echo two; sleep 1) | timeout 5 $KUBECTL attach -i p")
            #expect(result.text.contains("got one\ngot two\n"), "\(result)")
        }
    }

    @Test("proxy: a page of the pod, through the API")
    func proxy() async throws {
        try await World.run { world in
            try await world.pod("p", "httpd -f -p 8080 -h /www")
            #expect(await world.eventually { try await $0.shell("kubectl get --raw /api/v1/namespaces/default/pods/p:8080/proxy/index.html").text == "served by the pod\n" })
            let absent = try await world.shell("kubectl get --raw /api/v1/namespaces/default/pods/http:p:8080/proxy/none")
            #expect(absent.status != .exited(0))
            let refused = try await world.shell("kubectl get --raw /api/v1/namespaces/default/pods/p:81/proxy/")
            #expect(refused.errors.contains("error trying to reach service"), "\(refused)")
        }
    }

    @Test("a node without a tunnel is named, with what to do")
    func disconnected() async throws {
        try await World.run { world in
            try await world.admin.create(GroupVersionResource("v1", "nodes"), ["apiVersion": "v1", "kind": "Node", "metadata": ["name": "other"]])
            _ = try await world.admin.create(
                GroupVersionResource("v1", "pods"), namespace: "default",
                ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": "far"], "spec": ["nodeName": "other", "containers": [["name": "a", "image": "i"], ["name": "b", "image": "i"]]]])
            for command in ["logs far -c a", "exec far -c a -- true"] {
                let result = try await world.shell("kubectl \(command)")
                #expect(result.errors.contains("the node \"other\" is not connected to this API server"), "\(result)")
            }
            #expect(try await world.shell("kubectl logs far").errors.contains("a container name must be specified for pod far, choose one of: [a b]"))
        }
    }
}
