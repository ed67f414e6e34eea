#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int result(int value) { return value < 0 ? -errno : value; }

int kst_netlink_open(int protocol, int buffer, int timeout) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (fd < 0) return -errno;
    int one = 1;
    struct timeval limit = {timeout / 1000, (timeout % 1000) * 1000};
    struct sockaddr_nl address = {.nl_family = AF_NETLINK};
    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one);
    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
    // Beyond the limit of the system where we may; the other call takes what is permitted.
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

long kst_netlink_send(int descriptor, const void *bytes, size_t count) {
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent;
    do {
        sent = sendto(descriptor, bytes, count, MSG_NOSIGNAL, (struct sockaddr *)&kernel, sizeof kernel);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

long kst_netlink_receive(int descriptor, void *bytes, size_t count) {
    struct sockaddr_nl sender;
    for (;;) {
        socklen_t size = sizeof sender;
        ssize_t got = recvfrom(descriptor, bytes, count, MSG_TRUNC, (struct sockaddr *)&sender, &size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -errno;
        // Any process may send to a netlink socket; only the kernel has the number 0.
        if (size != sizeof sender || sender.nl_pid != 0) continue;
        return (size_t)got > count ? -EMSGSIZE : got;
    }
}

int kst_unshare(int flags) { return result(unshare(flags)); }
int kst_setns(int descriptor, int type) { return result(setns(descriptor, type)); }

int kst_open_namespace(const char *kind) {
    char path[64];
    snprintf(path, sizeof path, "/proc/thread-self/ns/%s", kind);
    return result(open(path, O_RDONLY | O_CLOEXEC));
}

int kst_open(const char *path, int flags) { return result(open(path, flags | O_CLOEXEC, 0600)); }

long kst_read(int descriptor, void *bytes, size_t count) {
    ssize_t got;
    do { got = read(descriptor, bytes, count); } while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

long kst_write(int descriptor, const void *bytes, size_t count) {
    ssize_t done;
    do { done = write(descriptor, bytes, count); } while (done < 0 && errno == EINTR);
    return done < 0 ? -errno : done;
}

int kst_eventfd(void) { return result(eventfd(0, EFD_CLOEXEC)); }

int kst_bind_mount(int descriptor, const char *path) {
    char source[64];
    snprintf(source, sizeof source, "/proc/thread-self/fd/%d", descriptor);
    return result(mount(source, path, NULL, MS_BIND, NULL));
}

int kst_unmount(const char *path) { return result(umount2(path, MNT_DETACH)); }

struct start {
    void (*body)(void *);
    void *context;
};

static void *run(void *argument) {
    struct start start = *(struct start *)argument;
    free(argument);
    start.body(start.context);
    return NULL;
}

int kst_thread(void (*body)(void *), void *context, int wait) {
    struct start *start = malloc(sizeof *start);
    if (!start) return -ENOMEM;
    *start = (struct start){body, context};
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run, start);
    if (error) {
        free(start);
        return -error;
    }
    return -(wait ? pthread_join(thread, NULL) : pthread_detach(thread));
}

int kst_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0; }

int kst_spawn(const char *path, char *const *arguments, char *const *environment, const int *from, const int *to, size_t count,
              const char *folder) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int result = posix_spawn_file_actions_init(&actions);
    if (result != 0) return -result;
    result = posix_spawnattr_init(&attributes);
    if (result != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return -result;
    }
    // First out of the way of the numbers that are wanted, then into their places: no step overwrites what a later one needs.
    int highest = 2;
    for (size_t i = 0; i < count; i++) {
        if (from[i] > highest) highest = from[i];
        if (to[i] > highest) highest = to[i];
    }
    for (size_t i = 0; i < count && result == 0; i++)
        result = posix_spawn_file_actions_adddup2(&actions, from[i], highest + 1 + (int)i);
    for (size_t i = 0; i < count && result == 0; i++)
        result = posix_spawn_file_actions_adddup2(&actions, highest + 1 + (int)i, to[i]);
    int last = 2;
    for (size_t i = 0; i < count; i++)
        if (to[i] > last) last = to[i];
    if (result == 0 && folder[0]) result = posix_spawn_file_actions_addchdir_np(&actions, folder);
    if (result == 0) result = posix_spawn_file_actions_addclosefrom_np(&actions, last + 1);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    if (result == 0) result = posix_spawnattr_setsigmask(&attributes, &none);
    if (result == 0) result = posix_spawnattr_setsigdefault(&attributes, &all);
    if (result == 0)
        result = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    pid_t child = 0;
    if (result == 0) result = posix_spawn(&child, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return result != 0 ? -result : child;
}

int kst_watch(const char *folder, int removals) {
    int fd = inotify_init1(IN_CLOEXEC);
    if (fd < 0) return -errno;
    uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR;
    if (removals) events |= IN_DELETE | IN_MOVED_FROM;
    if (inotify_add_watch(fd, folder, events) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *place) {
    (void)facts;
    (void)kind;
    (void)place;
    return remove(path) < 0 && errno != ENOENT ? -errno : 0;
}

int kst_remove_tree(const char *path) {
    int value = nftw(path, remove_entry, 32, FTW_DEPTH | FTW_MOUNT | FTW_PHYS);
    return value < 0 ? (value == -1 ? -errno : value) : 0;
}

// What the child does between its birth and its program: nothing that could wait for a lock, since other threads of the
// parent may have held any at the moment of the clone.
static void child(int go, int done, int flags, const char *hostname, const char *path, char *const *arguments, char *const *environment,
                  const int *from, const int *to, size_t count) {
    int error = 0;
    char byte;
    ssize_t got;
    do { got = read(go, &byte, 1); } while (got < 0 && errno == EINTR);
    if (got != 1) _exit(125);
    if (flags & CLONE_NEWUSER) {
        if (syscall(SYS_setgroups, 0, NULL) != 0 && errno != EPERM) error = errno;
        if (!error && (syscall(SYS_setresgid, 0, 0, 0) != 0 || syscall(SYS_setresuid, 0, 0, 0) != 0)) error = errno;
    }
    if (!error && hostname[0] && sethostname(hostname, strlen(hostname)) != 0) error = errno;
    if (!path) {
        if (write(done, &error, sizeof error) != sizeof error) _exit(125);
        do { got = read(go, &byte, 1); } while (got > 0 || (got < 0 && errno == EINTR));
        _exit(0);
    }
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    // Above everything first, then into place.
    int highest = done > go ? done : go, last = 2;
    for (size_t i = 0; i < count; i++) {
        if (from[i] > highest) highest = from[i];
        if (to[i] > highest) highest = to[i];
        if (to[i] > last) last = to[i];
    }
    int word = fcntl(done, F_DUPFD_CLOEXEC, highest + 1 + (int)count);
    for (size_t i = 0; i < count && !error; i++)
        if (dup2(from[i], highest + 1 + (int)i) < 0) error = errno;
    for (size_t i = 0; i < count && !error; i++)
        if (dup2(highest + 1 + (int)i, to[i]) < 0) error = errno;
    if (!error && syscall(SYS_close_range, last + 1, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */) != 0) error = errno;
    setsid();
    if (!error) {
        execve(path, arguments, environment);
        error = errno;
    }
    got = write(word, &error, sizeof error);
    _exit(126);
}

int kst_spawn_in_new(int flags, const char *hostname, const char *path, char *const *arguments, char *const *environment, const int *from,
                     const int *to, size_t count, int *go, int *done) {
    int start[2], word[2];
    if (pipe2(start, O_CLOEXEC) != 0) return -errno;
    if (pipe2(word, O_CLOEXEC) != 0) {
        int error = errno;
        close(start[0]);
        close(start[1]);
        return -error;
    }
    struct clone_args wanted = {.flags = (uint64_t)(unsigned)flags, .exit_signal = SIGCHLD};
    long process = syscall(SYS_clone3, &wanted, sizeof wanted);
    int error = errno;
    if (process == 0) {
        close(start[1]);
        close(word[0]);
        child(start[0], word[1], flags, hostname, path, arguments, environment, from, to, count);
    }
    close(start[0]);
    close(word[1]);
    if (process < 0) {
        close(start[1]);
        close(word[0]);
        return -error;
    }
    *go = start[1];
    *done = word[0];
    return (int)process;
}

int kst_go(int go) { return write(go, "g", 1) == 1 ? 0 : -errno; }

int kst_done(int done) {
    int word = 0;
    ssize_t got;
    do { got = read(done, &word, sizeof word); } while (got < 0 && errno == EINTR);
    // The end without a word is that of a program that began.
    return got < 0 ? -errno : got == sizeof word ? -word : 0;
}

void kst_pause(void) {
    // From here on there is nothing to be found by way of this process: no file, no right, no memory of another.
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/tmp", "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k,mode=555") != 0 || chdir("/tmp") != 0 ||
        syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
        _exit(125);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    if ((syscall(SYS_setgroups, 0, NULL) != 0 && errno != EPERM) || syscall(SYS_setresgid, 65534, 65534, 65534) != 0 ||
        syscall(SYS_setresuid, 65534, 65534, 65534) != 0)
        _exit(125);
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct nothing[2] = {{0}};
    if (syscall(SYS_capset, &header, nothing) != 0) _exit(125);
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGINT);
    sigprocmask(SIG_BLOCK, &awaited, NULL);
    int word = 0;
    // The other end of descriptor 3 waits until it is safe to look at this namespace.
    if (write(3, &word, sizeof word) != sizeof word) _exit(125);
    syscall(SYS_close_range, 0, ~0U, 0);
    for (;;) {
        int number = 0;
        sigwait(&awaited, &number);
        if (number != SIGCHLD) _exit(0);
        while (waitpid(-1, NULL, WNOHANG) > 0) {}
    }
}

int kst_open_in_root(const char *root, const char *path, int flags) {
    int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return -errno;
    struct open_how how = {.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC), .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    int file = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
    int error = errno;
    close(folder);
    return file < 0 ? -error : file;
}

int kst_is_namespace(const char *path) {
    struct statfs facts;
    if (statfs(path, &facts) != 0) return -errno;
    return facts.f_type == NSFS_MAGIC;
}

int kst_first_process(const char *path, char *const *arguments, char *const *environment) {
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return -errno;
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0) return -errno;
    sigset_t awaited, none;
    sigemptyset(&none);
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGINT);
    sigprocmask(SIG_BLOCK, &awaited, NULL);
    int isEnding = 0, code = 0;
    for (;;) {
        posix_spawnattr_t attributes;
        pid_t program = 0;
        int error = posix_spawnattr_init(&attributes);
        if (error) return -error;
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &awaited);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        error = posix_spawn(&program, path, NULL, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
        if (error) return -error;
        for (int isRunning = 1; isRunning;) {
            int number = 0, status;
            pid_t ended;
            sigwait(&awaited, &number);
            if (number != SIGCHLD) {
                isEnding = 1;
                kill(program, SIGTERM);
            }
            while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
                if (ended != program) continue;
                isRunning = 0;
                code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            }
        }
        // An agent that says that it cannot run is not started again; one that crashed is.
        if (isEnding || code == 0 || code == 1 || code == 64) return code;
        struct timespec pause = {0, 200000000}, rest;
        nanosleep(&pause, &rest);
    }
}
