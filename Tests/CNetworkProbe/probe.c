#define _GNU_SOURCE
#include "CNetworkProbe.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void knp_raise_limits(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static socklen_t address(struct sockaddr_storage *out, int family, const uint8_t *bytes, uint16_t port) {
    memset(out, 0, sizeof *out);
    if (family == 4) {
        struct sockaddr_in *a = (struct sockaddr_in *)out;
        a->sin_family = AF_INET;
        a->sin_port = htons(port);
        memcpy(&a->sin_addr, bytes, 4);
        return sizeof *a;
    }
    struct sockaddr_in6 *a = (struct sockaddr_in6 *)out;
    a->sin6_family = AF_INET6;
    a->sin6_port = htons(port);
    memcpy(&a->sin6_addr, bytes, 16);
    return sizeof *a;
}

static uint16_t checksum(const uint8_t *bytes, size_t count) {
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < count; i += 2) sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    if (count & 1) sum += (uint32_t)bytes[count - 1] << 8;
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return htons((uint16_t)~sum);
}

static uint32_t crc32c(const uint8_t *bytes, size_t count) {
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
    }
    return ~crc;
}

// A raw message that carries its number in `tag`; the number of bytes.
static size_t message(const struct knp_probe *probe, uint32_t tag, uint8_t *out) {
    memset(out, 0, 64);
    if (probe->transport != 132) {
        out[0] = probe->icmp_type;
        out[1] = probe->icmp_code;
        out[4] = tag >> 24, out[5] = tag >> 16, out[6] = tag >> 8, out[7] = tag;
        uint16_t sum = probe->transport == 1 ? checksum(out, 20) : 0;  // the kernel fills in that of ICMPv6
        memcpy(out + 2, &sum, 2);
        return 20;
    }
    out[0] = probe->source_port >> 8, out[1] = probe->source_port;
    out[2] = probe->destination_port >> 8, out[3] = probe->destination_port;
    out[12] = 1, out[15] = 20;  // INIT
    out[16] = tag >> 24, out[17] = tag >> 16, out[18] = tag >> 8, out[19] = tag;
    out[22] = 0xff, out[25] = 1, out[27] = 1, out[31] = 1;
    uint32_t crc = crc32c(out, 32);
    memcpy(out + 8, &crc, 4);
    return 32;
}

// The same descriptor with a high number: libnftables, in the same process, needs a low one.
static int high(int fd) {
    if (fd < 0) return fd;
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, 2048);
    if (moved < 0) return fd;
    close(fd);
    return moved;
}

static int open_probe(struct knp_probe *probe, uint32_t tag) {
    struct sockaddr_storage to, from;
    int domain = probe->family == 4 ? AF_INET : AF_INET6, one = 1;
    int is_raw = probe->transport != 6 && probe->transport != 17;
    int type = is_raw ? SOCK_RAW : probe->transport == 6 ? SOCK_STREAM : SOCK_DGRAM;
    int fd = high(socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, probe->transport));
    if (fd < 0) return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    socklen_t size = address(&from, probe->family, probe->source, is_raw ? 0 : probe->source_port);
    if (bind(fd, (struct sockaddr *)&from, size) != 0) goto failed;
    size = address(&to, probe->family, probe->destination, is_raw ? 0 : probe->destination_port);
    if (is_raw) {
        uint8_t bytes[64];
        size_t count = message(probe, tag, bytes);
        if (sendto(fd, bytes, count, MSG_NOSIGNAL, (struct sockaddr *)&to, size) < 0) goto failed;
        close(fd);
        return -EALREADY;
    }
    if (connect(fd, (struct sockaddr *)&to, size) != 0 && errno != EINPROGRESS) goto failed;
    if (probe->transport == 17 && send(fd, "?", 1, MSG_NOSIGNAL) < 0 && errno != ECONNREFUSED) goto failed;
    return fd;
failed:;
    int error = errno;
    close(fd);
    return -error;
}

// The number of the first message of this thread's run; several runs may be under way.
static __thread uint32_t base;

