/// The system calls of the default filter, by what they are for. Names of both word sizes stand together: a filter passes
/// over those that an architecture lacks.
enum SystemCalls {
    /// What every container is answered.
    static let ordinary: [String] = [
        files, attributes, folders, links, reading, polling, watching, memory, processes, signals, identity, scheduling,
        time, timers,
        sockets, interprocess, sandboxing,
    ].flatMap { $0.split(whereSeparator: \.isWhitespace).map(String.init) }

    /// What only this processor has.
    static func own(_ architecture: NodeFacts.Architecture) -> [String] {
        switch architecture {
        case .x86_64: ["arch_prctl", "modify_ldt"]
        case .aarch64:
            ["arm_fadvise64_64", "arm_sync_file_range", "sync_file_range2", "breakpoint", "cacheflush", "set_tls"]
        }
    }

    /// What is answered to containers with a capability.
    static let byCapability: [(String, [String])] = [
        ("CAP_BPF", ["bpf"]),
        ("CAP_DAC_READ_SEARCH", ["open_by_handle_at"]),
        ("CAP_PERFMON", ["perf_event_open"]),
        (
            "CAP_SYS_ADMIN",
            [
                "bpf", "clone", "clone3", "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick", "lookup_dcookie",
                "mount",
                "mount_setattr", "move_mount", "open_tree", "perf_event_open", "quotactl", "quotactl_fd",
                "setdomainname", "sethostname",
                "setns", "syslog", "umount", "umount2", "unshare",
            ]
        ),
        ("CAP_SYS_BOOT", ["reboot"]),
        ("CAP_SYS_CHROOT", ["chroot"]),
        ("CAP_SYS_MODULE", ["delete_module", "finit_module", "init_module"]),
        ("CAP_SYS_NICE", ["get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node"]),
        ("CAP_SYS_PACCT", ["acct"]),
        (
            "CAP_SYS_PTRACE",
            ["kcmp", "pidfd_getfd", "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace"]
        ),
        ("CAP_SYS_RAWIO", ["ioperm", "iopl"]),
        ("CAP_SYS_TIME", ["clock_settime", "clock_settime64", "settimeofday", "stime"]),
        ("CAP_SYS_TTY_CONFIG", ["vhangup"]),
        ("CAP_SYSLOG", ["syslog"]),
    ]

    private static let files = """
        open openat openat2 creat close close_range dup dup2 dup3 fcntl fcntl64 ioctl flock access faccessat faccessat2
        stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat statx statfs statfs64 fstatfs fstatfs64
        truncate truncate64 ftruncate ftruncate64 fallocate umask mknod mknodat name_to_handle_at
        """
    private static let attributes = """
        chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 lchown lchown32 fchownat
        getxattr lgetxattr fgetxattr getxattrat setxattr lsetxattr fsetxattr setxattrat listxattr llistxattr flistxattr
        listxattrat removexattr lremovexattr fremovexattr removexattrat
        utime utimes futimesat utimensat utimensat_time64
        """
    private static let folders = "chdir fchdir getcwd mkdir mkdirat rmdir getdents getdents64"
    private static let links =
        "link linkat unlink unlinkat symlink symlinkat readlink readlinkat rename renameat renameat2"
    private static let reading = """
        read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek _llseek readahead
        sendfile sendfile64 splice tee vmsplice copy_file_range pipe pipe2
        sync syncfs fsync fdatasync sync_file_range fadvise64 fadvise64_64 cachestat
        io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64
        """
    private static let polling = """
        select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64
        epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 eventfd eventfd2
        """
    private static let watching = "inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark"
    private static let memory = """
        brk mmap mmap2 munmap mremap mprotect msync madvise mincore mlock mlock2 mlockall munlock munlockall
        remap_file_pages memfd_create memfd_secret membarrier map_shadow_stack mseal pkey_alloc pkey_free pkey_mprotect
        """
    private static let processes = """
        execve execveat exit exit_group fork vfork wait4 waitid waitpid prctl getpid getppid gettid getpgid getpgrp setpgid
        getsid setsid set_tid_address set_robust_list get_robust_list set_thread_area get_thread_area rseq
        futex futex_time64 futex_waitv futex_wait futex_wake futex_requeue restart_syscall
        getrlimit setrlimit ugetrlimit prlimit64 getrusage times uname sysinfo getcpu getrandom
        pidfd_open pidfd_send_signal process_mrelease
        """
    private static let signals = """
        kill tkill tgkill pause sigaltstack sigprocmask sigreturn signalfd signalfd4 rt_sigaction rt_sigpending rt_sigprocmask
        rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo
        """
    private static let identity = """
        getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 getresgid getresgid32
        setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32
        setfsuid setfsuid32 setfsgid setfsgid32 getgroups getgroups32 setgroups setgroups32 capget capset
        """
    private static let scheduling = """
        sched_yield sched_getaffinity sched_setaffinity sched_getattr sched_setattr sched_getparam sched_setparam
        sched_getscheduler sched_setscheduler sched_get_priority_max sched_get_priority_min sched_rr_get_interval
        sched_rr_get_interval_time64 getpriority setpriority ioprio_get ioprio_set
        """
    private static let time =
        "time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 adjtimex clock_adjtime clock_adjtime64 "
        + "nanosleep clock_nanosleep clock_nanosleep_time64"
    private static let timers = """
        alarm getitimer setitimer timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime
        timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64
        """
    private static let sockets = """
        socketpair bind listen accept accept4 connect shutdown getsockname getpeername getsockopt setsockopt
        send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64
        """
    private static let interprocess = """
        ipc msgget msgsnd msgrcv msgctl semget semop semctl semtimedop semtimedop_time64 shmget shmat shmdt shmctl
        mq_open mq_unlink mq_notify mq_getsetattr mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64
        """
    private static let sandboxing = "seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self"
}
