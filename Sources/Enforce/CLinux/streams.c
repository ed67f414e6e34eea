#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinux.h"
#include "Streams.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static int result(int value) { return value < 0 ? -errno : value; }

static int closing(int descriptor) {
    int error = errno;
    close(descriptor);
    return -error;
}

int kst_terminal(int *ours, int *theirs) {
    int first = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (first < 0) return -errno;
    char name[64];
    if (grantpt(first) != 0 || unlockpt(first) != 0 || ptsname_r(first, name, sizeof name) != 0) return closing(first);
    int second = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (second < 0) return closing(first);
    struct termios settings;
    if (tcgetattr(second, &settings) == 0) {
        cfmakeraw(&settings);
        tcsetattr(second, TCSANOW, &settings);
    }
    *ours = first;
    *theirs = second;
    return 0;
}

int kst_set_window_size(int descriptor, unsigned short rows, unsigned short columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return result(ioctl(descriptor, TIOCSWINSZ, &size));
}

int kst_set_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return -errno;
    return result(fcntl(descriptor, F_SETFL, flags | O_NONBLOCK));
}

int kst_shutdown_writing(int descriptor) { return result(shutdown(descriptor, SHUT_WR)); }

int kst_connect_packets(const char *folder, const char *name) {
    // By way of the folder, since an address has room for a short path only.
    int place = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (place < 0) return -errno;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", place, name);
    if (length >= (int)sizeof address.sun_path) {
        close(place);
        return -ENAMETOOLONG;
    }
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) return closing(place);
    int done = connect(fd, (struct sockaddr *)&address, sizeof address);
    int error = errno;
    close(place);
    errno = error;
    return done != 0 ? closing(fd) : fd;
}

int kst_connect_tcp(const char *address, uint16_t port, int timeout) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr *to;
    socklen_t size;
    if (inet_pton(AF_INET, address, &v4.sin_addr) == 1) {
        to = (struct sockaddr *)&v4;
        size = sizeof v4;
    } else if (inet_pton(AF_INET6, address, &v6.sin6_addr) == 1) {
        to = (struct sockaddr *)&v6;
        size = sizeof v6;
    } else {
        return -EINVAL;
    }
    int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    if (connect(fd, to, size) != 0) {
        if (errno != EINPROGRESS) return closing(fd);
        struct pollfd poller = {.fd = fd, .events = POLLOUT};
        int ready;
        do { ready = poll(&poller, 1, timeout); } while (ready < 0 && errno == EINTR);
        int error = ready == 0 ? ETIMEDOUT : ready < 0 ? errno : 0;
        socklen_t length = sizeof error;
        if (ready > 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
        if (error != 0) {
            close(fd);
            return -error;
        }
    }
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

int kst_await(int descriptor, short events, int stop, int timeout) {
    struct pollfd polls[2] = {{.fd = descriptor, .events = events}, {.fd = stop, .events = POLLIN}};
    int ready;
    do { ready = poll(polls, 2, timeout); } while (ready < 0 && errno == EINTR);
    if (ready < 0) return -errno;
    if (ready == 0) return 2;
    return polls[1].revents != 0 ? 0 : 1;
}

int kst_watch_growth(const char *folder) {
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (fd < 0) return -errno;
    if (inotify_add_watch(fd, folder, IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR) < 0) return closing(fd);
    return fd;
}
