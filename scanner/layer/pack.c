#include "scanner/layer/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "scanner/base/mem.h"

#define WRITE_BLOCK_BYTES (64 * 1024)

struct pack {
    struct archive *disk, *tar;
    struct archive_entry_linkresolver *links;
    size_t prefix; // bytes of the root's name in front of each path
    int out_fd;
    int write_errno;
    void (*skipped)(void *ctx, const char *path, const char *why);
    void *ctx;
};

static void pack_done(struct pack *pack)
{
    archive_read_free(pack->disk);
    archive_write_free(pack->tar);
    archive_entry_linkresolver_free(pack->links);
}

static void archive_entry_freep(struct archive_entry **entry)
{
    archive_entry_free(*entry);
}

static la_ssize_t write_out(struct archive *archive, void *ctx, const void *bytes, size_t size)
{
    struct pack *pack = ctx;
    for (;;) {
        ssize_t n = write(pack->out_fd, bytes, size);
        if (n >= 0)
            return n;
        if (errno == EINTR)
            continue;
        pack->write_errno = errno;
        archive_set_error(archive, errno, "write");
        return ARCHIVE_FATAL;
    }
}

static int fail(const struct pack *pack, struct archive *archive, struct tw_err *err)
{
    if (pack->write_errno)
        return tw_err_set(
            err, TW_E_IO, "cannot write the packed tree: %s", strerror(pack->write_errno));
    const char *text = archive_error_string(archive);
    return tw_err_set(err, TW_E_IO, "cannot pack the tree: %s", text ? text : "unknown reason");
}

// The path below the root; "" for the root itself.
static const char *below(const struct pack *pack, const char *path)
{
    size_t n = strlen(path);
    const char *rest = path + (n < pack->prefix ? n : pack->prefix);
    return rest + strspn(rest, "/");
}

static void skip(const struct pack *pack, const char *path, const char *why)
{
    if (pack->skipped)
        pack->skipped(pack->ctx, below(pack, path), why ? why : "cannot be read");
}

static int open_both(struct pack *pack, const char *path, struct tw_err *err)
{
    pack->disk = archive_read_disk_new();
    pack->tar = archive_write_new();
    pack->links = archive_entry_linkresolver_new();
    if (!pack->disk || !pack->tar || !pack->links)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    archive_entry_linkresolver_set_strategy(pack->links, ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE);
    if (archive_write_set_format_pax_restricted(pack->tar) < ARCHIVE_WARN ||
        archive_write_set_bytes_per_block(pack->tar, WRITE_BLOCK_BYTES) < ARCHIVE_WARN ||
        archive_write_set_bytes_in_last_block(pack->tar, 1) < ARCHIVE_WARN ||
        archive_write_open(pack->tar, pack, NULL, write_out, NULL) < ARCHIVE_WARN)
        return fail(pack, pack->tar, err);
    if (archive_read_disk_set_symlink_physical(pack->disk) < ARCHIVE_WARN ||
        archive_read_disk_set_behavior(
            pack->disk, ARCHIVE_READDISK_NO_TRAVERSE_MOUNTS | ARCHIVE_READDISK_NO_XATTR |
                            ARCHIVE_READDISK_NO_ACL | ARCHIVE_READDISK_NO_FFLAGS) < ARCHIVE_WARN ||
        archive_read_disk_open(pack->disk, path) < ARCHIVE_WARN)
        return fail(pack, pack->disk, err);
    return 0;
}

// The data of a file whose first block was read already, holes as zeros (the pax writer drops
// them again by the entry's sparse map). What cannot be read any more is reported; libarchive
// pads the entry to the size in its header.
static int write_data(struct pack *pack, const char *path, const void *bytes, size_t size,
    la_int64_t offset, struct tw_err *err)
{
    static const char zeros[WRITE_BLOCK_BYTES];
    la_int64_t at = 0;
    for (;;) {
        while (at < offset) {
            size_t hole =
                offset - at < (la_int64_t)sizeof zeros ? (size_t)(offset - at) : sizeof zeros;
            if (archive_write_data(pack->tar, zeros, hole) < 0)
                return fail(pack, pack->tar, err);
            at += (la_int64_t)hole;
        }
        if (size > 0 && archive_write_data(pack->tar, bytes, size) < 0)
            return fail(pack, pack->tar, err);
        at += (la_int64_t)size;
        int code = archive_read_data_block(pack->disk, &bytes, &size, &offset);
        if (code == ARCHIVE_EOF)
            return 0;
        if (code < ARCHIVE_WARN) {
            skip(pack, path, archive_error_string(pack->disk));
            return 0;
        }
    }
}

