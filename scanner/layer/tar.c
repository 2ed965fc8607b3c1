#include "scanner/layer/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>

#include "scanner/layer/gotar.h"

// Holes of sparse files are handed out in pieces of this block of zeros.
static const uint8_t zeros[64 * 1024];

enum { BLOCK_BYTES = 512 };

struct tw_tar {
    struct archive *archive;
    struct tw_decompress *source;
    const struct tw_limits *limits;
    uint64_t entries;
    int failed; // sticky: the archive cannot be read on
    struct tw_err why;
    bool source_failed; // `why` comes from the source, not from libarchive
    bool ended;
    bool open_end; // ended without the end marker
    bool half_end; // one block of zeros ended it
    uint64_t end_at;
    bool hides; // an entry that is no file took bytes for its data
    struct tw_gotar gotar;
    uint64_t trail; // of entries, as gotar has it
    // Some tools (umoci insert) leave off the padding of the last block. Go's tar reader takes
    // that, libarchive does not: it gets the zeros, and we see to it that they are no data.
    bool padded;
    uint64_t real_end; // of the bytes, when padded
    uint64_t data_end; // of the current entry
    // Data of the current entry.
    uint64_t data_at; // in the archive
    bool is_file;
    uint64_t size_bytes;  // logical size
    uint64_t at;          // bytes handed out
    const uint8_t *block; // the block that libarchive gave last
    uint64_t block_at;    // its offset in the file
    size_t block_size;    // 0: none
    bool data_ended;      // libarchive has no more blocks
    bool has_entry;
};

static la_ssize_t read_source(struct archive *archive, void *ctx, const void **ret_bytes)
{
    struct tw_tar *tar = ctx;
    size_t size = 0;
    int r = tw_decompress_next(tar->source, ret_bytes, &size, &tar->why);
    if (r < 0) {
        tar->source_failed = true;
        archive_set_error(archive, EIO, "%s", tar->why.msg);
        return ARCHIVE_FATAL;
    }
    tw_gotar_feed(&tar->gotar, tw_span_of(*ret_bytes, size));
    uint64_t end = tw_decompress_out_bytes(tar->source);
    if (size == 0 && !tar->padded && end % BLOCK_BYTES != 0) {
        tar->padded = true;
        tar->real_end = end;
        *ret_bytes = zeros;
        size = BLOCK_BYTES - end % BLOCK_BYTES;
    }
    return (la_ssize_t)size;
}

// Whether the current entry reaches into padding that was not there.
static bool is_cut(const struct tw_tar *tar)
{
    return tar->padded && tar->data_end > tar->real_end;
}

static int cut(struct tw_err *err)
{
    return tw_err_set(err, TW_E_TRUNCATED, "tar: the archive ends in the middle of an entry");
}

// libarchive has one error number for all damage, so its words have to tell.
static int code_of(const char *text)
{
    static const struct {
        const char *words;
        int code;
    } rows[] = {
        {"runcated", TW_E_TRUNCATED},
        {"No memory", TW_E_NOMEM},
        {"allocate", TW_E_NOMEM},
    };
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        if (strstr(text, rows[i].words))
            return rows[i].code;
    }
    return TW_E_FORMAT;
}

// Reports libarchive's failure, or what its source failed with.
static int fail(struct tw_tar *tar, struct tw_err *ret_why)
{
    if (tar->source_failed) {
        if (ret_why != &tar->why)
            *ret_why = tar->why;
        return tar->why.code;
    }
    const char *text = archive_error_string(tar->archive);
    if (!text)
        text = "unknown damage";
    return tw_err_set(ret_why, code_of(text), "tar: %s", text);
}

static int open_archive(struct tw_tar *tar)
{
    struct archive *a = tar->archive;
    // One level of compression is the decompressor's affair; a zip or cpio is no layer. An
    // empty stream is an empty layer.
    if (archive_read_support_format_tar(a) < ARCHIVE_WARN ||
        archive_read_support_format_empty(a) < ARCHIVE_WARN)
        return fail(tar, &tar->why);
    if (archive_read_open(a, tar, NULL, read_source, NULL) < ARCHIVE_WARN)
        return fail(tar, &tar->why);
    return 0;
}

