public import JSONValue
import OCIModel
import PolicyModel

/// The security context made concrete: a pod, an image and the facts of a node in; what the runtime is told, or why there
/// is nothing to tell, out.
///
/// Pure and total: no clock, file or lock; the same values always give the same answer. What a node cannot make hold is
/// refused with the reason, never left out in silence; what was granted and means less than its name is noted.
/// Linear in the fields of the pod.
public enum Confinement {
    /// Decides what the containers of a pod share, before the first of them starts.
    ///
    /// - Parameters:
    ///   - pod: the object after defaulting.
    ///   - node: what the node can do.
    ///   - identity: what the node gave the pod so far: the block of ids is looked at, and the volumes.
    /// - Returns: what they share, or every reason why the pod does not run here.
    public static func decide(pod: JSON, node: NodeFacts, identity: PodIdentity) -> PodConfinementDecision {
        var findings = Findings()
        let shared = PodScope(pod: pod, node: node, identity: identity).decide(&findings)
        guard let first = findings.refusals.first else { return .confined(shared) }
        return .refused(first, also: Array(findings.refusals.dropFirst()))
    }

    /// Decides how one container of a pod runs.
    ///
    /// - Parameters:
    ///   - pod: the object after defaulting.
    ///   - container: the name of one of its containers, init containers or ephemeral containers.
    ///   - image: what its image says.
    ///   - node: what the node can do.
    ///   - identity: what the node gave the pod.
    /// - Returns: the container in full, or every reason why it does not run; the reasons of the pod come first.
    public static func decide(
        pod: JSON, container: String, image: ImageFacts, node: NodeFacts, identity: PodIdentity
    ) -> ConfinementDecision {
        var findings = Findings()
        let shared = PodScope(pod: pod, node: node, identity: identity).decide(&findings)
        guard let subject = Subject(pod: pod, container: container, image: image, node: node, identity: identity) else {
            findings.refuse(
                "container", .containerConfig, at: "spec.containers", found: container,
                "the pod has no container \"\(container)\"",
                remedy: "name one of the pod's containers")
            return refused(findings)
        }
        let confined = confine(subject, shared, &findings)
        return findings.refusals.isEmpty ? .confined(confined(findings)) : refused(findings)
    }

    private static func refused(_ findings: Findings) -> ConfinementDecision {
        guard let first = findings.refusals.first else {
            preconditionFailure("a refusal without a reason")
        }
        return .refused(first, also: Array(findings.refusals.dropFirst()))
    }

    private static func confine(
        _ subject: Subject, _ shared: ConfinedPod, _ findings: inout Findings
    ) -> (Findings) -> ConfinedContainer {
        let user = RunAsUser.decide(subject, shared, &findings)
        let environment = ContainerEnvironment.decide(subject, &findings)
        let capabilities = Capabilities.decide(subject, &findings)
        var process = RuntimeProcess(
            arguments: ContainerCommand.decide(subject, environment, &findings), user: user,
            workingDirectory: ContainerCommand.workingDirectory(subject))
        process.hasTerminal = subject.container["tty"]?.bool == true
        process.environment = ContainerEnvironment.merged(environment, subject, uid: user.uid)
        process.capabilities = RuntimeCapabilities(capabilities)
        process.rlimits = subject.node.rlimits
        process.noNewPrivileges = AllowPrivilegeEscalation.decide(subject, capabilities, &findings)
        process.appArmorProfile = AppArmor.decide(subject, &findings)
        process.selinuxLabel = SELinux.processLabel(subject, &findings)
        process.oomScoreAdjustment = OOMScore.decide(subject, shared.quality, &findings)

        let resources = ContainerResources.decide(subject, &findings)
        var linux = RuntimeLinux()
        linux.namespaces = HostNamespaces.namespaces(subject, shared)
        if let users = shared.users {
            linux.uidMappings = [users]
            linux.gidMappings = [users]
        }
        linux.resources = resources.runtime(subject.node.cgroups)
        linux.seccomp = Seccomp.decide(subject, capabilities, &findings)
        linux.mountLabel = shared.mountLabel
        ProcMount.apply(subject, to: &linux, &findings)
        Devices.apply(subject, to: &linux, &findings)
        linux.sysctl = Sysctls.own(shared, joined: subject.identity.namespaces)
        let volumes = VolumeMounts.decide(subject, environment, &findings)
        linux.rootfsPropagation = VolumeMounts.rootPropagation(volumes)

        return { [process, linux] findings in
            ConfinedContainer(
                name: subject.name, pod: shared, process: process,
                hasReadOnlyRoot: subject.context?["readOnlyRootFilesystem"]?.bool == true,
                systemMounts: SystemMounts.mounts(subject, shared), volumeMounts: volumes, linux: linux,
                resources: resources,
                // A joined namespace has its name already.
                hostname: shared.sharing[.uts] == .node || subject.identity.namespaces[.uts] != nil
                    ? nil : shared.hostname,
                isPrivileged: subject.isPrivileged, grounds: Self.grounds(subject, findings), notes: findings.notes)
        }
    }

    private static func grounds(_ subject: Subject, _ findings: Findings) -> [RuleReference] {
        let metadata = subject.pod["metadata"]
        func ground(_ path: FieldPath) -> RuleReference {
            RuleReference(
                kind: "Pod", namespace: metadata?["namespace"]?.string ?? "", name: metadata?["name"]?.string ?? "",
                path: path)
        }
        return findings.fields.isEmpty ? [ground(subject.path)] : findings.fields.map(ground)
    }
}