// One entry. A regular file is opened before its header goes out, so that a file which cannot be
// read leaves no trace in the stream.
static int write_entry(struct pack *pack, struct archive_entry *entry, struct tw_err *err)
{
    const char *path = archive_entry_sourcepath(entry);
    const void *bytes = NULL;
    size_t size = 0;
    la_int64_t offset = 0;
    bool has_data = archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry) &&
                    archive_entry_size(entry) > 0;
    int code = ARCHIVE_EOF;
    if (has_data) {
        code = archive_read_data_block(pack->disk, &bytes, &size, &offset);
        if (code < ARCHIVE_WARN) {
            skip(pack, path, archive_error_string(pack->disk));
            return 0;
        }
    }
    if (archive_write_header(pack->tar, entry) < ARCHIVE_WARN) {
        if (pack->write_errno)
            return fail(pack, pack->tar, err);
        skip(pack, path, archive_error_string(pack->tar));
        return 0;
    }
    if (code != ARCHIVE_EOF) {
        int r = write_data(pack, path, bytes, size, offset, err);
        if (r < 0)
            return r;
    }
    return archive_write_finish_entry(pack->tar) < ARCHIVE_WARN ? fail(pack, pack->tar, err) : 0;
}

// Gives the entry its name below the root, and turns a second name of a file into a hard link.
static int rename_and_write(struct pack *pack, struct archive_entry *entry, struct tw_err *err)
{
    const char *path = archive_entry_pathname(entry);
    TW_AUTO(tw_freep) char *name = strdup(path ? below(pack, path) : "");
    if (!name)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    if (name[0] == '\0' || archive_entry_filetype(entry) == AE_IFSOCK)
        return 0;
    archive_entry_copy_pathname(entry, name);
    struct archive_entry *spare = NULL;
    archive_entry_linkify(pack->links, &entry, &spare);
    return entry ? write_entry(pack, entry, err) : 0;
}

static int pack_all(struct pack *pack, struct tw_err *err)
{
    TW_AUTO(archive_entry_freep) struct archive_entry *entry = archive_entry_new();
    if (!entry)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (;;) {
        int code = archive_read_next_header2(pack->disk, entry);
        if (code == ARCHIVE_EOF)
            break;
        if (code == ARCHIVE_FATAL)
            return fail(pack, pack->disk, err);
        if (code < ARCHIVE_WARN) {
            const char *path = archive_entry_pathname(entry);
            skip(pack, path ? path : "", archive_error_string(pack->disk));
            continue;
        }
        archive_read_disk_descend(pack->disk);
        int r = rename_and_write(pack, entry, err);
        if (r < 0)
            return r;
        archive_entry_clear(entry);
    }
    return archive_write_close(pack->tar) < ARCHIVE_WARN ? fail(pack, pack->tar, err) : 0;
}

int tw_pack_tree(const char *path, int out_fd,
    void (*skipped)(void *ctx, const char *path, const char *why), void *ctx, struct tw_err *err)
{
    // A root that is a symbolic link is followed; nothing below it is.
    TW_AUTO(tw_freep) char *root = realpath(path, NULL);
    TW_AUTO(tw_closep) int fd = root ? open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0)
        return tw_err_set(err, TW_E_IO, "cannot read the directory %s: %s", path, strerror(errno));
    TW_AUTO(pack_done)
    struct pack pack = {.prefix = strlen(root), .out_fd = out_fd, .skipped = skipped, .ctx = ctx};
    int r = open_both(&pack, root, err);
    return r < 0 ? r : pack_all(&pack, err);
}
