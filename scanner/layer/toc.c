#include "scanner/layer/toc.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "scanner/base/json.h"
#include "scanner/base/text.h"

enum { BLOCK_BYTES = 64 * 1024 };

static const struct {
    const char *name;
    const char *magic;
    size_t size;
} compressions[] = {{"gzip", "\x1f\x8b", 2}, {"zstd", "\x28\xb5\x2f\xfd", 4}, {"bzip2", "BZh", 3},
    {"xz",
        "\xfd"
        "7zXZ",
        5}};

static int refuse_compressed(int fd, struct tw_err *err)
{
    uint8_t head[8] = {0};
    if (pread(fd, head, sizeof head, 0) < 0)
        return tw_err_set(err, TW_E_IO, "the archive must be a file: %s", strerror(errno));
    for (size_t i = 0; i < TW_COUNT(compressions); i++) {
        if (memcmp(head, compressions[i].magic, compressions[i].size) == 0)
            return tw_err_set(err, TW_E_UNSUPPORTED,
                "the archive is compressed by %s: decompress it first", compressions[i].name);
    }
    return 0;
}

static int add_member(struct tw_archive_toc *toc, struct archive *a, struct archive_entry *entry,
    const struct tw_limits *limits, struct tw_err *err)
{
    const char *raw = archive_entry_pathname(entry);
    const char *hard = archive_entry_hardlink(entry), *symbolic = archive_entry_symlink(entry);
    if (!raw || strlen(raw) > limits->path_bytes)
        return tw_err_set(err, TW_E_LIMIT, "a member's name is missing or over path_bytes");
    if (archive_entry_sparse_count(entry) > 0)
        return tw_err_set(err, TW_E_UNSUPPORTED, "a member is sparse");
    struct tw_archive_member *m = tw_arena_push(toc->arena, &toc->members, &toc->member_count);
    if (!m)
        return tw_err_set(err, TW_E_LIMIT, "the archive's list is over inventory_bytes");
    m->path = tw_text_path(toc->arena, tw_span_str(raw), NULL);
    m->size_bytes = (uint64_t)archive_entry_size(entry);
    // The tar reader has taken the header and nothing of the data.
    m->offset = (uint64_t)archive_filter_bytes(a, 0);
    if (hard)
        m->link = tw_text_path(toc->arena, tw_span_str(hard), NULL);
    if (symbolic && m->path) { // relative to the folder that the link is in
        const char *slash = strrchr(m->path, '/');
        int folder = slash && symbolic[0] != '/' ? (int)(slash - m->path) + 1 : 0;
        char *joined = tw_arena_printf(toc->arena, "%.*s%s", folder, m->path, symbolic);
        m->link = joined ? tw_text_path(toc->arena, tw_span_str(joined), NULL) : NULL;
    }
    if (!m->path || ((hard || symbolic) && !m->link))
        return tw_err_set(err, TW_E_LIMIT, "the archive's list is over inventory_bytes");
    return 0;
}

static int read_members(struct tw_archive_toc *toc, struct archive *a,
    const struct tw_limits *limits, struct tw_err *err)
{
    struct archive_entry *entry;
    int status;
    while ((status = archive_read_next_header(a, &entry)) == ARCHIVE_OK || status == ARCHIVE_WARN) {
        if (toc->member_count >= limits->layer_entries)
            return tw_err_set(err, TW_E_LIMIT, "more members than layer_entries allows");
        int r = add_member(toc, a, entry, limits, err);
        if (r < 0)
            return r;
    }
    return status == ARCHIVE_EOF ? 0
                                 : tw_err_set(err, TW_E_FORMAT, "not a tar archive: %s",
                                       archive_error_string(a) ? archive_error_string(a) : "");
}

// libarchive's own reader of descriptors asks fstat, which the cage does not have.
struct file {
    int fd;
    uint64_t offset;
    uint8_t bytes[BLOCK_BYTES];
};

static la_ssize_t read_block(struct archive *a, void *ctx, const void **ret_bytes)
{
    struct file *file = ctx;
    ssize_t n = pread(file->fd, file->bytes, sizeof file->bytes, (off_t)file->offset);
    if (n < 0) {
        archive_set_error(a, errno, "%s", strerror(errno));
        return -1;
    }
    file->offset += (uint64_t)n;
    *ret_bytes = file->bytes;
    return n;
}

static la_int64_t skip(struct archive *a, void *ctx, la_int64_t size)
{
    (void)a;
    struct file *file = ctx;
    if (size < 0 || file->offset > (uint64_t)(INT64_MAX - size))
        return 0;
    file->offset += (uint64_t)size;
    return size;
}

