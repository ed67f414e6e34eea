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

// Runs `body` with `context` on a thread of its own; with `wait` until it has ended.
int kst_thread(void (*body)(void *), void *context, int wait);

enum { KST_NEWNET = CLONE_NEWNET, KST_NEWNS = CLONE_NEWNS };
