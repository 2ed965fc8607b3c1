#include "daemon/source/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/cage/cage.h"

enum { READ_BYTES = 256 * 1024, LINK_HOPS_MAX = 8 };

struct tw_files {
    int fd;                     // the directory, or the archive
    struct tw_archive_toc *toc; // NULL for a directory
    const struct tw_archive_member **by_path;
    size_t member_count;
    uint64_t archive_bytes;
};

static int open_error(struct tw_err *err, const char *path)
{
    int code = errno == ENOENT || errno == ENOTDIR ? TW_E_NOT_FOUND : TW_E_IO;
    return tw_err_set(err, code, "%s: %s", path, strerror(errno));
}

int tw_files_open_directory(const char *path, struct tw_files **ret_files, struct tw_err *err)
{
    TW_AUTO(tw_closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOTDIR
                   ? tw_err_set(err, TW_E_USAGE,
                         "%s is no directory; an archive of one is read with oci-archive:", path)
                   : open_error(err, path);
    struct tw_files *files = calloc(1, sizeof *files);
    if (!files)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    files->fd = TW_TAKE_FD(fd);
    *ret_files = files;
    return 0;
}

// By path, and in archive order among the same path.
static int compare_members(const void *a, const void *b)
{
    const struct tw_archive_member *x = *(const struct tw_archive_member *const *)a;
    const struct tw_archive_member *y = *(const struct tw_archive_member *const *)b;
    int order = strcmp(x->path, y->path);
    return order ? order : (x > y) - (x < y);
}

// Of repeated paths the last one stays, as it does when an archive is unpacked.
static int index_members(struct tw_files *files, struct tw_err *err)
{
    size_t count = files->toc->member_count, kept = 0;
    files->by_path = calloc(count + 1, sizeof(struct tw_archive_member *));
    if (!files->by_path)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < count; i++)
        files->by_path[i] = &files->toc->members[i];
    qsort(files->by_path, count, sizeof(struct tw_archive_member *), compare_members);
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && strcmp(files->by_path[kept - 1]->path, files->by_path[i]->path) == 0)
            kept--;
        files->by_path[kept++] = files->by_path[i];
    }
    files->member_count = kept;
    return 0;
}

int tw_files_open_archive(const char *path, const struct tw_source_options *options,
    struct tw_files **ret_files, struct tw_err *err)
{
    TW_AUTO(tw_files_freep) struct tw_files *files = calloc(1, sizeof *files);
    if (!files)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    files->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (files->fd < 0 || fstat(files->fd, &st) < 0)
        return open_error(err, path);
    if (!S_ISREG(st.st_mode))
        return tw_err_set(err, TW_E_USAGE, "%s is no regular file", path);
    files->archive_bytes = (uint64_t)st.st_size;
    int r = tw_cage_archive_toc(&options->cage, files->fd, options->limits, &files->toc, err);
    if (r == 0)
        r = index_members(files, err);
    if (r < 0)
        return tw_err_wrap(err, r, "%s", path);
    *ret_files = TW_TAKE(files);
    return 0;
}

void tw_files_free(struct tw_files *files)
{
    if (!files)
        return;
    tw_closep(&files->fd);
    tw_archive_toc_free(files->toc);
    free(files->by_path);
    free(files);
}

void tw_extent_done(struct tw_extent *extent)
{
    if (extent->owned)
        tw_closep(&extent->fd);
    *extent = TW_EXTENT_NONE;
}

