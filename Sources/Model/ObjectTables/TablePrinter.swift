public import JSONValue
public import KubeModel

/// How objects of one kind become rows: the columns, and the cells of an object.
///
/// Source: what a Kubernetes 1.36 API server sends for `as=Table`.
public struct TablePrinter: Sendable {
    /// One column.
    public struct Column: Hashable, Sendable {
        /// The heading.
        public var name: String
        /// The OpenAPI type of the cells.
        public var type: String
        /// `name` for the column with the object's name, else mostly empty.
        public var format: String
        /// What the column shows.
        public var description: String
        /// 0 is always shown, greater only in wide output.
        public var priority: Int

        /// A column; without `description` it gets the usual one of its name.
        public init(
            name: String, type: String = "string", format: String = "", description: String? = nil, priority: Int = 0
        ) {
            self.name = name
            self.type = type
            self.format = format
            self.description = description ?? ColumnTexts.description(of: name)
            self.priority = priority
        }

        /// The column as `columnDefinitions` of a Table has it.
        public var json: JSON {
            [
                "name": .string(name), "type": .string(type), "format": .string(format),
                "description": .string(description),
                "priority": JSON(priority),
            ]
        }
    }

    /// The columns, in order.
    public let columns: [Column]
    let rowCells: @Sendable (TableRow) -> [JSON]
    let rowConditions: @Sendable (JSON) -> [JSON]
    /// The order of the rows of a list, for the kinds that have one of their own.
    let precedes: (@Sendable (JSON, JSON) -> Bool)?

    init(
        columns: [Column], cells: @escaping @Sendable (TableRow) -> [JSON],
        conditions: @escaping @Sendable (JSON) -> [JSON] = { _ in [] },
        precedes: (@Sendable (JSON, JSON) -> Bool)? = nil
    ) {
        self.columns = columns
        rowCells = cells
        rowConditions = conditions
        self.precedes = precedes
    }

    /// The printer of a built-in resource; of one that is not known, name and time of creation.
    public init(_ resource: ResourceFacts) {
        guard let cells = KindRows.cells(kind: resource.kind, group: resource.group), !resource.columns.isEmpty else {
            self = .plain
            return
        }
        let columns = resource.columns.map {
            Column(name: $0.name, type: $0.type, format: $0.format, priority: $0.priority)
        }
        switch resource.kind {
        case "Pod": self.init(columns: columns, cells: cells, conditions: PodRow.conditions)
        case "FlowSchema": self.init(columns: columns, cells: cells, precedes: Self.matchesBefore)
        default: self.init(columns: columns, cells: cells)
        }
    }

    /// Name and time of creation.
    public static let plain = TablePrinter(
        columns: [Column(name: "Name", format: "name"), Column(name: "Created At", type: "date")],
        cells: CoreRows.nameAndCreation)

    /// The printer of `autoscaling/v1` Scale, the answer of scale subresources.
    public static let scale = TablePrinter(
        columns: [
            Column(name: "Name"), Column(name: "Desired", type: "integer"), Column(name: "Available", type: "integer"),
            Column(name: "Age"),
        ], cells: WorkloadRows.scale)

    /// The cells of an object at a moment.
    public func cells(of object: JSON, at now: Timestamp) -> [JSON] { rowCells(TableRow(object: object, now: now)) }
    /// The conditions of the object's row; mostly none.
    public func conditions(of object: JSON) -> [JSON] { rowConditions(object) }

    /// Flow schemas stand in the order in which they are tried.
    private static func matchesBefore(_ left: JSON, _ right: JSON) -> Bool {
        let precedences = [left, right].map { $0[path: "spec", "matchingPrecedence"]?.int ?? 0 }
        let names = [left, right].map { $0[path: "metadata", "name"]?.string ?? "" }
        return precedences[0] == precedences[1] ? names[0] < names[1] : precedences[0] < precedences[1]
    }
}

/// Which function prints which kind.
enum KindRows {
    static func cells(kind: String, group: String) -> (@Sendable (TableRow) -> [JSON])? {
        byKind[group.isEmpty ? kind : "\(kind).\(group)"]
    }

    private typealias Cells = @Sendable (TableRow) -> [JSON]
    private static let byKind: [String: Cells] = {
        var all: [String: Cells] = [:]
        for kinds in [core, workloads, cluster, access] { all.merge(kinds) { $1 } }
        return all
    }()