int tw_tar_new(struct tw_decompress *source, const struct tw_limits *limits,
    struct tw_tar **ret_tar, struct tw_err *err)
{
    TW_AUTO(tw_tar_freep) struct tw_tar *tar = calloc(1, sizeof *tar);
    if (!tar || !(tar->archive = archive_read_new()))
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    tar->source = source;
    tar->limits = limits;
    tw_gotar_init(&tar->gotar);
    tar->failed = open_archive(tar);
    if (tar->failed == TW_E_NOMEM)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    *ret_tar = TW_TAKE(tar);
    return 0;
}

void tw_tar_free(struct tw_tar *tar)
{
    if (!tar)
        return;
    archive_read_free(tar->archive);
    tw_gotar_done(&tar->gotar);
    free(tar);
}

static struct tw_span span_of(const char *text)
{
    return text ? tw_span_str(text) : tw_span_of(NULL, 0);
}

static enum tw_tar_type type_of(struct archive_entry *entry)
{
    // libarchive gives hard links the file type 0 (or of a regular file, when data follows).
    if (archive_entry_hardlink(entry) || archive_entry_hardlink_utf8(entry))
        return TW_TAR_HARDLINK;
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
        return TW_TAR_FILE;
    case AE_IFDIR:
        return TW_TAR_DIRECTORY;
    case AE_IFLNK:
        return TW_TAR_SYMLINK;
    default:
        return TW_TAR_OTHER;
    }
}

// libarchive keeps the archive's bytes or UTF-8 or both, depending on the locale and on whether
// a conversion worked; the archive's bytes are what we want.
static struct tw_span first_of(const char *raw, const char *utf8)
{
    return span_of(raw ? raw : utf8);
}

static void describe(struct tw_tar *tar, struct archive_entry *e, struct tw_tar_entry *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->type = type_of(e);
    ret->raw_path = first_of(archive_entry_pathname(e), archive_entry_pathname_utf8(e));
    if (ret->type == TW_TAR_HARDLINK)
        ret->target = first_of(archive_entry_hardlink(e), archive_entry_hardlink_utf8(e));
    else if (ret->type == TW_TAR_SYMLINK)
        ret->target = first_of(archive_entry_symlink(e), archive_entry_symlink_utf8(e));
    int64_t size = archive_entry_size_is_set(e) ? archive_entry_size(e) : 0;
    ret->size_bytes = size > 0 ? (uint64_t)size : 0;
    ret->mode = (uint32_t)archive_entry_perm(e);
    ret->overlay_whiteout = archive_entry_filetype(e) == AE_IFCHR && archive_entry_rdev(e) == 0;
    ret->data_offset = (uint64_t)archive_filter_bytes(tar->archive, 0);

    tar->has_entry = true;
    tar->is_file = ret->type == TW_TAR_FILE;
    tar->data_at = ret->data_offset;
    tar->data_end = ret->data_offset + (ret->type == TW_TAR_FILE ? ret->size_bytes : 0);
    if (archive_entry_sparse_count(e) > 0)
        tar->data_end = UINT64_MAX; // what is stored of a sparse file is not told
    tar->size_bytes = ret->size_bytes;
    tar->at = 0;
    tar->block_size = 0;
    tar->data_ended = false;
}

// libarchive takes a missing end marker (two blocks of zeros) for an ordinary end, and so do
// docker and containerd. A cut between two entries looks the same: worth a word.
static int end(struct tw_tar *tar, int64_t after_last)
{
    tar->ended = true;
    tar->end_at = (uint64_t)archive_filter_bytes(tar->archive, 0);
    tar->open_end = tw_decompress_out_bytes(tar->source) > 0 && tar->end_at == (uint64_t)after_last;
    tar->half_end = tar->end_at == (uint64_t)after_last + BLOCK_BYTES;
    return 0;
}

// libarchive skips what a hard link or the like gives as its size when it sees no header there; for
// Go's reader such an entry never has data, and what stands there is the next header.
static void look_for_hidden(struct tw_tar *tar, int64_t after_last)
{
    tar->hides |= tar->has_entry && !tar->is_file && (uint64_t)after_last > tar->data_at;
}

