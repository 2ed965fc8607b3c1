// What the outbox keeps, read back and written in every sink's way: never past its limit.
#include <stdlib.h>
#include <string.h>

#include "daemon/notify/file.h"
#include "scanner/base/text.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void render(const struct tw_sink *sink, struct tw_event *event)
{
    struct tw_err err = {0};
    TW_AUTO(tw_buf_done) struct tw_buf body = TW_BUF(8 << 20);
    const struct tw_dispatch dispatch = {
        .id = "0123", .events = event, .count = 1, .now_ms = 1, .link = "https://t.example"};
    int r = sink->kind->render(sink, &dispatch, &body, &err);
    if (r < 0 && r != TW_E_NOMEM)
        abort();
    if (r == 0 && !tw_text_is_utf8(tw_buf_span(&body)))
        abort();
    if (r == 0 && sink->kind == &tw_sink_dingtalk && body.size > 20000)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const kinds[] = {"findings", "drift", "dead-letter"};
    TW_AUTO(tw_arena_freep) struct tw_arena *arena = tw_arena_new(8 << 20);
    struct tw_event event;
    if (!arena || size == 0 ||
        tw_event_read(tw_span_of(data + 1, size - 1), kinds[data[0] % 3], 1767323045678, arena,
            &event, NULL) < 0)
        return 0;
    fuzz_taken();
    for (size_t i = 0; tw_sink_kind_at(i); i++) {
        for (int as_text = 0; as_text < 2; as_text++) {
            struct tw_sink sink = {.name = "x",
                .kind = tw_sink_kind_at(i),
                .lang = data[0] & 8 ? TW_ZH : TW_EN,
                .as_text = as_text};
            render(&sink, &event);
        }
    }
    return 0;
}