// Whether a raw socket got the message of a probe; its number.
static long received(const uint8_t *bytes, long count, int family, int transport, const struct knp_probe *probes, size_t total) {
    long skip = family == 4 ? (bytes[0] & 15) * 4 : 0;
    const uint8_t *p = bytes + skip;
    if (count < skip + 20) return -1;
    const uint8_t *t = transport == 132 ? p + 16 : p + 4;
    uint32_t tag = (uint32_t)t[0] << 24 | t[1] << 16 | t[2] << 8 | t[3];
    uint32_t number = tag - base;
    if (number >= total) return -1;
    const struct knp_probe *probe = &probes[number];
    if (probe->transport != transport || probe->family != family) return -1;
    if (transport != 132 && (p[0] != probe->icmp_type || p[1] != probe->icmp_code)) return -1;
    return number;
}

struct receiver {
    int fd, family, transport;
};

int knp_run(struct knp_probe *probes, size_t count, const int *namespaces, size_t namespace_count, int patience, int settle) {
    int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), here = -1, result = 0;
    int poller = epoll_create1(EPOLL_CLOEXEC);
    int *sockets = malloc(sizeof(int) * (count + 1));
    static const int kinds[4][2] = {{4, 1}, {4, 132}, {6, 58}, {6, 132}};
    struct receiver *receivers = malloc(sizeof(struct receiver) * (namespace_count * 4 + 1));
    size_t receiver_count = 0, waiting = 0;
    base = (uint32_t)now() << 8 | 1;
    for (size_t i = 0; i < count; i++) sockets[i] = -1, probes[i].arrived = 0, probes[i].error = 0;
    for (size_t i = 0; i < namespace_count; i++) {
        if (setns(namespaces[i], CLONE_NEWNET) != 0) { result = -errno; goto done; }
        for (int k = 0; k < 4; k++) {
            int fd = high(socket(kinds[k][0] == 4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, kinds[k][1]));
            if (fd < 0) { result = -errno; goto done; }
            int size = 4 << 20;
            setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
            receivers[receiver_count] = (struct receiver){fd, kinds[k][0], kinds[k][1]};
            struct epoll_event event = {.events = EPOLLIN, .data.u64 = receiver_count++ | 1ull << 40};
            epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (probes[i].from != here) {
            if (setns(probes[i].from, CLONE_NEWNET) != 0) { result = -errno; goto done; }
            here = probes[i].from;
        }
        if (probes[i].expected) waiting++;
        int fd = open_probe(&probes[i], base + (uint32_t)i);
        if (fd < 0) {
            if (fd == -ECONNREFUSED) {
                probes[i].arrived = 1;
                if (probes[i].expected) waiting--;
            } else if (fd != -EALREADY) {
                probes[i].error = -fd;
                if (probes[i].expected) waiting--;
            }
            continue;
        }
        sockets[i] = fd;
        struct epoll_event event = {.events = EPOLLOUT | EPOLLERR | EPOLLHUP, .data.u64 = i};
        if (probes[i].transport == 17) event.events = EPOLLERR;
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    }
    long start = now(), end = waiting ? start + patience : start + settle;
    for (;;) {
        long left = end - now();
        if (left <= 0) break;
        struct epoll_event events[256];
        int ready = epoll_wait(poller, events, 256, (int)left);
        for (int e = 0; e < ready; e++) {
            if (events[e].data.u64 >> 40) {
                struct receiver *receiver = &receivers[events[e].data.u64 & 0xffffffff];
                uint8_t bytes[2048];
                long got;
                while ((got = recv(receiver->fd, bytes, sizeof bytes, 0)) > 0) {
                    long number = received(bytes, got, receiver->family, receiver->transport, probes, count);
                    if (number < 0 || probes[number].arrived) continue;
                    probes[number].arrived = 1;
                    if (probes[number].expected) waiting--;
                }
                continue;
            }
            size_t i = events[e].data.u64;
            int error = 0;
            socklen_t size = sizeof error;
            getsockopt(sockets[i], SOL_SOCKET, SO_ERROR, &error, &size);
            epoll_ctl(poller, EPOLL_CTL_DEL, sockets[i], NULL);
            // A reset or "port unreachable" comes from the other end; everything else from somebody on the way.
            if (!probes[i].arrived && (error == ECONNREFUSED || (error == 0 && probes[i].transport == 6))) {
                probes[i].arrived = 1;
                if (probes[i].expected) waiting--;
            } else {
                probes[i].error = error;
            }
        }
        if (!waiting && end > now() + settle) end = now() + settle;
    }
done:
    for (size_t i = 0; i < count; i++) if (sockets[i] >= 0) close(sockets[i]);
    for (size_t i = 0; i < receiver_count; i++) close(receivers[i].fd);
    close(poller);
    if (setns(home, CLONE_NEWNET) != 0 && result == 0) result = -errno;
    close(home);
    free(sockets);
    free(receivers);
    return result;
}

