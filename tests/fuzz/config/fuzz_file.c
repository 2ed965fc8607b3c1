// The file of settings: what is refused is told in one line with its place; what is taken can be
// printed.
#include <stdlib.h>
#include <string.h>

#include "daemon/config/settings.h"
#include "scanner/base/text.h"
#include "tests/fuzz/taken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_message(const char *message)
{
    if (strncmp(message, "t:", 2) != 0 && strcmp(message, "out of memory") != 0)
        abort();
    for (const char *p = message; *p; p++) {
        if ((unsigned char)*p < ' ' || *p == 127)
            abort();
    }
    if (!tw_text_is_utf8(tw_span_str(message)))
        abort();
}

// As a file, it says the same again.
static void check_printed(const struct tw_settings *settings)
{
    char *text = NULL;
    size_t size = 0;
    struct tw_settings again;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return;
    tw_settings_print(settings, TW_FOR_DAEMON, out);
    fclose(out);
    if (tw_settings_init(&again, NULL) == 0 &&
        (tw_settings_read_text(&again, "t", tw_span_of(text, size), NULL) < 0 ||
            again.workers != settings->workers || strcmp(again.listen, settings->listen) != 0 ||
            again.limits.redirects != settings->limits.redirects))
        abort();
    tw_settings_done(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_settings settings;
    struct tw_err err = {0};
    if (tw_settings_init(&settings, NULL) == 0) {
        if (tw_settings_read_text(&settings, "t", tw_span_of(data, size), &err) < 0) {
            check_message(err.msg);
        } else {
            fuzz_taken();
            check_printed(&settings);
        }
    }
    tw_settings_done(&settings);
    return 0;
}
