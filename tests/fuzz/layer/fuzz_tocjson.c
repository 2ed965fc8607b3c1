// What a cage answers for an archive. Whatever is taken is written again as the same.
#include <stdlib.h>

#include "scanner/base/text.h"
#include "scanner/layer/toc.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct tw_limits *limits = &tw_limits_default;
    struct tw_archive_toc *toc = NULL, *again = NULL;
    struct tw_err err = {0};
    int r = tw_archive_toc_from_json(tw_span_of(data, size), limits, &toc, &err);
    if (r < 0) {
        if (toc || err.code != r || !err.msg[0])
            abort();
        return 0;
    }
    for (size_t i = 0; i < toc->member_count; i++) {
        if (!tw_text_is_utf8(tw_span_str(toc->members[i].path)))
            abort();
    }
    fuzz_taken();
    TW_AUTO(tw_buf_done) struct tw_buf json = TW_BUF(64 << 20);
    if (tw_archive_toc_to_json(toc, &json, &err) < 0 ||
        tw_archive_toc_from_json(tw_buf_span(&json), limits, &again, &err) < 0 ||
        again->member_count != toc->member_count)
        abort();
    tw_archive_toc_free(toc);
    tw_archive_toc_free(again);
    return 0;
}
