// Files by descriptor, and mounts. Functions answer with a result that is not negative, or with the negative error number.
#pragma once
#include <stddef.h>
#include <stdint.h>

// openat2(2): `resolve` is a sum of KST_RESOLVE values.
int kst_open_beneath(int folder, const char *path, int flags, unsigned mode, uint64_t resolve);

// What stands behind a descriptor, also one that was opened for its path only.
struct kst_file_facts {
    uint32_t mode, owner, group, links;
    uint64_t device, inode, blocks, bytes, mount;
    uint32_t major, minor;
};
int kst_file_facts(int descriptor, struct kst_file_facts *facts);
// Facts of an entry of a folder, not following a link.
int kst_entry_facts(int folder, const char *name, struct kst_file_facts *facts);
// Changes what a descriptor stands for, also one that was opened for its path only; 0xFFFFFFFF leaves an owner as it is.
int kst_change_mode(int descriptor, unsigned mode);
int kst_change_owner(int descriptor, uint32_t user, uint32_t group);
int kst_is_tmpfs(int descriptor);
// The path of what is held, in this process's mount namespace; answers its length.
int kst_real_path(int descriptor, char *path, size_t size);

int kst_mount_tmpfs(int folder, const char *options);
// A detached copy of the mounts at and below a descriptor: it takes part in no other's mounts, hears of them, or shares them.
enum { KST_SPREAD_NOTHING, KST_SPREAD_HEARS, KST_SPREAD_SHARES };
int kst_clone_tree(int descriptor, int spread);
// Cuts the mounts at and below the root of one off from all others.
int kst_make_private(int descriptor);
int kst_attach(int tree, int place);
// Takes away the mount whose root this is, with all below it.
int kst_detach(int descriptor);

enum {
    KST_RESOLVE_NO_MOUNTS = 0x01,
    KST_RESOLVE_NO_MAGIC = 0x02,
    KST_RESOLVE_NO_LINKS = 0x04,
    KST_RESOLVE_BENEATH = 0x08,
    KST_O_PATH = 010000000,
};
