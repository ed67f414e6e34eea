/// The fields of the types in which the server keeps objects, in their order there: faults and differences print them.
///
/// One type a line: its name, then `Field:form` or `Field=member:form`. Forms: `s` string, `i` integer, `b` boolean,
/// `p` pointer to one of these, `l` list of these, `m` map, `q` quantity and `Q` pointer to one, `r` resource list, `x`
/// number or string and `X` pointer to one, `t` time, `L` label selector and `V` the same never nil, `S` list of them,
/// `T:Type` a value, `P:Type` a pointer, `A:Type` a list, `M:Type` a map, `+Type` the fields of another type in place,
/// `j` any JSON.
///
/// Source: the Go types of the Kubernetes 1.36 API.
enum GoTypeFacts {
    static let text = """
        AWSElasticBlockStoreVolumeSource VolumeID:s FSType=fsType:s Partition:i ReadOnly:b
        Affinity NodeAffinity:P:NodeAffinity PodAffinity:P:PodAffinity PodAntiAffinity:P:PodAntiAffinity
        AllocationResult Devices:T:DeviceAllocationResult NodeSelector:j AllocationTimestamp:t
        AppArmorProfile Type:s LocalhostProfile:p
        AuditAnnotation Key:s ValueExpression:s
        AzureDiskVolumeSource DiskName:s DataDiskURI=diskURI:s CachingMode:p FSType=fsType:p ReadOnly:p Kind:p
        AzureFilePersistentVolumeSource SecretName:s ShareName:s ReadOnly:b SecretNamespace:p
        AzureFileVolumeSource SecretName:s ShareName:s ReadOnly:b
        CELDeviceSelector Expression:s
        CSINodeDriver Name:s NodeID:s TopologyKeys:l Allocatable:P:VolumeNodeResources
        CSIPersistentVolumeSource Driver:s VolumeHandle:s ReadOnly:b FSType=fsType:s VolumeAttributes:m \
        ControllerPublishSecretRef:P:SecretReference NodeStageSecretRef:P:SecretReference \
        NodePublishSecretRef:P:SecretReference ControllerExpandSecretRef:P:SecretReference \
        NodeExpandSecretRef:P:SecretReference
        CSIVolumeSource Driver:s ReadOnly:p FSType=fsType:p VolumeAttributes:m \
        NodePublishSecretRef:P:LocalObjectReference
        Capabilities Add:l Drop:l
        CapacityRequirements Requests:r
        CephFSPersistentVolumeSource Monitors:l Path:s User:s SecretFile:s SecretRef:P:SecretReference ReadOnly:b
        CephFSVolumeSource Monitors:l Path:s User:s SecretFile:s SecretRef:P:LocalObjectReference ReadOnly:b
        CertificateSigningRequestCondition Type:s Status:j Reason:s Message:s LastUpdateTime:t LastTransitionTime:t
        CinderPersistentVolumeSource VolumeID:s FSType=fsType:s ReadOnly:b SecretRef:P:SecretReference
        CinderVolumeSource VolumeID:s FSType=fsType:s ReadOnly:b SecretRef:P:LocalObjectReference
        ClusterTrustBundleProjection Name:p SignerName:p LabelSelector:L Optional:p Path:s
        ConfigMapEnvSource +LocalObjectReference Optional:p
        ConfigMapKeySelector +LocalObjectReference Key:s Optional:p
        ConfigMapNodeConfigSource Namespace:s Name:s UID=uid:s ResourceVersion:s KubeletConfigKey:s
        ConfigMapProjection +LocalObjectReference Items:A:KeyToPath Optional:p
        ConfigMapVolumeSource +LocalObjectReference Items:A:KeyToPath DefaultMode:p Optional:p
        Container Name:s Image:s Command:l Args:l WorkingDir:s Ports:A:ContainerPort EnvFrom:A:EnvFromSource \
        Env:A:EnvVar Resources:T:ResourceRequirements ResizePolicy:A:ContainerResizePolicy RestartPolicy:p \
        RestartPolicyRules:A:ContainerRestartRule VolumeMounts:A:VolumeMount VolumeDevices:A:VolumeDevice \
        LivenessProbe:P:Probe ReadinessProbe:P:Probe StartupProbe:P:Probe Lifecycle:P:Lifecycle \
        TerminationMessagePath:s TerminationMessagePolicy:s ImagePullPolicy:s SecurityContext:P:SecurityContext \
        Stdin:b StdinOnce:b TTY=tty:b
        ContainerPort Name:s HostPort:i ContainerPort:i Protocol:s HostIP:s
        ContainerResizePolicy ResourceName:s RestartPolicy:s
        ContainerRestartRule Action:s ExitCodes:P:ContainerRestartRuleOnExitCodes
        ContainerRestartRuleOnExitCodes Operator:s Values:l
        CustomResourceColumnDefinition Name:s Type:s Format:s Description:s Priority:i JSONPath=jsonPath:s
        CustomResourceDefinitionVersion Name:s Served:b Storage:b Deprecated:b DeprecationWarning:p \
        Schema:P:CustomResourceValidation Subresources:P:CustomResourceSubresources \
        AdditionalPrinterColumns:A:CustomResourceColumnDefinition SelectableFields:A:SelectableField
        CustomResourceSubresourceScale SpecReplicasPath:s StatusReplicasPath:s LabelSelectorPath:p
        CustomResourceSubresources Status:j Scale:P:CustomResourceSubresourceScale
        CustomResourceValidation OpenAPIV3Schema=openAPIV3Schema:j
        DaemonSetUpdateStrategy Type:s RollingUpdate:P:RollingUpdateDaemonSet
        DeploymentStrategy Type:s RollingUpdate:P:RollingUpdateDeployment
        DeviceAllocationConfiguration Source:s Requests:l +DeviceConfiguration
        DeviceAllocationResult Results:A:DeviceRequestAllocationResult Config:A:DeviceAllocationConfiguration
        DeviceClaim Requests:A:DeviceRequest Constraints:A:DeviceConstraint Config:A:DeviceClaimConfiguration
        DeviceClaimConfiguration Requests:l +DeviceConfiguration
        DeviceConfiguration Opaque:P:OpaqueDeviceConfiguration
        DeviceConstraint Requests:l MatchAttribute:p DistinctAttribute:p
        DeviceRequest Name:s Exactly:P:ExactDeviceRequest FirstAvailable:A:DeviceSubRequest
        DeviceRequestAllocationResult Request:s Driver:s Pool:s Device:s AdminAccess:p Tolerations:A:DeviceToleration \
        BindingConditions:l BindingFailureConditions:l ShareID:p ConsumedCapacity:r
        DeviceSelector CEL=cel:P:CELDeviceSelector
        DeviceSubRequest Name:s DeviceClassName:s Selectors:A:DeviceSelector AllocationMode:s Count:i \
        Tolerations:A:DeviceToleration Capacity:P:CapacityRequirements
        DeviceToleration Key:s Operator:s Value:s Effect:s TolerationSeconds:p
        DownwardAPIProjection Items:A:DownwardAPIVolumeFile
        DownwardAPIVolumeFile Path:s FieldRef:P:ObjectFieldSelector ResourceFieldRef:P:ResourceFieldSelector Mode:p
        DownwardAPIVolumeSource Items:A:DownwardAPIVolumeFile DefaultMode:p
        EmptyDirVolumeSource Medium:s SizeLimit:Q
        EnvFromSource Prefix:s ConfigMapRef:P:ConfigMapEnvSource SecretRef:P:SecretEnvSource
        EnvVar Name:s Value:s ValueFrom:P:EnvVarSource
        EnvVarSource FieldRef:P:ObjectFieldSelector ResourceFieldRef:P:ResourceFieldSelector \
        ConfigMapKeyRef:P:ConfigMapKeySelector SecretKeyRef:P:SecretKeySelector FileKeyRef:P:FileKeySelector
        EphemeralContainer +EphemeralContainerCommon TargetContainerName:s
        EphemeralContainerCommon Name:s Image:s Command:l Args:l WorkingDir:s Ports:A:ContainerPort \
        EnvFrom:A:EnvFromSource Env:A:EnvVar Resources:T:ResourceRequirements ResizePolicy:A:ContainerResizePolicy \
        RestartPolicy:p RestartPolicyRules:A:ContainerRestartRule VolumeMounts:A:VolumeMount \
        VolumeDevices:A:VolumeDevice LivenessProbe:P:Probe ReadinessProbe:P:Probe StartupProbe:P:Probe \
        Lifecycle:P:Lifecycle TerminationMessagePath:s TerminationMessagePolicy:s ImagePullPolicy:s \
        SecurityContext:P:SecurityContext Stdin:b StdinOnce:b TTY=tty:b
        EphemeralVolumeSource VolumeClaimTemplate:P:PersistentVolumeClaimTemplate
        EventSource Component:s Host:s
        ExactDeviceRequest DeviceClassName:s Selectors:A:DeviceSelector AllocationMode:s Count:i AdminAccess:p \
        Tolerations:A:DeviceToleration Capacity:P:CapacityRequirements
        ExecAction Command:l
        ExemptPriorityLevelConfiguration NominalConcurrencyShares:p LendablePercent:p
        FCVolumeSource TargetWWNs:l Lun:p FSType=fsType:s ReadOnly:b WWIDs=wwids:l
        FieldSelectorAttributes RawSelector:s Requirements:l
        FileKeySelector VolumeName:s Path:s Key:s Optional:p
        FlexPersistentVolumeSource Driver:s FSType=fsType:s SecretRef:P:SecretReference ReadOnly:b Options:m
        FlexVolumeSource Driver:s FSType=fsType:s SecretRef:P:LocalObjectReference ReadOnly:b Options:m
        FlockerVolumeSource DatasetName:s DatasetUUID:s
        FlowDistinguisherMethod Type:s
        FlowSchemaSpec PriorityLevelConfiguration:T:PriorityLevelConfigurationReference MatchingPrecedence:i \
        DistinguisherMethod:P:FlowDistinguisherMethod Rules:A:PolicyRulesWithSubjects
        GCEPersistentDiskVolumeSource PDName=pdName:s FSType=fsType:s Partition:i ReadOnly:b
        GRPCAction Port:i Service:p
        GitRepoVolumeSource Repository:s Revision:s Directory:s
        GlusterfsPersistentVolumeSource EndpointsName=endpoints:s Path:s ReadOnly:b EndpointsNamespace:p
        GlusterfsVolumeSource EndpointsName=endpoints:s Path:s ReadOnly:b
        HTTPGetAction Path:s Port:x Host:s Scheme:s HTTPHeaders=httpHeaders:A:HTTPHeader
        HTTPHeader Name:s Value:s
        HostAlias IP=ip:s Hostnames:l
        HostIP IP=ip:s
        HostPathVolumeSource Path:s Type:p
        ISCSIPersistentVolumeSource TargetPortal:s IQN=iqn:s Lun:i ISCSIInterface=iscsiInterface:s FSType=fsType:s \
        ReadOnly:b Portals:l DiscoveryCHAPAuth=chapAuthDiscovery:b SessionCHAPAuth=chapAuthSession:b \
        SecretRef:P:SecretReference InitiatorName:p
        ISCSIVolumeSource TargetPortal:s IQN=iqn:s Lun:i ISCSIInterface=iscsiInterface:s FSType=fsType:s ReadOnly:b \
        Portals:l DiscoveryCHAPAuth=chapAuthDiscovery:b SessionCHAPAuth=chapAuthSession:b \
        SecretRef:P:LocalObjectReference InitiatorName:p
        ImageVolumeSource Reference:s PullPolicy:s
        KeyToPath Key:s Path:s Mode:p
        LabelSelectorAttributes RawSelector:s Requirements:l
        Lifecycle PostStart:P:LifecycleHandler PreStop:P:LifecycleHandler StopSignal:p
        LifecycleHandler Exec:P:ExecAction HTTPGet=httpGet:P:HTTPGetAction TCPSocket=tcpSocket:P:TCPSocketAction \
        Sleep:P:SleepAction
        LimitResponse Type:s Queuing:P:QueuingConfiguration
        LimitedPriorityLevelConfiguration NominalConcurrencyShares:p LimitResponse:T:LimitResponse LendablePercent:p \
        BorrowingLimitPercent:p
        LocalObjectReference Name:s
        LocalVolumeSource Path:s FSType=fsType:p
        NFSVolumeSource Server:s Path:s ReadOnly:b
        NodeAddress Type:s Address:s
        NodeAffinity RequiredDuringSchedulingIgnoredDuringExecution:P:NodeSelector \
        PreferredDuringSchedulingIgnoredDuringExecution:A:PreferredSchedulingTerm
        NodeConfigSource ConfigMap:P:ConfigMapNodeConfigSource
        NodeSelector NodeSelectorTerms:A:NodeSelectorTerm
        NodeSelectorRequirement Key:s Operator:s Values:l
        NodeSelectorTerm MatchExpressions:A:NodeSelectorRequirement MatchFields:A:NodeSelectorRequirement
        NonResourceAttributes Path:s Verb:s
        NonResourcePolicyRule Verbs:l NonResourceURLs:l
        ObjectFieldSelector APIVersion=apiVersion:s FieldPath:s
        ObjectReference Kind:s Namespace:s Name:s UID=uid:s APIVersion=apiVersion:s ResourceVersion:s FieldPath:s
        OpaqueDeviceConfiguration Driver:s Parameters:j
        ParentReference Group:s Resource:s Namespace:s Name:s
        PersistentVolumeClaimSpec AccessModes:l Selector:L Resources:T:VolumeResourceRequirements VolumeName:s \
        StorageClassName:p VolumeMode:p DataSource:P:TypedLocalObjectReference DataSourceRef:P:TypedObjectReference \
        VolumeAttributesClassName:p
        PersistentVolumeClaimTemplate +ObjectMeta Spec:T:PersistentVolumeClaimSpec
        PersistentVolumeClaimVolumeSource ClaimName:s ReadOnly:b
        PersistentVolumeSource GCEPersistentDisk=gcePersistentDisk:P:GCEPersistentDiskVolumeSource \
        AWSElasticBlockStore=awsElasticBlockStore:P:AWSElasticBlockStoreVolumeSource HostPath:P:HostPathVolumeSource \
        Glusterfs:P:GlusterfsPersistentVolumeSource NFS=nfs:P:NFSVolumeSource RBD=rbd:P:RBDPersistentVolumeSource \
        Quobyte:P:QuobyteVolumeSource ISCSI=iscsi:P:ISCSIPersistentVolumeSource \
        FlexVolume:P:FlexPersistentVolumeSource Cinder:P:CinderPersistentVolumeSource \
        CephFS=cephfs:P:CephFSPersistentVolumeSource FC=fc:P:FCVolumeSource Flocker:P:FlockerVolumeSource \
        AzureFile:P:AzureFilePersistentVolumeSource VsphereVolume:P:VsphereVirtualDiskVolumeSource \
        AzureDisk:P:AzureDiskVolumeSource PhotonPersistentDisk:P:PhotonPersistentDiskVolumeSource \
        PortworxVolume:P:PortworxVolumeSource ScaleIO:P:ScaleIOPersistentVolumeSource Local:P:LocalVolumeSource \
        StorageOS=storageos:P:StorageOSPersistentVolumeSource CSI=csi:P:CSIPersistentVolumeSource
        PhotonPersistentDiskVolumeSource PdID:s FSType=fsType:s
        PodAffinity RequiredDuringSchedulingIgnoredDuringExecution:A:PodAffinityTerm \
        PreferredDuringSchedulingIgnoredDuringExecution:A:WeightedPodAffinityTerm
        PodAffinityTerm LabelSelector:L Namespaces:l TopologyKey:s NamespaceSelector:L MatchLabelKeys:l \
        MismatchLabelKeys:l
        PodAntiAffinity RequiredDuringSchedulingIgnoredDuringExecution:A:PodAffinityTerm \
        PreferredDuringSchedulingIgnoredDuringExecution:A:WeightedPodAffinityTerm
        PodCertificateProjection SignerName:s KeyType:s MaxExpirationSeconds:p CredentialBundlePath:s KeyPath:s \
        CertificateChainPath:s UserAnnotations:m
        PodDNSConfig Nameservers:l Searches:l Options:A:PodDNSConfigOption
        PodDNSConfigOption Name:s Value:p
        PodDisruptionBudgetSpec MinAvailable:X Selector:L MaxUnavailable:X UnhealthyPodEvictionPolicy:p
        PodFailurePolicy Rules:A:PodFailurePolicyRule
        PodFailurePolicyOnExitCodesRequirement ContainerName:p Operator:s Values:l
        PodFailurePolicyOnPodConditionsPattern Type:j Status:j
        PodFailurePolicyRule Action:s OnExitCodes:P:PodFailurePolicyOnExitCodesRequirement \
        OnPodConditions:A:PodFailurePolicyOnPodConditionsPattern
        PodIP IP=ip:s
        PodOS Name:s
        PodReadinessGate ConditionType:s
        PodResourceClaim Name:s ResourceClaimName:p ResourceClaimTemplateName:p
        PodSchedulingGate Name:s
        PodSchedulingGroup PodGroupName:p
        PodSecurityContext HostNetwork:b HostPID:b HostIPC:b ShareProcessNamespace:p HostUsers:p \
        SELinuxOptions=seLinuxOptions:P:SELinuxOptions WindowsOptions:P:WindowsSecurityContextOptions RunAsUser:p \
        RunAsGroup:p RunAsNonRoot:p SupplementalGroups:l SupplementalGroupsPolicy:p FSGroup=fsGroup:p \
        FSGroupChangePolicy=fsGroupChangePolicy:p Sysctls:A:Sysctl SeccompProfile:P:SeccompProfile \
        AppArmorProfile:P:AppArmorProfile SELinuxChangePolicy=seLinuxChangePolicy:p
        PodSpec Volumes:A:Volume InitContainers:A:Container Containers:A:Container \
        EphemeralContainers:A:EphemeralContainer RestartPolicy:s TerminationGracePeriodSeconds:p \
        ActiveDeadlineSeconds:p DNSPolicy=dnsPolicy:s NodeSelector:m ServiceAccountName:s \
        AutomountServiceAccountToken:p NodeName:s SecurityContext:T:PodSecurityContext \
        ImagePullSecrets:A:LocalObjectReference Hostname:s Subdomain:s SetHostnameAsFQDN:p Affinity:P:Affinity \
        SchedulerName:s Tolerations:A:Toleration HostAliases:A:HostAlias PriorityClassName:s Priority:p \
        PreemptionPolicy:p DNSConfig=dnsConfig:P:PodDNSConfig ReadinessGates:A:PodReadinessGate RuntimeClassName:p \
        Overhead:r EnableServiceLinks:p TopologySpreadConstraints:A:TopologySpreadConstraint OS=os:P:PodOS \
        SchedulingGates:A:PodSchedulingGate ResourceClaims:A:PodResourceClaim Resources:P:ResourceRequirements \
        HostnameOverride:p SchedulingGroup:P:PodSchedulingGroup
        PodTemplateSpec +ObjectMeta Spec:T:PodSpec
        PolicyRulesWithSubjects Subjects:A:Subject ResourceRules:A:ResourcePolicyRule \
        NonResourceRules:A:NonResourcePolicyRule
        PortworxVolumeSource VolumeID:s FSType=fsType:s ReadOnly:b
        PreferredSchedulingTerm Weight:i Preference:T:NodeSelectorTerm
        PriorityLevelConfigurationReference Name:s
        PriorityLevelConfigurationSpec Type:s Limited:P:LimitedPriorityLevelConfiguration \
        Exempt:P:ExemptPriorityLevelConfiguration
        Probe +ProbeHandler InitialDelaySeconds:i TimeoutSeconds:i PeriodSeconds:i SuccessThreshold:i \
        FailureThreshold:i TerminationGracePeriodSeconds:p
        ProbeHandler Exec:P:ExecAction HTTPGet=httpGet:P:HTTPGetAction TCPSocket=tcpSocket:P:TCPSocketAction \
        GRPC=grpc:P:GRPCAction
        ProjectedVolumeSource Sources:A:VolumeProjection DefaultMode:p
        QueuingConfiguration Queues:i HandSize:i QueueLengthLimit:i
        QuobyteVolumeSource Registry:s Volume:s ReadOnly:b User:s Group:s Tenant:s
        RBDPersistentVolumeSource CephMonitors=monitors:l RBDImage=image:s FSType=fsType:s RBDPool=pool:s \
        RadosUser=user:s Keyring:s SecretRef:P:SecretReference ReadOnly:b
        RBDVolumeSource CephMonitors=monitors:l RBDImage=image:s FSType=fsType:s RBDPool=pool:s RadosUser=user:s \
        Keyring:s SecretRef:P:LocalObjectReference ReadOnly:b
        ResourceAttributes Namespace:s Verb:s Group:s Version:s Resource:s Subresource:s Name:s \
        FieldSelector:P:FieldSelectorAttributes LabelSelector:P:LabelSelectorAttributes
        ResourceClaim Name:s Request:s
        ResourceClaimSpec Devices:T:DeviceClaim
        ResourceFieldSelector ContainerName:s Resource:s Divisor:q
        ResourcePolicyRule Verbs:l APIGroups=apiGroups:l Resources:l ClusterScope:b Namespaces:l
        ResourceRequirements Limits:r Requests:r Claims:A:ResourceClaim
        RoleRef APIGroup=apiGroup:s Kind:s Name:s
        RollingUpdateDaemonSet MaxUnavailable:X MaxSurge:X
        RollingUpdateDeployment MaxUnavailable:X MaxSurge:X
        RollingUpdateStatefulSetStrategy Partition:p MaxUnavailable:X
        SELinuxOptions User:s Role:s Type:s Level:s
        ScaleIOPersistentVolumeSource Gateway:s System:s SecretRef:P:SecretReference SSLEnabled=sslEnabled:b \
        ProtectionDomain:s StoragePool:s StorageMode:s VolumeName:s FSType=fsType:s ReadOnly:b
        ScaleIOVolumeSource Gateway:s System:s SecretRef:P:LocalObjectReference SSLEnabled=sslEnabled:b \
        ProtectionDomain:s StoragePool:s StorageMode:s VolumeName:s FSType=fsType:s ReadOnly:b
        ScopeSelector MatchExpressions:A:ScopedResourceSelectorRequirement
        ScopedResourceSelectorRequirement ScopeName:s Operator:s Values:l
        SeccompProfile Type:s LocalhostProfile:p
        SecretEnvSource +LocalObjectReference Optional:p
        SecretKeySelector +LocalObjectReference Key:s Optional:p
        SecretProjection +LocalObjectReference Items:A:KeyToPath Optional:p
        SecretReference Name:s Namespace:s
        SecretVolumeSource SecretName:s Items:A:KeyToPath DefaultMode:p Optional:p
        SecurityContext Capabilities:P:Capabilities Privileged:p SELinuxOptions=seLinuxOptions:P:SELinuxOptions \
        WindowsOptions:P:WindowsSecurityContextOptions RunAsUser:p RunAsGroup:p RunAsNonRoot:p \
        ReadOnlyRootFilesystem:p AllowPrivilegeEscalation:p ProcMount:p SeccompProfile:P:SeccompProfile \
        AppArmorProfile:P:AppArmorProfile
        SelectableField JSONPath=jsonPath:s
        ServiceAccountTokenProjection Audience:s ExpirationSeconds:p Path:s
        ServiceCIDRSpec CIDRs=cidrs:l
        ServicePort Name:s Protocol:s AppProtocol:p Port:i TargetPort:x NodePort:i
        SleepAction Seconds:i
        StatefulSetUpdateStrategy Type:s RollingUpdate:P:RollingUpdateStatefulSetStrategy
        StorageOSPersistentVolumeSource VolumeName:s VolumeNamespace:s FSType=fsType:s ReadOnly:b \
        SecretRef:P:ObjectReference
        StorageOSVolumeSource VolumeName:s VolumeNamespace:s FSType=fsType:s ReadOnly:b \
        SecretRef:P:LocalObjectReference
        Subject Kind:s APIGroup=apiGroup:s Name:s Namespace:s
        SuccessPolicy Rules:A:SuccessPolicyRule
        SuccessPolicyRule SucceededIndexes:p SucceededCount:p
        Sysctl Name:s Value:s
        TCPSocketAction Port:x Host:s
        Taint Key:s Value:s Effect:s TimeAdded:t
        Toleration Key:s Operator:s Value:s Effect:s TolerationSeconds:p
        TopologySpreadConstraint MaxSkew:i TopologyKey:s WhenUnsatisfiable:s LabelSelector:L MinDomains:p \
        NodeAffinityPolicy:p NodeTaintsPolicy:p MatchLabelKeys:l
        TypedLocalObjectReference APIGroup=apiGroup:p Kind:s Name:s
        TypedObjectReference APIGroup=apiGroup:p Kind:s Name:s Namespace:p
        UncountedTerminatedPods Succeeded:l Failed:l
        ValidationRule Rule:s Message:s MessageExpression:s Reason:p FieldPath:s OptionalOldSelf:p
        Volume Name:s +VolumeSource
        VolumeAttachmentSource PersistentVolumeName:p +v1.PersistentVolumeSpec
        VolumeAttachmentSpec Attacher:s Source:T:VolumeAttachmentSource NodeName:s
        VolumeDevice Name:s DevicePath:s
        VolumeMount Name:s ReadOnly:b RecursiveReadOnly:p MountPath:s SubPath:s MountPropagation:p SubPathExpr:s
        VolumeNodeAffinity Required:P:NodeSelector
        VolumeNodeResources Count:p
        VolumeProjection Secret:P:SecretProjection DownwardAPI:P:DownwardAPIProjection ConfigMap:P:ConfigMapProjection \
        ServiceAccountToken:P:ServiceAccountTokenProjection ClusterTrustBundle:P:ClusterTrustBundleProjection \
        PodCertificate:P:PodCertificateProjection
        VolumeResourceRequirements Limits:r Requests:r
        VolumeSource HostPath:P:HostPathVolumeSource EmptyDir:P:EmptyDirVolumeSource \
        GCEPersistentDisk=gcePersistentDisk:P:GCEPersistentDiskVolumeSource \
        AWSElasticBlockStore=awsElasticBlockStore:P:AWSElasticBlockStoreVolumeSource GitRepo:P:GitRepoVolumeSource \
        Secret:P:SecretVolumeSource NFS=nfs:P:NFSVolumeSource ISCSI=iscsi:P:ISCSIVolumeSource \
        Glusterfs:P:GlusterfsVolumeSource PersistentVolumeClaim:P:PersistentVolumeClaimVolumeSource \
        RBD=rbd:P:RBDVolumeSource Quobyte:P:QuobyteVolumeSource FlexVolume:P:FlexVolumeSource \
        Cinder:P:CinderVolumeSource CephFS=cephfs:P:CephFSVolumeSource Flocker:P:FlockerVolumeSource \
        DownwardAPI:P:DownwardAPIVolumeSource FC=fc:P:FCVolumeSource AzureFile:P:AzureFileVolumeSource \
        ConfigMap:P:ConfigMapVolumeSource VsphereVolume:P:VsphereVirtualDiskVolumeSource \
        AzureDisk:P:AzureDiskVolumeSource PhotonPersistentDisk:P:PhotonPersistentDiskVolumeSource \
        Projected:P:ProjectedVolumeSource PortworxVolume:P:PortworxVolumeSource ScaleIO:P:ScaleIOVolumeSource \
        StorageOS=storageos:P:StorageOSVolumeSource CSI=csi:P:CSIVolumeSource Ephemeral:P:EphemeralVolumeSource \
        Image:P:ImageVolumeSource
        VsphereVirtualDiskVolumeSource VolumePath:s FSType=fsType:s StoragePolicyName:s StoragePolicyID:s
        WeightedPodAffinityTerm Weight:i PodAffinityTerm:T:PodAffinityTerm
        WindowsSecurityContextOptions GMSACredentialSpecName=gmsaCredentialSpecName:p \
        GMSACredentialSpec=gmsaCredentialSpec:p RunAsUserName:p HostProcess:p
        """
}
