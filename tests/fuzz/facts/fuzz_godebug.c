// GODEBUG and the memory limits as an image's environment has them.
#include <stdlib.h>

#include "scanner/base/mem.h"
#include "scanner/facts/bytecount.h"
#include "scanner/facts/godebug.h"
#include "scanner/facts/goexperiment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct tw_goversion versions[] = {
    {1, 4, 0, TW_GO_RELEASE, 0}, {1, 19, 3, TW_GO_RELEASE, 0}, {1, 26, 0, TW_GO_RC, 1}};

static void judge(const struct tw_godebug_element *e, struct tw_goversion version)
{
    const struct tw_godebug *key = tw_godebug_find(e->key, "amd64");
    tw_godebug_nearest(e->key, version, "amd64");
    tw_goexperiment_nearest(e->text, version);
    if (!key)
        return;
    int32_t number;
    if (tw_godebug_known(key, version) && tw_godebug_removed(key, version))
        abort();
    tw_godebug_valid(key, e->value, version);
    tw_godebug_int32(e->value, version, &number);
    if (!tw_godebug_same(key, e->value, e->value, version))
        abort();
    for (int class = TW_HARM_FATAL; class <= TW_HARM_HTTP2_OFF; class ++)
        tw_godebug_harm(key, (enum tw_harm_class) class, e->value, version);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_span text = tw_span_of(data, size < 512 ? size : 512), rest = text;
    struct tw_godebug_element e;
    uint64_t total = 0;
    for (size_t n = 0; n < 100 && tw_godebug_next(&rest, &e); n++) {
        total += e.text.n;
        for (size_t i = 0; i < TW_COUNT(versions); i++)
            judge(&e, versions[i]);
    }
    if (total > text.n)
        abort();
    int64_t bytes;
    char guess[64];
    if (tw_bytecount_parse(text, &bytes) && bytes < 0)
        abort();
    tw_gomemlimit_valid(text);
    if (tw_bytecount_guess(text, guess, sizeof guess) && !tw_gomemlimit_valid(tw_span_str(guess)))
        abort(); // what is proposed instead is right
    return 0;
}
