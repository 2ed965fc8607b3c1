// The file that says who is told. What is refused is told in one line, without what stood there.
#include <stdlib.h>
#include <string.h>

#include "daemon/notify/file.h"
#include "scanner/base/text.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct tw_sinks *sinks)
{
    if (sinks->count > TW_SINKS_MAX)
        abort();
    for (size_t i = 0; i < sinks->count; i++) {
        const struct tw_sink *sink = &sinks->items[i];
        if (!sink->name[0] || strlen(sink->name) > TW_SINK_NAME_MAX || !sink->kind ||
            !sink->url.text || sink->events == 0)
            abort();
        if (tw_address_kind_of_host(sink->url.host) == TW_ADDRESS_METADATA)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_sinks *sinks = NULL;
    struct tw_err err = {0};
    if (tw_sinks_read(tw_span_of(data, size), &sinks, &err) == 0) {
        fuzz_taken();
        check(sinks);
        tw_sinks_free(sinks);
        return 0;
    }
    for (const char *p = err.msg; *p; p++) {
        if ((unsigned char)*p < ' ' || *p == 127)
            abort();
    }
    if (!tw_text_is_utf8(tw_span_str(err.msg)))
        abort();
    return 0;
}
