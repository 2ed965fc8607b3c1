// Go's version strings.
#include <stdlib.h>

#include "scanner/base/goversion.h"
#include "scanner/gobin/version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_arena *arena = tw_arena_new(1 << 20);
    struct tw_gobin bin = {0};
    struct tw_goversion version;
    if (tw_goversion_string(tw_span_of(data, size), arena, &bin) && bin.go.release &&
        !tw_goversion_parse(tw_span_str(bin.go.release), &version))
        abort(); // a release can be compared
    tw_arena_free(arena);
    return 0;
}
