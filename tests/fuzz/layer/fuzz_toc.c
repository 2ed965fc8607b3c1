// An archive's list of members, and the JSON that it travels in.
#include <stdlib.h>
#include <sys/mman.h>

#include "scanner/layer/toc.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    struct tw_limits limits = tw_limits_default;
    limits.layer_entries = 200;
    if (fd < 0)
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    struct tw_archive_toc *toc = NULL, *again = NULL;
    struct tw_err err = {0};
    int r = tw_archive_toc_read(fd, &limits, &toc, &err);
    if (r < 0) {
        if (toc || err.code != r || !err.msg[0])
            abort();
        return 0;
    }
    fuzz_taken();
    // What the cage lists, the parent takes as the same.
    TW_AUTO(tw_buf_done) struct tw_buf json = TW_BUF(limits.inventory_bytes);
    TW_AUTO(tw_buf_done) struct tw_buf second = TW_BUF(limits.inventory_bytes);
    if (tw_archive_toc_to_json(toc, &json, &err) < 0 ||
        tw_archive_toc_from_json(tw_buf_span(&json), &limits, &again, &err) < 0 ||
        tw_archive_toc_to_json(again, &second, &err) < 0 || json.size != second.size ||
        memcmp(json.data, second.data, json.size) != 0)
        abort();
    tw_archive_toc_free(toc);
    tw_archive_toc_free(again);
    return 0;
}
