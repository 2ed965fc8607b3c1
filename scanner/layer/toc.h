// Where the members of a tar archive lie in its file (docker-archive:, oci-archive:), so that
// whoever holds the file reads them by offset and checks their digests. Runs in the cage.
#pragma once

#include "scanner/base/arena.h"
#include "scanner/base/buf.h"
#include "scanner/base/limits.h"

struct tw_archive_member {
    const char *path; // tw_text_path() form
    uint64_t offset;
    uint64_t size_bytes;
    const char *link; // path of another member: a hard or symbolic link; NULL
};

struct tw_archive_toc {
    struct tw_arena *arena;
    struct tw_archive_member *members; // in archive order; of repeated paths the last counts
    size_t member_count;
};

// Reads the plain tar at `fd`, seeking over data. TW_E_UNSUPPORTED when it is compressed (the
// message says to decompress it first) or has sparse members; TW_E_FORMAT, TW_E_LIMIT.
int tw_archive_toc_read(
    int fd, const struct tw_limits *limits, struct tw_archive_toc **ret_toc, struct tw_err *err);
void tw_archive_toc_free(struct tw_archive_toc *toc);
TW_DEFINE_AUTO(struct tw_archive_toc, tw_archive_toc_free)

// JSON between cage and parent; what comes in is checked as hostile (TW_E_CAGE).
int tw_archive_toc_to_json(
    const struct tw_archive_toc *toc, struct tw_buf *out, struct tw_err *err);
int tw_archive_toc_from_json(struct tw_span json, const struct tw_limits *limits,
    struct tw_archive_toc **ret_toc, struct tw_err *err);
