// Sends real packets between network namespaces and says which of them arrived.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct knp_probe {
    int from;  // the sender's namespace, a descriptor
    uint8_t family;  // 4 or 6
    uint8_t transport;  // 6, 17, 132, 1 or 58
    uint8_t icmp_type, icmp_code;
    uint8_t source[16], destination[16];
    uint16_t source_port, destination_port;
    uint8_t expected;  // only decides how long is waited
    uint8_t arrived;
    int error;
};

// TCP and UDP by connected sockets to ports where nobody listens: a reset, or an ICMP error, is an answer. SCTP and ICMP
// by raw packets that raw sockets in the namespaces `receivers` wait for. Ends `settle` milliseconds after the last
// expected packet arrived, at the latest after `patience`. Changes the calling thread's namespace and restores it.
int knp_run(struct knp_probe *probes, size_t count, const int *receivers, size_t receiver_count, int patience, int settle);

// One packet with any source address, written whole: no socket has to own the address. UDP, or TCP with SYN.
int knp_send_forged(int from, const uint8_t source[4], const uint8_t destination[4], uint8_t transport, uint16_t port);
// As before over IPv6 to port `port`, UDP.
int knp_send_forged6(int from, const uint8_t source[16], const uint8_t destination[16], uint16_t port);
// Claims by ARP on `interface`, to everybody, that `address` is at this interface.
int knp_send_arp_claim(int from, const char *interface, const uint8_t address[4]);

// A socket of a namespace: listening TCP, or bound UDP, on a port of all IPv4 addresses; a descriptor or -errno.
int knp_listen(int in, int transport, uint16_t port);
// A TCP connection, or connected UDP socket, within `patience` milliseconds.
int knp_connect(int from, int transport, const uint8_t destination[4], uint16_t port, int patience);
int knp_accept(int listener, int patience);
// How many bytes came within the time; 0 for none, -errno for an error, -1000 when the other end closed.
int knp_receive(int descriptor, int patience);
int knp_send(int descriptor);
// The peer's address of a connected or accepted socket.
int knp_peer(int descriptor, uint8_t address[4]);
void knp_raise_limits(void);

// Sends over one TCP connection for some time; how many bytes arrived, or -errno.
long knp_stream(int server, int client, const uint8_t address[4], uint16_t port, int milliseconds);
