/// Short descriptions of types and fields, which `kubectl explain` prints.
enum FieldTexts {
    /// The description of a type by the last part of its name.
    static func type(_ name: String) -> String {
        if let text = KindTexts.texts[name] { return text }
        if name.hasSuffix("List"), name.count > 4 { return "A list of \(name.dropLast(4)) objects." }
        for (suffix, what) in [
            ("Spec", "The wanted state of"), ("Status", "The observed state of"), ("Condition", "One condition of"),
        ]
        where name.hasSuffix(suffix) && name.count > suffix.count {
            return "\(what) a \(name.dropLast(suffix.count))."
        }
        return sentence(name)
    }

    /// The description of a field by its name.
    static func field(_ name: String) -> String { texts[name] ?? sentence(name) }

    /// The words of a name in camel case: `podCIDRs` is "Pod CIDRs."
    private static func sentence(_ name: String) -> String {
        var words: [String] = []
        var previous: Character = " "
        for character in name {
            let starts = character.isUppercase && !previous.isUppercase
            if words.isEmpty || starts { words.append("") }
            words[words.count - 1].append(character)
            previous = character
        }
        let text = words.enumerated().map { position, word in
            let isAbbreviation = word.dropFirst().contains(where: \.isUppercase)
            return position == 0 || isAbbreviation ? word : word.lowercased()
        }.joined(separator: " ")
        return text.prefix(1).uppercased() + text.dropFirst() + "."
    }

    private static let texts: [String: String] = object.merging(pods) { $1 }.merging(others) { $1 }

    private static let object: [String: String] = [
        "apiVersion": "The version of the schema that the object is written in, such as apps/v1.",
        "kind": "The kind of the object, such as Pod.",
        "metadata": "The name, labels and other data that every object has.",
        "spec": "The wanted state.",
        "status": "The observed state.",
        "items": "The objects of the list.",
        "name": "The name.",
        "namespace": "The namespace that names are unique in.",
        "labels": "Keys and values by which the object is found and grouped.",
        "annotations": "Keys and values that tools keep with the object; nothing is selected by them.",
        "uid": "The identity of the object through time and space; the server sets it.",
        "resourceVersion": "Changes whenever the object is stored; compared for equality only.",
        "generation": "Counts the changes of the wanted state.",
        "creationTimestamp": "When the object was created.",
        "deletionTimestamp": "When the object is gone; set when its deletion was asked for.",
        "deletionGracePeriodSeconds": "How many seconds the object has to end by itself.",
        "finalizers": "What must be done, by others, before the object is gone.",
        "ownerReferences": "The objects that this one depends on.",
        "managedFields": "Who set which fields; kept by the server.",
        "generateName": "The start of a name whose end the server makes up.",
        "selfLink": "No longer filled in.",
        "continue": "A token to go on with a list that was cut.",
        "remainingItemCount": "How many objects of the list are left.",
        "conditions": "What is true of the object now, with the reason and the time.",
        "observedGeneration": "The generation that the state was observed for.",
        "lastTransitionTime": "When the condition last changed.",
        "lastProbeTime": "When the condition was last checked.",
        "lastUpdateTime": "When the condition was last written.",
        "message": "The details in words.",
        "reason": "The cause in one word.",
        "type": "The type.",
        "data": "Keys and their values.",
        "binaryData": "Keys and their values in base64.",
        "stringData": "Values as text, which are put into data when the object is written.",
        "immutable": "Whether the data can no longer be changed.",
        "selector": "The labels by which objects are chosen.",
        "matchLabels": "Labels that must be there with these values.",
        "matchExpressions": "Requirements that must all hold.",
        "operator": "How key and values are compared.",
        "values": "The values that are compared with.",
        "key": "The key.",
        "value": "The value.",
    ]