static const struct tw_archive_member *find_member(const struct tw_files *files, const char *path)
{
    size_t low = 0, high = files->member_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(files->by_path[middle]->path, path);
        if (order == 0)
            return files->by_path[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int find_in_archive(
    struct tw_files *files, const char *name, struct tw_extent *ret_extent, struct tw_err *err)
{
    const struct tw_archive_member *m = find_member(files, name);
    for (int hops = 0; m && m->link; hops++) {
        if (hops == LINK_HOPS_MAX)
            return tw_err_set(err, TW_E_FORMAT, "%s: links go in a circle", name);
        m = find_member(files, m->link);
    }
    if (!m)
        return tw_err_set(err, TW_E_NOT_FOUND, "the archive has no %s", name);
    // The table of contents was made by the cage: hostile as the archive itself.
    if (m->offset > files->archive_bytes || m->size_bytes > files->archive_bytes - m->offset)
        return tw_err_set(err, TW_E_TRUNCATED, "%s lies beyond the end of the archive", name);
    *ret_extent =
        (struct tw_extent){.fd = files->fd, .offset = m->offset, .size_bytes = m->size_bytes};
    return 0;
}

// Whether that is why openat() failed: for a folder it says ENOTDIR, for a file ELOOP.
static bool is_link(int directory, const char *part)
{
    int why = errno;
    struct stat st;
    bool link = fstatat(directory, part, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
    errno = why;
    return link;
}

// Component by component: O_NOFOLLOW only guards the last one.
static int open_below(int directory, const char *name, struct tw_err *err)
{
    TW_AUTO(tw_closep) int at = fcntl(directory, F_DUPFD_CLOEXEC, 0);
    while (at >= 0) {
        size_t n = strcspn(name, "/");
        char part[256];
        if (n == 0 || n >= sizeof part || name[0] == '.')
            return tw_err_set(err, TW_E_FORMAT, "\"%.200s\" is no file name of an image", name);
        memcpy(part, name, n);
        part[n] = '\0';
        bool last = name[n] == '\0';
        int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | (last ? O_NONBLOCK : O_DIRECTORY);
        int next = openat(at, part, flags);
        if (next >= 0 && last)
            return next;
        if (next < 0 && is_link(at, part))
            return tw_err_set(
                err, TW_E_FORMAT, "%s is a symbolic link, which is not followed", part);
        tw_closep(&at);
        at = next;
        name += n + 1;
    }
    return open_error(err, "the layout");
}

static int find_in_directory(
    struct tw_files *files, const char *name, struct tw_extent *ret_extent, struct tw_err *err)
{
    struct tw_err why = {0};
    TW_AUTO(tw_closep) int fd = open_below(files->fd, name, &why);
    struct stat st;
    if (fd < 0 && why.code == TW_E_NOT_FOUND)
        return tw_err_set(err, TW_E_NOT_FOUND, "the layout has no %s", name);
    if (fd < 0)
        return tw_err_set(err, why.code, "%s", why.msg);
    if (fstat(fd, &st) < 0)
        return open_error(err, name);
    if (!S_ISREG(st.st_mode))
        return tw_err_set(err, TW_E_FORMAT, "%s is no regular file", name);
    *ret_extent =
        (struct tw_extent){.fd = TW_TAKE_FD(fd), .owned = true, .size_bytes = (uint64_t)st.st_size};
    return 0;
}

int tw_files_find(
    struct tw_files *files, const char *name, struct tw_extent *ret_extent, struct tw_err *err)
{
    return files->toc ? find_in_archive(files, name, ret_extent, err)
                      : find_in_directory(files, name, ret_extent, err);
}

int tw_files_find_blob(struct tw_files *files, const struct tw_digest *digest,
    struct tw_extent *ret_extent, struct tw_err *err)
{
    struct tw_digest checked;
    int r = tw_digest_parse(digest->text, &checked, err);
    if (r < 0)
        return r;
    TW_AUTO(tw_buf_done) struct tw_buf name = TW_BUF(sizeof "blobs/" + TW_DIGEST_TEXT_MAX);
    tw_buf_printf(&name, "blobs/%s", checked.text);
    if (name.status < 0)
        return tw_err_set(err, name.status, "out of memory");
    *strchr(name.data, ':') = '/';
    return tw_files_find(files, name.data, ret_extent, err);
}

// Reads [at, at + size) of the extent; fails when the file has become shorter meanwhile.
static int read_at(
    const struct tw_extent *extent, uint64_t at, void *out, size_t size, struct tw_err *err)
{
    for (size_t done = 0; done < size;) {
        ssize_t n =
            pread(extent->fd, (char *)out + done, size - done, (off_t)(extent->offset + at + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tw_err_set(err, TW_E_IO, "reading: %s", strerror(errno));
        if (n == 0)
            return tw_err_set(err, TW_E_TRUNCATED, "the file became shorter while it was read");
        done += (size_t)n;
    }
    return 0;
}

int tw_extent_read(
    const struct tw_extent *extent, const char *limit, struct tw_buf *out, struct tw_err *err)
{
    if (extent->size_bytes > out->max_bytes - out->size)
        return tw_err_set(err, TW_E_LIMIT, "%" PRIu64 " bytes; the limit %s is %zu",
            extent->size_bytes, limit, out->max_bytes);
    char part[4096];
    for (uint64_t at = 0; at < extent->size_bytes;) {
        uint64_t rest = extent->size_bytes - at;
        size_t n = rest < sizeof part ? (size_t)rest : sizeof part;
        int r = read_at(extent, at, part, n, err);
        if (r < 0)
            return r;
        if (tw_buf_append(out, part, n) < 0)
            return tw_err_set(err, out->status, "out of memory");
        at += n;
    }
    return 0;
}

int tw_extent_stream(const struct tw_extent *extent, const struct tw_descriptor *blob,
    uint64_t max_bytes, const char *limit, tw_blob_sink sink, void *ctx, struct tw_err *err)
{
    if (extent->size_bytes != blob->size_bytes)
        return tw_err_set(err, TW_E_DIGEST,
            "blob %s has %" PRIu64 " bytes, but the manifest says %" PRIu64, blob->digest.text,
            extent->size_bytes, blob->size_bytes);
    if (extent->size_bytes > max_bytes)
        return tw_err_set(err, TW_E_LIMIT,
            "blob %.19s has %" PRIu64 " bytes; the limit %s is %" PRIu64, blob->digest.text,
            extent->size_bytes, limit, max_bytes);
    TW_AUTO(tw_hash_freep) struct tw_hash *hash = NULL;
    int r = tw_hash_new(&blob->digest, &hash, err);
    TW_AUTO(tw_freep) char *part = malloc(READ_BYTES);
    if (r == 0 && !part)
        r = tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (uint64_t at = 0; r == 0 && at < extent->size_bytes;) {
        uint64_t rest = extent->size_bytes - at;
        size_t n = rest < READ_BYTES ? (size_t)rest : READ_BYTES;
        r = read_at(extent, at, part, n, err);
        if (r == 0 && tw_hash_update(hash, part, n) < 0)
            r = tw_err_set(err, TW_E_NOMEM, "no memory for a hash");
        if (r == 0)
            r = sink(ctx, part, n, err);
        at += n;
    }
    return r < 0 ? r : tw_hash_finish(hash, NULL, err);
}

int tw_files_split_name(const char *name, char **ret_path, const char **ret_tag, struct tw_err *err)
{
    size_t size = strlen(name);
    const char *tag = NULL;
    if (access(name, F_OK) < 0) {
        for (const char *colon = strchr(name, ':'); colon; colon = strchr(colon + 1, ':')) {
            char *part = strndup(name, (size_t)(colon - name));
            bool exists = part && access(part, F_OK) == 0;
            free(part);
            if (!exists)
                continue;
            size = (size_t)(colon - name);
            tag = colon + 1;
            break;
        }
    }
    char *path = strndup(name, size);
    if (!path)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    *ret_path = path;
    *ret_tag = tag && tag[0] ? tag : NULL;
    return 0;
}
