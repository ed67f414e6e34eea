#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/time.h>
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

int kst_spawn(const char *path, char *const *arguments, char *const *environment, const int *from, const int *to, size_t count) {
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

int kst_watch(const char *folder) {
    int fd = inotify_init1(IN_CLOEXEC);
    if (fd < 0) return -errno;
    if (inotify_add_watch(fd, folder, IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR) < 0) {
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