    private static let core: [String: Cells] = [
        "ComponentStatus": NodeRows.componentStatus, "ConfigMap": CoreRows.configMap,
        "Endpoints": NetworkRows.endpoints,
        "Event": CoreRows.event, "LimitRange": CoreRows.nameAndCreation, "Namespace": CoreRows.namespace,
        "Node": NodeRows.node, "PersistentVolume": StorageRows.volume, "PersistentVolumeClaim": StorageRows.claim,
        "Pod": { PodRow($0).cells }, "PodTemplate": WorkloadRows.podTemplate,
        "ReplicationController": WorkloadRows.replicationController, "ResourceQuota": CoreRows.resourceQuota,
        "Secret": CoreRows.secret, "Service": NetworkRows.service, "ServiceAccount": CoreRows.nameAndAge,
        "Event.events.k8s.io": CoreRows.event,
    ]

    private static let workloads: [String: Cells] = [
        "ControllerRevision.apps": WorkloadRows.controllerRevision, "DaemonSet.apps": WorkloadRows.daemonSet,
        "Deployment.apps": WorkloadRows.deployment, "ReplicaSet.apps": WorkloadRows.replicaSet,
        "StatefulSet.apps": WorkloadRows.statefulSet, "HorizontalPodAutoscaler.autoscaling": AutoscalerRow.cells,
        "CronJob.batch": WorkloadRows.cronJob, "Job.batch": WorkloadRows.job,
        "PodDisruptionBudget.policy": WorkloadRows.disruptionBudget,
    ]

    private static let cluster: [String: Cells] = [
        "Lease.coordination.k8s.io": NodeRows.lease, "EndpointSlice.discovery.k8s.io": NetworkRows.endpointSlice,
        "IngressClass.networking.k8s.io": NetworkRows.ingressClass, "Ingress.networking.k8s.io": NetworkRows.ingress,
        "IPAddress.networking.k8s.io": NetworkRows.ipAddress,
        "NetworkPolicy.networking.k8s.io": NetworkRows.networkPolicy,
        "ServiceCIDR.networking.k8s.io": NetworkRows.serviceCIDR, "RuntimeClass.node.k8s.io": NodeRows.runtimeClass,
        "DeviceClass.resource.k8s.io": CoreRows.nameAndAge, "ResourceClaim.resource.k8s.io": NodeRows.resourceClaim,
        "ResourceClaimTemplate.resource.k8s.io": CoreRows.nameAndAge,
        "ResourceSlice.resource.k8s.io": NodeRows.resourceSlice,
        "PriorityClass.scheduling.k8s.io": NodeRows.priorityClass,
        "CSIDriver.storage.k8s.io": StorageRows.csiDriver, "CSINode.storage.k8s.io": StorageRows.csiNode,
        "StorageClass.storage.k8s.io": StorageRows.storageClass,
        "VolumeAttachment.storage.k8s.io": StorageRows.attachment,
        "VolumeAttributesClass.storage.k8s.io": StorageRows.attributesClass,
    ]

    private static let access: [String: Cells] = [
        "MutatingAdmissionPolicy.admissionregistration.k8s.io": AccessRows.mutatingPolicy,
        "MutatingAdmissionPolicyBinding.admissionregistration.k8s.io": AccessRows.policyBinding,
        "MutatingWebhookConfiguration.admissionregistration.k8s.io": AccessRows.webhooks,
        "ValidatingAdmissionPolicy.admissionregistration.k8s.io": AccessRows.validatingPolicy,
        "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io": AccessRows.policyBinding,
        "ValidatingWebhookConfiguration.admissionregistration.k8s.io": AccessRows.webhooks,
        "APIService.apiregistration.k8s.io": AccessRows.apiService,
        "CertificateSigningRequest.certificates.k8s.io": AccessRows.signingRequest,
        "FlowSchema.flowcontrol.apiserver.k8s.io": AccessRows.flowSchema,
        "PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io": AccessRows.priorityLevel,
        "PodSecurityPolicy.policy": AccessRows.podSecurityPolicy,
        "PodSecurityPolicy.extensions": AccessRows.podSecurityPolicy,
        "ClusterRoleBinding.rbac.authorization.k8s.io": AccessRows.binding,
        "RoleBinding.rbac.authorization.k8s.io": AccessRows.binding,
    ]
}