// Runs an expression in a namespace and comes back.
#define INSIDE(namespace, expression)                                      \
    ({                                                                     \
        int home_ = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); \
        int value_ = setns(namespace, CLONE_NEWNET) != 0 ? -errno : (expression); \
        setns(home_, CLONE_NEWNET);                                        \
        close(home_);                                                      \
        value_;                                                            \
    })

static int raw_send(int domain, const uint8_t *bytes, size_t count, struct sockaddr_storage *to, socklen_t size) {
    int fd = socket(domain, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), one = 1;
    if (fd < 0) return -errno;
    if (domain == AF_INET) setsockopt(fd, IPPROTO_IP, IP_HDRINCL, &one, sizeof one);
    else setsockopt(fd, IPPROTO_IPV6, IPV6_HDRINCL, &one, sizeof one);
    int result = sendto(fd, bytes, count, 0, (struct sockaddr *)to, size) < 0 ? -errno : 0;
    close(fd);
    return result;
}

int knp_send_forged(int from, const uint8_t source[4], const uint8_t destination[4], uint8_t transport, uint16_t port) {
    uint8_t bytes[40] = {0x45, 0, 0, 0, 0, 1, 0, 0, 64, transport};
    size_t size = transport == 6 ? 40 : 28;
    bytes[3] = size;
    memcpy(bytes + 12, source, 4);
    memcpy(bytes + 16, destination, 4);
    uint8_t *head = bytes + 20;
    head[0] = 0x9c, head[1] = 0x41, head[2] = port >> 8, head[3] = port;
    if (transport == 17) head[5] = 8;  // without a checksum
    if (transport == 6) {
        head[12] = 0x50, head[13] = 2, head[14] = 0xff;
        uint8_t pseudo[32] = {0};
        memcpy(pseudo, source, 4), memcpy(pseudo + 4, destination, 4);
        pseudo[9] = 6, pseudo[11] = 20;
        memcpy(pseudo + 12, head, 20);
        uint16_t sum = checksum(pseudo, 32);
        memcpy(head + 16, &sum, 2);
    }
    struct sockaddr_storage to;
    socklen_t length = address(&to, 4, destination, 0);
    return INSIDE(from, raw_send(AF_INET, bytes, size, &to, length));
}

int knp_send_forged6(int from, const uint8_t source[16], const uint8_t destination[16], uint16_t port) {
    uint8_t bytes[48] = {0x60, 0, 0, 0, 0, 8, 17, 64};
    memcpy(bytes + 8, source, 16);
    memcpy(bytes + 24, destination, 16);
    bytes[40] = 0x9c, bytes[41] = 0x41, bytes[42] = port >> 8, bytes[43] = port, bytes[45] = 8;
    uint8_t pseudo[48] = {0};
    memcpy(pseudo, source, 16), memcpy(pseudo + 16, destination, 16);
    pseudo[35] = 8, pseudo[39] = 17;
    memcpy(pseudo + 40, bytes + 40, 8);
    uint16_t sum = checksum(pseudo, 48);
    memcpy(bytes + 46, &sum, 2);
    struct sockaddr_storage to;
    socklen_t length = address(&to, 6, destination, 0);
    return INSIDE(from, raw_send(AF_INET6, bytes, sizeof bytes, &to, length));
}