    private static let pods: [String: String] = [
        "activeDeadlineSeconds": "After how many seconds the work is ended.",
        "affinity": "Which nodes and neighbours are wanted or avoided.",
        "args": "The arguments of the command.",
        "automountServiceAccountToken": "Whether a token of the service account is put into the containers.",
        "command": "The command, in place of the image's entrypoint.",
        "containers": "The containers of the pod.",
        "containerPort": "The port that the container listens on.",
        "dnsConfig": "DNS settings beside those of the policy.",
        "dnsPolicy": "Where DNS settings come from.",
        "env": "Environment variables.",
        "envFrom": "Objects whose keys become environment variables.",
        "ephemeralContainers": "Containers that were added to the running pod, for looking into it.",
        "hostIPC": "Whether the pod shares the node's IPC namespace.",
        "hostNetwork": "Whether the pod uses the node's network.",
        "hostPID": "Whether the pod shares the node's process namespace.",
        "hostUsers": "Whether the pod uses the node's user namespace.",
        "image": "The image of the container.",
        "imagePullPolicy": "When the image is pulled.",
        "imagePullSecrets": "Secrets with which images are pulled.",
        "initContainers": "Containers that run, one after the other, before the others start.",
        "lifecycle": "What is run after the start and before the stop.",
        "limits": "The most of each resource that may be used.",
        "requests": "The amount of each resource that is set aside.",
        "livenessProbe": "The check after whose failure the container is restarted.",
        "readinessProbe": "The check that says whether the container can serve.",
        "startupProbe": "The check that must succeed before the others begin.",
        "mountPath": "Where the volume is mounted in the container.",
        "nodeName": "The node.",
        "nodeSelector": "The labels that a node must have.",
        "ports": "The ports.",
        "preemptionPolicy": "Whether others may be displaced.",
        "priority": "The priority; higher goes first.",
        "priorityClassName": "The class that the priority comes from.",
        "readOnly": "Whether nothing can be written.",
        "replicas": "The number of pods.",
        "resources": "The resources that are needed and allowed.",
        "restartPolicy": "When ended containers are started again.",
        "runAsNonRoot": "Whether running as root is refused.",
        "runAsUser": "The user id of the processes.",
        "runAsGroup": "The group id of the processes.",
        "runtimeClassName": "The runtime class.",
        "schedulerName": "The scheduler that finds a node.",
        "securityContext": "Privileges and identity of the processes.",
        "serviceAccountName": "The service account that the pod acts as.",
        "strategy": "How pods are replaced by new ones.",
        "template": "What the made objects look like.",
        "terminationGracePeriodSeconds": "How many seconds processes have to end by themselves.",
        "tolerations": "The taints of nodes that are accepted.",
        "topologySpreadConstraints": "How pods are spread over zones, nodes and the like.",
        "volumeMounts": "The volumes that are mounted, and where.",
        "volumes": "The volumes that containers can mount.",
        "workingDir": "The directory in which the command starts.",
    ]

    private static let others: [String: String] = [
        "accessModes": "How the volume may be mounted.",
        "capacity": "How much there is.",
        "allocatable": "How much is there for pods.",
        "clusterIP": "The address inside the cluster, or None.",
        "externalIPs": "Further addresses at which nodes accept traffic.",
        "externalName": "The DNS name that the service stands for.",
        "egress": "What the pods may connect to.",
        "ingress": "What comes in.",
        "failurePolicy": "What is done when no decision can be had.",
        "fieldPath": "The path of a field.",
        "group": "The API group.",
        "groups": "The groups.",
        "host": "The host.",
        "minReadySeconds": "How many seconds a pod must be ready to count as available.",
        "nodePort": "The port on every node.",
        "path": "The path.",
        "paused": "Whether changes wait.",
        "podSelector": "The labels of the pods.",
        "namespaceSelector": "The labels of the namespaces.",
        "policyTypes": "Whether the policy is about incoming or outgoing traffic, or both.",
        "port": "The port.",
        "protocol": "The protocol.",
        "provisioner": "Who makes the volumes.",
        "resourceNames": "The names that the rule is for; none means all.",
        "revisionHistoryLimit": "How many old revisions are kept.",
        "roleRef": "The role that is granted.",
        "rules": "The rules.",
        "schedule": "When it is due, in the form of cron.",
        "secretName": "The name of a Secret.",
        "storageClassName": "The storage class.",
        "subjects": "Who the role is granted to.",
        "suspend": "Whether nothing new is started.",
        "targetPort": "The port of the pods, by number or name.",
        "tls": "The TLS settings.",
        "updateStrategy": "How pods are replaced by new ones.",
        "user": "The user.",
        "verbs": "What may be done, such as get and list; * is everything.",
        "volumeName": "The volume.",
        "webhooks": "The webhooks.",
    ]
}
