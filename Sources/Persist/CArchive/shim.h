#include <archive.h>
#include <archive_entry.h>
/* What archives carry besides contents, and Swift's module of Glibc leaves out. */
#include <sys/xattr.h>