int tw_tar_next(struct tw_tar *tar, struct tw_tar_entry *ret_entry, struct tw_err *err)
{
    int r = tar->failed;
    if (r == 0 && tar->ended)
        return 0;
    struct archive_entry *entry = NULL;
    int64_t after_last = 0;
    int code = ARCHIVE_OK;
    if (r == 0) {
        if (tar->has_entry && archive_read_data_skip(tar->archive) < ARCHIVE_WARN)
            r = fail(tar, &tar->why);
        if (r == 0 && tar->has_entry && is_cut(tar))
            r = cut(&tar->why);
        after_last = archive_filter_bytes(tar->archive, 0);
        look_for_hidden(tar, after_last);
        tar->has_entry = false;
    }
    if (r == 0) {
        code = archive_read_next_header(tar->archive, &entry);
        if (code == ARCHIVE_EOF && !tar->source_failed)
            return end(tar, after_last);
        // ARCHIVE_WARN: an oddity such as a name that is not in the locale's character set.
        // ARCHIVE_RETRY would look for the next valid header behind damage; no runtime does.
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
            r = fail(tar, &tar->why);
    }
    if (r == 0 && ++tar->entries > tar->limits->layer_entries)
        r = tw_err_set(&tar->why, TW_E_LIMIT, "more than %" PRIu64 " entries (limit layer_entries)",
            tar->limits->layer_entries);
    if (r < 0) {
        tar->failed = r;
        if (err)
            *err = tar->why;
        return r;
    }
    tar->trail = tw_gotar_step(tar->trail, (uint64_t)archive_read_header_position(tar->archive));
    describe(tar, entry, ret_entry);
    return 1;
}

// Gets the next block that holds bytes. A block that lies in front of what was handed out
// already comes from a sparse map that goes backwards.
static int next_block(struct tw_tar *tar, struct tw_err *err)
{
    while (tar->block_size == 0 && !tar->data_ended) {
        const void *bytes = NULL;
        size_t size = 0;
        la_int64_t offset = 0;
        int code = archive_read_data_block(tar->archive, &bytes, &size, &offset);
        if (code == ARCHIVE_EOF && !tar->source_failed) {
            tar->data_ended = true;
            break;
        }
        if (is_cut(tar)) {
            tar->failed = cut(&tar->why);
            return cut(err);
        }
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN) {
            struct tw_err why = {0};
            int r = fail(tar, &why);
            if (code == ARCHIVE_FATAL) {
                tar->failed = r;
                tar->why = why;
            }
            if (err)
                *err = why;
            return r;
        }
        if (size > 0 && (offset < 0 || (uint64_t)offset < tar->at))
            return tw_err_set(err, TW_E_FORMAT, "tar: the map of the sparse file goes backwards");
        tar->block = bytes;
        tar->block_size = size;
        tar->block_at = (uint64_t)offset;
    }
    return 0;
}

int tw_tar_data(struct tw_tar *tar, const void **ret_bytes, size_t *ret_size, struct tw_err *err)
{
    if (!tar->has_entry)
        return tw_err_set(err, TW_E_INTERNAL, "there is no entry to read");
    int r = next_block(tar, err);
    if (r < 0)
        return r;
    uint64_t hole_end = tar->block_size > 0 ? tar->block_at : tar->size_bytes;
    if (tar->at < hole_end) {
        uint64_t hole = hole_end - tar->at;
        *ret_bytes = zeros;
        *ret_size = hole < sizeof zeros ? (size_t)hole : sizeof zeros;
    } else {
        *ret_bytes = tar->block;
        *ret_size = tar->block_size;
        tar->block_size = 0;
    }
    tar->at += *ret_size;
    return 0;
}

int tw_tar_finish(struct tw_tar *tar, struct tw_err *err)
{
    const void *bytes;
    size_t size;
    int r;
    do {
        r = tw_decompress_next(tar->source, &bytes, &size, err);
        if (r == 0)
            tw_gotar_feed(&tar->gotar, tw_span_of(bytes, size));
    } while (r == 0 && size > 0);
    return r;
}

const char *tw_tar_oddity(const struct tw_tar *tar)
{
    const struct tw_gotar *gotar = &tar->gotar;
    bool refused = gotar->state == TW_GOTAR_REFUSED;
    if (!refused && gotar->odd)
        return gotar->odd;
    if (!refused && (gotar->entries != tar->entries || gotar->trail != tar->trail))
        return "runtimes see other entries in this archive than are reported here";
    if (refused && tar->hides)
        return "an entry that is no file has data: runtimes take them for more entries";
    // Go's reader calls it damage when something else follows.
    if (tar->half_end && tw_decompress_out_bytes(tar->source) > tar->end_at)
        return "a single block of zeros ends the archive, but it goes on: not read any further";
    return NULL;
}

bool tw_tar_open_end(const struct tw_tar *tar)
{
    return tar->open_end;
}
