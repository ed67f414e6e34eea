// Descriptors that bytes stream over: terminals, sockets, files that grow. Functions answer as those of CLinux.h do.
#pragma once
#include <stddef.h>
#include <stdint.h>

// A new terminal in raw mode: our end, and the end of the program.
int kst_terminal(int *ours, int *theirs);
int kst_set_window_size(int descriptor, unsigned short rows, unsigned short columns);
int kst_set_nonblocking(int descriptor);
int kst_shutdown_writing(int descriptor);

// Connects to a Unix socket in a folder, one that keeps packets apart.
int kst_connect_packets(const char *folder, const char *name);
// Connects to an IPv4 or IPv6 address in the calling thread's network namespace, at most `timeout` milliseconds.
int kst_connect_tcp(const char *address, uint16_t port, int timeout);

// Waits until `descriptor` has one of `events` or `stop` is readable: 1 for the first, 0 for the second, 2 when
// `timeout` milliseconds are over (-1: never).
int kst_await(int descriptor, short events, int stop, int timeout);

// A descriptor that becomes readable when a file in a folder grows, comes, goes or is moved.
int kst_watch_growth(const char *folder);