static int arp_claim(const char *interface, const uint8_t claimed[4]) {
    int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ARP));
    if (fd < 0) return -errno;
    struct sockaddr_ll own = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP), .sll_ifindex = (int)if_nametoindex(interface)};
    socklen_t size = sizeof own;
    if (bind(fd, (struct sockaddr *)&own, sizeof own) != 0 || getsockname(fd, (struct sockaddr *)&own, &size) != 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    uint8_t bytes[28] = {0, 1, 8, 0, 6, 4, 0, 2};
    memcpy(bytes + 8, own.sll_addr, 6), memcpy(bytes + 14, claimed, 4);
    memset(bytes + 18, 0xff, 6), memcpy(bytes + 24, claimed, 4);
    struct sockaddr_ll to = own;
    to.sll_halen = 6;
    memset(to.sll_addr, 0xff, 6);
    int result = sendto(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&to, sizeof to) < 0 ? -errno : 0;
    close(fd);
    return result;
}

int knp_send_arp_claim(int from, const char *interface, const uint8_t claimed[4]) {
    return INSIDE(from, arp_claim(interface, claimed));
}

static int listen_here(int transport, uint16_t port) {
    int fd = socket(AF_INET, (transport == 6 ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0) return -errno;
    uint8_t any[4] = {0};
    struct sockaddr_storage own;
    socklen_t size = address(&own, 4, any, port);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&own, size) != 0 || (transport == 6 && listen(fd, 64) != 0)) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

int knp_listen(int in, int transport, uint16_t port) { return INSIDE(in, listen_here(transport, port)); }

static int wait_for(int fd, short events, int patience) {
    struct pollfd one = {fd, events, 0};
    return poll(&one, 1, patience) > 0;
}

static int connect_here(int transport, const uint8_t destination[4], uint16_t port, int patience) {
    int fd = socket(AF_INET, (transport == 6 ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error = 0;
    if (fd < 0) return -errno;
    struct sockaddr_storage to;
    socklen_t size = address(&to, 4, destination, port), length = sizeof error;
    if (connect(fd, (struct sockaddr *)&to, size) != 0) {
        error = errno;
        if (error == EINPROGRESS) {
            error = ETIMEDOUT;
            if (wait_for(fd, POLLOUT, patience)) getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
        }
    }
    if (error) {
        close(fd);
        return -error;
    }
    return fd;
}

int knp_connect(int from, int transport, const uint8_t destination[4], uint16_t port, int patience) {
    return INSIDE(from, connect_here(transport, destination, port, patience));
}

int knp_accept(int listener, int patience) {
    if (!wait_for(listener, POLLIN, patience)) return -ETIMEDOUT;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int knp_receive(int descriptor, int patience) {
    uint8_t bytes[2048];
    if (!wait_for(descriptor, POLLIN, patience)) return 0;
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    long got = recvfrom(descriptor, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&from, &size);
    if (got == 0) return -1000;
    return got < 0 ? -errno : (int)got;
}

int knp_send(int descriptor) { return send(descriptor, "hello", 5, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 5; }

int knp_peer(int descriptor, uint8_t out[4]) {
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    if (getpeername(descriptor, (struct sockaddr *)&peer, &size) != 0) return -errno;
    memcpy(out, &peer.sin_addr, 4);
    return ntohs(peer.sin_port);
}

#include <pthread.h>

struct stream {
    int fd;
    long end;
    long bytes;
};

static void *drain(void *argument) {
    struct stream *stream = argument;
    static __thread char buffer[1 << 18];
    long got;
    while ((got = recv(stream->fd, buffer, sizeof buffer, 0)) > 0) stream->bytes += got;
    return NULL;
}

long knp_stream(int server, int client, const uint8_t target[4], uint16_t port, int milliseconds) {
    static char buffer[1 << 18];
    int listener = knp_listen(server, 6, port);
    if (listener < 0) return listener;
    int out = knp_connect(client, 6, target, port, 2000);
    int in = out < 0 ? -1 : knp_accept(listener, 2000);
    close(listener);
    if (out < 0 || in < 0) return out < 0 ? out : in;
    fcntl(out, F_SETFL, fcntl(out, F_GETFL) & ~O_NONBLOCK);
    struct stream stream = {in, 0, 0};
    pthread_t thread;
    pthread_create(&thread, NULL, drain, &stream);
    for (long end = now() + milliseconds; now() < end;)
        if (send(out, buffer, sizeof buffer, MSG_NOSIGNAL) < 0) break;
    shutdown(out, SHUT_WR);
    pthread_join(thread, NULL);
    close(out);
    close(in);
    return stream.bytes;
}
