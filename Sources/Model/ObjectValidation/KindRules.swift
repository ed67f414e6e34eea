import KubeModel

extension KindRules {
    /// The rules of a kind; nil for a kind that nobody knows here, such as a custom one.
    static func of(_ kind: GroupVersionKind) -> KindRules? {
        switch kind.group {
        case "": core(kind.kind)
        case "events.k8s.io": kind.kind == "Event" ? Events.rules : nil
        case "apps": apps(kind.kind)
        case "batch": batch(kind.kind)
        case "autoscaling": kind.kind == "HorizontalPodAutoscaler" ? Autoscalers.rules : nil
        case "networking.k8s.io": networking(kind.kind)
        case "discovery.k8s.io": kind.kind == "EndpointSlice" ? EndpointSlices.rules : nil
        case "storage.k8s.io": storage(kind.kind)
        case "policy": kind.kind == "PodDisruptionBudget" ? PodDisruptionBudgets.rules : nil
        case "certificates.k8s.io": kind.kind == "CertificateSigningRequest" ? CertificateRules.requests : nil
        default: cluster(kind)
        }
    }

    private static func core(_ kind: String) -> KindRules? {
        switch kind {
        case "Pod": PodRules.rules
        case "PodTemplate": PodTemplates.rules
        case "Service": Services.rules
        case "ConfigMap": ConfigurationKinds.configMaps
        case "Secret": ConfigurationKinds.secrets
        case "Namespace": NamespacedKinds.namespaces
        case "ServiceAccount": NamespacedKinds.serviceAccounts
        case "Node": Nodes.rules
        case "PersistentVolume": PersistentVolumes.rules
        case "PersistentVolumeClaim": PersistentVolumeClaims.rules
        case "Endpoints": EndpointKinds.endpoints
        case "ResourceQuota": ResourceQuotas.rules
        case "LimitRange": LimitRanges.rules
        case "Event": Events.rules
        case "ReplicationController": ReplicationControllers.rules
        default: nil
        }
    }

    private static func apps(_ kind: String) -> KindRules? {
        switch kind {
        case "Deployment": Deployments.rules
        case "ReplicaSet": ReplicaSets.rules
        case "DaemonSet": DaemonSets.rules
        case "StatefulSet": StatefulSets.rules
        case "ControllerRevision": ControllerRevisions.rules
        default: nil
        }
    }

    private static func batch(_ kind: String) -> KindRules? {
        switch kind {
        case "Job": Jobs.rules
        case "CronJob": CronJobs.rules
        default: nil
        }
    }

    private static func networking(_ kind: String) -> KindRules? {
        switch kind {
        case "NetworkPolicy": NetworkPolicies.rules
        case "Ingress": Ingresses.rules
        case "IngressClass": IngressClasses.rules
        case "ServiceCIDR": ServiceNetworks.ranges
        case "IPAddress": ServiceNetworks.addresses
        default: nil
        }
    }

    private static func storage(_ kind: String) -> KindRules? {
        switch kind {
        case "StorageClass": StorageClasses.rules
        case "VolumeAttributesClass": StorageClasses.attributes
        case "VolumeAttachment": VolumeAttachments.rules
        case "CSINode": CSIKinds.nodes
        case "CSIDriver": CSIKinds.drivers
        case "CSIStorageCapacity": CSIKinds.capacities
        default: nil
        }
    }

    private static func cluster(_ kind: GroupVersionKind) -> KindRules? {
        switch (kind.group, kind.kind) {
        case ("scheduling.k8s.io", "PriorityClass"): SchedulingKinds.priorityClasses
        case ("node.k8s.io", "RuntimeClass"): SchedulingKinds.runtimeClasses
        case ("coordination.k8s.io", "Lease"): Leases.rules
        case ("flowcontrol.apiserver.k8s.io", "FlowSchema"): FlowSchemas.rules
        case ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"): PriorityLevels.rules
        case ("apiregistration.k8s.io", "APIService"): APIServices.rules
        case ("apiextensions.k8s.io", "CustomResourceDefinition"): CustomResourceDefinitions.rules
        case ("admissionregistration.k8s.io", let name): admission(name)
        case ("rbac.authorization.k8s.io", _): RoleMetadata.rules
        default: nil
        }
    }

    private static func admission(_ kind: String) -> KindRules? {
        switch kind {
        case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration": Webhooks.rules
        case "ValidatingAdmissionPolicy": AdmissionPolicies.validating
        case "MutatingAdmissionPolicy": AdmissionPolicies.mutating
        case "ValidatingAdmissionPolicyBinding": AdmissionPolicies.validatingBindings
        case "MutatingAdmissionPolicyBinding": AdmissionPolicies.mutatingBindings
        default: nil
        }
    }
}