int tw_archive_toc_read(
    int fd, const struct tw_limits *limits, struct tw_archive_toc **ret_toc, struct tw_err *err)
{
    int r = refuse_compressed(fd, err);
    if (r < 0)
        return r;
    TW_AUTO(tw_archive_toc_freep) struct tw_archive_toc *toc = calloc(1, sizeof *toc);
    TW_AUTO(tw_freep) struct file *file = calloc(1, sizeof *file);
    struct archive *a = archive_read_new();
    if (toc)
        toc->arena = tw_arena_new(limits->inventory_bytes);
    if (!toc || !toc->arena || !file || !a) {
        archive_read_free(a);
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    archive_read_support_format_tar(a);
    archive_read_support_format_empty(a);
    archive_read_set_read_callback(a, read_block);
    archive_read_set_skip_callback(a, skip);
    archive_read_set_callback_data(a, file);
    file->fd = fd;
    if (archive_read_open1(a) != ARCHIVE_OK)
        r = tw_err_set(err, TW_E_FORMAT, "not a tar archive: %s", archive_error_string(a));
    else
        r = read_members(toc, a, limits, err);
    archive_read_free(a);
    if (r == 0)
        *ret_toc = TW_TAKE(toc);
    return r;
}

void tw_archive_toc_free(struct tw_archive_toc *toc)
{
    if (!toc)
        return;
    tw_arena_free(toc->arena);
    free(toc);
}

static int put(const char *text, size_t size, void *ctx)
{
    return tw_buf_append(ctx, text, size) < 0 ? -1 : 0;
}

int tw_archive_toc_to_json(const struct tw_archive_toc *toc, struct tw_buf *out, struct tw_err *err)
{
    uint64_t failures = tw_mem_failures;
    TW_AUTO(tw_json_decrefp) json_t *list = json_array();
    for (size_t i = 0; list && i < toc->member_count; i++) {
        const struct tw_archive_member *m = &toc->members[i];
        json_t *item = json_pack("{s:s, s:I, s:I}", "path", m->path, "offset",
            (json_int_t)m->offset, "size", (json_int_t)m->size_bytes);
        if (item && m->link)
            json_object_set_new(item, "link", json_string(m->link));
        if (json_array_append_new(list, item) < 0)
            return tw_err_set(err, TW_E_NOMEM, "out of memory");
    }
    if (!list || json_dump_callback(list, put, out, JSON_COMPACT) < 0 ||
        tw_mem_failures != failures)
        return tw_err_set(err, out->status ? out->status : TW_E_NOMEM,
            "the archive's list is over inventory_bytes");
    return 0;
}

// As tw_text_path() gives it, "" apart: nothing above the root, nothing that does not print.
static bool is_path(const char *text)
{
    for (const char *part = text; *text; part++) {
        size_t n = strcspn(part, "/");
        if (n == 0 || (n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.'))
            return false;
        for (const char *end = part + n; part < end; part++) {
            if ((unsigned char)*part < ' ' || *part == 127)
                return false;
        }
        if (*part == '\0')
            break;
    }
    return true;
}

static int take_member(struct tw_archive_toc *toc, const json_t *item, struct tw_err *err)
{
    const char *path = tw_json_string(item, "path"), *link = tw_json_string(item, "link");
    const json_t *offset = json_object_get(item, "offset"), *size = json_object_get(item, "size");
    if (json_object_size(item) != (link ? 4 : 3) || !path || !is_path(path) ||
        (link && !is_path(link)) || !json_is_integer(offset) || !json_is_integer(size) ||
        json_integer_value(offset) < 0 || json_integer_value(size) < 0)
        return tw_err_set(err, TW_E_CAGE, "the cage's list of members is not as it should be");
    struct tw_archive_member *m = tw_arena_push(toc->arena, &toc->members, &toc->member_count);
    if (!m)
        return tw_err_set(err, TW_E_LIMIT, "the archive's list is over inventory_bytes");
    m->path = tw_arena_strdup(toc->arena, path);
    m->link = link ? tw_arena_strdup(toc->arena, link) : NULL;
    m->offset = (uint64_t)json_integer_value(offset);
    m->size_bytes = (uint64_t)json_integer_value(size);
    return m->path && (m->link || !link)
               ? 0
               : tw_err_set(err, TW_E_LIMIT, "the archive's list is over inventory_bytes");
}

int tw_archive_toc_from_json(struct tw_span json, const struct tw_limits *limits,
    struct tw_archive_toc **ret_toc, struct tw_err *err)
{
    TW_AUTO(tw_json_decrefp) json_t *list = NULL;
    int r = tw_json_parse(json,
        (struct tw_json_caps){limits->inventory_bytes, 4, limits->inventory_values}, &list, err);
    if (r < 0 || !json_is_array(list) || json_array_size(list) > limits->layer_entries)
        return tw_err_set(err, TW_E_CAGE, "the cage's list of members is not as it should be");
    TW_AUTO(tw_archive_toc_freep) struct tw_archive_toc *toc = calloc(1, sizeof *toc);
    if (!toc || !(toc->arena = tw_arena_new(limits->inventory_bytes)))
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < json_array_size(list); i++) {
        r = take_member(toc, json_array_get(list, i), err);
        if (r < 0)
            return r;
    }
    *ret_toc = TW_TAKE(toc);
    return 0;
}
