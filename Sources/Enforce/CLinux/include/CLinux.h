// The parts of the kernel's interface that Swift cannot import: what hides behind _GNU_SOURCE, variadic functions and
// macros. Functions answer with a result that is not negative, or with the negative error number.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include "Streams.h"

// A netlink socket of the calling thread's network namespace, with extended errors and a receive buffer of `buffer`
// bytes; reads end after `timeout` milliseconds.
int kst_netlink_open(int protocol, int buffer, int timeout);
long kst_netlink_send(int descriptor, const void *bytes, size_t count);
// One datagram; -EMSGSIZE when it did not fit.
long kst_netlink_receive(int descriptor, void *bytes, size_t count);

int kst_unshare(int flags);
int kst_setns(int descriptor, int type);
// The calling thread's namespace of a kind ("net", "mnt", …).
int kst_open_namespace(const char *kind);
int kst_open(const char *path, int flags);
long kst_read(int descriptor, void *bytes, size_t count);
long kst_write(int descriptor, const void *bytes, size_t count);
int kst_eventfd(void);
int kst_bind_mount(int descriptor, const char *path);
int kst_unmount(const char *path);

// A pipe whose ends are closed on exec.
int kst_pipe(int ends[2]);
// Starts a program with the given descriptors at the given numbers and no others, with default signals, in a session of
// its own; answers its process id.
int kst_spawn(const char *path, char *const *arguments, char *const *environment, const int *from, const int *to, size_t count);

// A descriptor that becomes readable when a file was written and closed, or moved, in a folder.
int kst_watch(const char *folder);

// Removes a file or a folder with its content, without following links and without leaving the filesystem.
int kst_remove_tree(const char *path);

// Runs `body` with `context` on a thread of its own; with `wait` until it has ended.
int kst_thread(void (*body)(void *), void *context, int wait);

enum { KST_NEWNET = CLONE_NEWNET, KST_NEWNS = CLONE_NEWNS };
