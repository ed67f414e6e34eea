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
#include "CLinuxFiles.h"
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
// its own, in a folder unless that is empty; answers its process id.
int kst_spawn(const char *path, char *const *arguments, char *const *environment, const int *from, const int *to, size_t count,
              const char *folder);

// Starts a child in new namespaces of the kinds in `flags`. It waits until `kst_go` is called on `*go`, so that its user
// namespace can be given its ids first; then it becomes root in there, calls itself `hostname` unless that is empty, and runs
// the program with the descriptors given like `kst_spawn`, or, without a program, holds the namespaces until `*go` is closed.
// A word on `*done` tells that it got so far: 0, or the error number. Answers the process id.
int kst_spawn_in_new(int flags, const char *hostname, const char *path, char *const *arguments, char *const *environment, const int *from,
                     const int *to, size_t count, int *go, int *done);
int kst_go(int go);
// What the child said; blocks.
int kst_done(int done);

// Puts the process into an empty read-only file system of its own, as nobody, without capabilities, and reaps children until
// it is told to end. For the first process of a pod's process namespace. Does not return.
void kst_pause(void);

// Opens a file below `root` as it would be seen with `root` as the root folder: no link leads out of it.
int kst_open_in_root(const char *root, const char *path, int flags);
// Whether a file is one that a namespace is mounted on.
int kst_is_namespace(const char *path);

// The first process of a node's process namespace: makes the namespace's own /proc, starts the program again and again until it
// ends with 0 or a signal asks for the end, which is passed on, and reaps whatever is left to it. Answers the last exit code.
int kst_first_process(const char *path, char *const *arguments, char *const *environment);

// Mounts `folder` once more on `target`, where its files belong to those users that the user namespace says.
int kst_mount_idmapped(const char *folder, const char *target, const char *user_namespace);
// Mounts `folder` on `target` too.
int kst_mount_also(const char *folder, const char *target);
// Mounts an empty file system that all may pass through and only its owner list.
int kst_mount_passage(const char *target);
// Copies a tree; every file belongs to the user and group whose numbers are `first` more. Links are copied as links.
int kst_copy_shifted(const char *from, const char *to, uint32_t first);

// A descriptor that becomes readable when a file was written and closed, or moved into a folder; with `removals` also when one
// went away.
int kst_watch(const char *folder, int removals);

// Removes a file or a folder with its content, without following links and without leaving the filesystem.
int kst_remove_tree(const char *path);

// Runs `body` with `context` on a thread of its own; with `wait` until it has ended.
int kst_thread(void (*body)(void *), void *context, int wait);

// Attributes of interfaces that headers older than the kernel do not name.
enum { KST_GRO_MAX_SIZE = 58, KST_GSO_IPV4_MAX_SIZE = 63, KST_GRO_IPV4_MAX_SIZE = 64 };

enum {
    KST_NEWNET = CLONE_NEWNET,
    KST_NEWNS = CLONE_NEWNS,
    KST_NEWIPC = CLONE_NEWIPC,
    KST_NEWUTS = CLONE_NEWUTS,
    KST_NEWUSER = CLONE_NEWUSER,
    KST_NEWPID = CLONE_NEWPID
};
