#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static int result(int value) { return value < 0 ? -errno : value; }

int kst_mount_idmapped(const char *folder, const char *target, const char *user_namespace) {
    int users = open(user_namespace, O_RDONLY | O_CLOEXEC);
    if (users < 0) return -errno;
    int tree = open_tree(AT_FDCWD, folder, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
    int error = tree < 0 ? errno : 0;
    struct mount_attr wanted = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)users};
    if (!error && mount_setattr(tree, "", AT_EMPTY_PATH, &wanted, sizeof wanted) != 0) error = errno;
    if (!error && move_mount(tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) != 0) error = errno;
    if (tree >= 0) close(tree);
    close(users);
    return -error;
}

int kst_mount_also(const char *folder, const char *target) { return result(mount(folder, target, NULL, MS_BIND | MS_REC, NULL)); }

int kst_mount_passage(const char *target) {
    return result(mount("passage", target, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=711,size=1m"));
}

static int copy_content(const char *from, int file) {
    int source = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (source < 0) return -errno;
    char buffer[65536];
    int error = 0;
    for (;;) {
        ssize_t got = read(source, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) error = errno;
        if (got <= 0) break;
        for (ssize_t done = 0; done < got && !error;) {
            ssize_t written = write(file, buffer + done, (size_t)(got - done));
            if (written < 0 && errno != EINTR) error = errno;
            if (written > 0) done += written;
        }
        if (error) break;
    }
    close(source);
    return -error;
}

static int copy_entry(const FTSENT *entry, const char *target, uint32_t first) {
    const struct stat *facts = entry->fts_statp;
    switch (entry->fts_info) {
    case FTS_D:
        if (mkdir(target, 0700) != 0 && errno != EEXIST) return -errno;
        break;
    case FTS_F: {
        int file = open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (file < 0) return -errno;
        int error = copy_content(entry->fts_accpath, file);
        if (close(file) != 0 && !error) error = -errno;
        if (error) return error;
        break;
    }
    case FTS_SL:
    case FTS_SLNONE: {
        char link[PATH_MAX];
        ssize_t length = readlink(entry->fts_accpath, link, sizeof link - 1);
        if (length < 0) return -errno;
        link[length] = 0;
        if (symlink(link, target) != 0) return -errno;
        break;
    }
    case FTS_DP: break;
    case FTS_DEFAULT: return 0;  // what is no file, folder or link is made by the runtime
    default: return entry->fts_errno ? -entry->fts_errno : -EIO;
    }
    if (entry->fts_info == FTS_D) return 0;
    if (lchown(target, facts->st_uid + first, facts->st_gid + first) != 0) return -errno;
    // After the owner, whose change takes the bits for other users away.
    if (entry->fts_info != FTS_SL && entry->fts_info != FTS_SLNONE && chmod(target, facts->st_mode & 07777) != 0) return -errno;
    return 0;
}

int kst_copy_shifted(const char *from, const char *to, uint32_t first) {
    char *const roots[] = {(char *)from, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    if (!walk) return -errno;
    int value = 0;
    size_t skip = strlen(from);
    FTSENT *entry;
    while (!value && (entry = fts_read(walk)) != NULL) {
        char target[PATH_MAX];
        int length = snprintf(target, sizeof target, "%s%s", to, entry->fts_path + skip);
        value = length < 0 || (size_t)length >= sizeof target ? -ENAMETOOLONG : copy_entry(entry, target, first);
    }
    fts_close(walk);
    return value;
}
