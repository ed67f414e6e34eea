import JSONValue
import KubeModel

/// The defaults of pods and of pod templates.
enum PodDefaults {
    static let containerFields = ["initContainers", "containers", "ephemeralContainers"]

    /// A pod: the template's defaults and those of pods only.
    static func pod(_ object: inout JSON) {
        object.editOrCreate("spec") { spec in
            self.spec(&spec)
            for field in ["containers", "initContainers"] {
                spec.editEach(field) { container in container.edit("resources") { requestsFromLimits(&$0) } }
            }
            PodLevelResources.fill(&spec)
            spec.fill("enableServiceLinks", true)
            if spec["hostNetwork"] == true {
                for field in ["containers", "initContainers"] { spec.editEach(field) { hostPorts(&$0) } }
            }
        }
        dropInitContainerAnnotations(&object)
        object.edit("status") { addresses(&$0) }
    }

    static func template(_ template: inout JSON) {
        template.editOrCreate("spec") { spec(&$0) }
        dropInitContainerAnnotations(&template)
    }

    static func spec(_ spec: inout JSON) {
        spec.fill("dnsPolicy", "ClusterFirst")
        spec.fill("restartPolicy", "Always")
        spec.fill("securityContext", [:])
        spec.fill("terminationGracePeriodSeconds", 30)
        spec.fill("schedulerName", "default-scheduler")
        for field in containerFields { spec.editEach(field) { container(&$0) } }
        spec.editEach("volumes") { VolumeDefaults.volume(&$0) }
        spec.edit("overhead") { resourceList(&$0) }
        spec.edit("resources") { requirements(&$0) }
        // A negative period means the shortest; the account has an older name.
        if let period = spec["terminationGracePeriodSeconds"]?.int, period < 0 {
            spec["terminationGracePeriodSeconds"] = 1
        }
        let account =
            spec.text("serviceAccountName").isEmpty ? spec.text("serviceAccount") : spec.text("serviceAccountName")
        spec["serviceAccountName"] = account.isEmpty ? nil : .string(account)
        spec["serviceAccount"] = account.isEmpty ? nil : .string(account)
    }

    private static func container(_ container: inout JSON) {
        let policy: JSON = ImageName.isLatest(container.text("image")) ? "Always" : "IfNotPresent"
        container.fill("imagePullPolicy", policy)
        container.fill("terminationMessagePath", "/dev/termination-log")
        container.fill("terminationMessagePolicy", "File")
        container.editEach("ports") { $0.fill("protocol", "TCP") }
        container.editEach("env") { variable in
            variable.edit("valueFrom") { source in
                source.edit("fieldRef") { $0.fill("apiVersion", "v1") }
                source.edit("fileKeyRef") { $0.fill("optional", false) }
            }
        }
        container.edit("resources") { requirements(&$0) }
        for field in ["livenessProbe", "readinessProbe", "startupProbe"] { container.edit(field) { probe(&$0) } }
        container.edit("lifecycle") { lifecycle in
            lifecycle.edit("postStart") { $0.edit("httpGet") { httpGet(&$0) } }
            lifecycle.edit("preStop") { $0.edit("httpGet") { httpGet(&$0) } }
        }
    }

    private static func probe(_ probe: inout JSON) {
        probe.fill("timeoutSeconds", 1)
        probe.fill("periodSeconds", 10)
        probe.fill("successThreshold", 1)
        probe.fill("failureThreshold", 3)
        probe.edit("httpGet") { httpGet(&$0) }
        probe.edit("grpc") { $0.fill("service", "") }
    }

    private static func httpGet(_ action: inout JSON) {
        action.fill("path", "/")
        action.fill("scheme", "HTTP")
    }

    static func requirements(_ resources: inout JSON) {
        resources.edit("limits") { resourceList(&$0) }
        resources.edit("requests") { resourceList(&$0) }
    }

    /// Rounds every quantity up to thousandths, the finest that resources have.
    static func resourceList(_ list: inout JSON) {
        guard case .object(var object) = list else { return }
        let finest: Int128 = 1_000_000
        object.updateValues { _, value in
            guard let text = value.string, let last = text.utf8.last,
                last == UInt8(ascii: "u") || last == UInt8(ascii: "n"),
                let quantity = Quantity(text), quantity.nano % finest != 0
            else { return value }
            let rounded = quantity.nano / finest + (quantity.nano > 0 ? 1 : -1)
            return .string(Quantity(nano: rounded * finest, format: quantity.format).description)
        }
        list = .object(object)
    }

    /// What is limited and not requested is requested to the limit.
    private static func requestsFromLimits(_ resources: inout JSON) {
        for (name, limit) in resources.members("limits") { resources.editOrCreate("requests") { $0.fill(name, limit) } }
    }

    /// Ports of a pod in the host's network are ports of the host.
    private static func hostPorts(_ container: inout JSON) {
        container.editEach("ports") { port in
            if port["hostPort"].isAbsent || port["hostPort"] == 0 { port["hostPort"] = port["containerPort"] ?? 0 }
        }
    }

    /// Brings `podIP` and `podIPs` in line; the single field wins, as older clients know only that.
    private static func addresses(_ status: inout JSON) {
        let single = status.text("podIP")
        let first = status["podIPs"]?[at: 0]?.text("ip")
        if !single.isEmpty, first != single {
            status["podIPs"] = [["ip": .string(single)]]
        } else if single.isEmpty, let first, !first.isEmpty {
            status["podIP"] = .string(first)
        }
    }

    private static func dropInitContainerAnnotations(_ object: inout JSON) {
        guard object[path: "metadata", "annotations"] != nil else { return }
        object.edit("metadata") { metadata in
            metadata.edit("annotations") { annotations in
                for version in ["alpha", "beta"] {
                    annotations["pod.\(version).kubernetes.io/init-containers"] = nil
                    annotations["pod.\(version).kubernetes.io/init-container-statuses"] = nil
                }
            }
        }
    }
}
