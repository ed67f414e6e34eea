#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinuxFiles.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// The numbers are the same on every processor; C libraries know them only since 2022.
enum { CALL_OPEN_TREE = 428, CALL_MOVE_MOUNT = 429, CALL_OPENAT2 = 437, CALL_MOUNT_SETATTR = 442 };
enum { TREE_CLONE = 1, TREE_RECURSIVE = 0x8000, FROM_DESCRIPTOR = 0x04, TO_DESCRIPTOR = 0x40, TMPFS = 0x01021994 };

struct how { uint64_t flags, mode, resolve; };
struct attributes { uint64_t set, clear, propagation, user_namespace; };

static int result(long value) { return value < 0 ? -errno : (int)value; }

int kst_open_beneath(int folder, const char *path, int flags, unsigned mode, uint64_t resolve) {
    struct how how = {.flags = (unsigned)flags | O_CLOEXEC, .mode = flags & O_CREAT ? mode : 0, .resolve = resolve};
    long value;
    // EAGAIN says that something was renamed meanwhile; whoever renames without end shall not hold us.
    int attempts = 128;
    do {
        value = syscall(CALL_OPENAT2, folder, path, &how, sizeof how);
    } while (value < 0 && (errno == EINTR || errno == EAGAIN) && --attempts > 0);
    return result(value);
}

static int facts_at(int folder, const char *name, int flags, struct kst_file_facts *facts) {
    struct statx found;
    if (statx(folder, name, flags | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | 0x1000 /* STATX_MNT_ID */, &found) < 0)
        return -errno;
    *facts = (struct kst_file_facts){
        .mode = found.stx_mode, .owner = found.stx_uid, .group = found.stx_gid, .links = found.stx_nlink,
        .device = makedev(found.stx_dev_major, found.stx_dev_minor), .inode = found.stx_ino, .blocks = found.stx_blocks,
        .bytes = found.stx_size, .mount = found.stx_mnt_id, .major = found.stx_rdev_major, .minor = found.stx_rdev_minor};
    return 0;
}

int kst_file_facts(int descriptor, struct kst_file_facts *facts) { return facts_at(descriptor, "", AT_EMPTY_PATH, facts); }
int kst_entry_facts(int folder, const char *name, struct kst_file_facts *facts) { return facts_at(folder, name, 0, facts); }

static const char *own_path(int descriptor, char path[64]) {
    snprintf(path, 64, "/proc/thread-self/fd/%d", descriptor);
    return path;
}

int kst_change_mode(int descriptor, unsigned mode) {
    char path[64];
    return result(chmod(own_path(descriptor, path), mode));
}

int kst_change_owner(int descriptor, uint32_t user, uint32_t group) {
    return result(fchownat(descriptor, "", user, group, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
}

int kst_is_tmpfs(int descriptor) {
    struct statfs facts;
    if (fstatfs(descriptor, &facts) < 0) return -errno;
    return facts.f_type == TMPFS;
}

int kst_real_path(int descriptor, char *path, size_t size) {
    char own[64];
    long count = readlink(own_path(descriptor, own), path, size);
    if (count < 0) return -errno;
    return (size_t)count >= size ? -ENAMETOOLONG : (int)count;
}

int kst_mount_tmpfs(int folder, const char *options) {
    char path[64];
    return result(mount("tmpfs", own_path(folder, path), "tmpfs", 0, options));
}

static int spread(int descriptor, uint64_t how) {
    struct attributes wanted = {.propagation = how};
    return result(syscall(CALL_MOUNT_SETATTR, descriptor, "", AT_EMPTY_PATH | TREE_RECURSIVE, &wanted, sizeof wanted));
}

int kst_clone_tree(int descriptor, int how) {
    int tree = result(syscall(CALL_OPEN_TREE, descriptor, "", TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH | TREE_RECURSIVE));
    if (tree < 0) return tree;
    int error = how == KST_SPREAD_SHARES ? 0 : spread(tree, how == KST_SPREAD_HEARS ? MS_SLAVE : MS_PRIVATE);
    if (error < 0) {
        close(tree);
        return error;
    }
    return tree;
}

int kst_make_private(int descriptor) { return spread(descriptor, MS_PRIVATE); }

int kst_attach(int tree, int place) {
    return result(syscall(CALL_MOVE_MOUNT, tree, "", place, "", FROM_DESCRIPTOR | TO_DESCRIPTOR));
}

int kst_detach(int descriptor) {
    char path[64];
    return result(umount2(own_path(descriptor, path), MNT_DETACH));
}
