// Inside daemon/config: the rows of the table of settings, and how a value gets into them. The
// table is in settings.c.
#pragma once

#include "daemon/config/settings.h"
#include "scanner/base/span.h"

enum tw_setting_kind {
    TW_SETTING_TEXT,
    TW_SETTING_LIST, // texts with commas between them; in the file a list is taken too
    TW_SETTING_NUMBER,
    TW_SETTING_WORD, // one of those in metavar
};

// Of traits, beside the programs.
enum {
    TW_SETTING_LIVE = 1 << 8, // holds from the next SIGHUP on; others need a restart
    TW_SETTING_NOT_IN_FILE = 1 << 9,
};

struct tw_setting_row {
    const char *name;
    enum tw_setting_kind kind;
    unsigned traits;      // programs that have it, and the above
    size_t offset;        // of its field in struct tw_settings
    const char *fallback; // NULL: worked out when it is needed
    uint64_t min, max;    // NUMBER
    const char *metavar;  // WORD: those that it may be
    const char *help;
};

const struct tw_setting_row *tw_setting_at(size_t index); // NULL past the end
const struct tw_setting_row *tw_setting_find(struct tw_span name);

// The fields. Of const settings too: who prints only reads.
char **tw_setting_text(const struct tw_settings *settings, const struct tw_setting_row *row);
uint64_t *tw_setting_number(const struct tw_settings *settings, const struct tw_setting_row *row);
struct tw_origin *tw_setting_origin(
    const struct tw_settings *settings, const struct tw_setting_row *row);
struct tw_origin *tw_limit_origin(
    const struct tw_settings *settings, const struct tw_limit_row *row);

// Takes the value over unless what is there comes from something stronger; it has to fit all the
// same. TW_E_USAGE says what would.
int tw_setting_put(struct tw_settings *settings, const struct tw_setting_row *row,
    const char *value, struct tw_origin origin, struct tw_err *err);
int tw_limit_put(struct tw_settings *settings, const struct tw_limit_row *row, const char *value,
    struct tw_origin origin, struct tw_err *err);

// TW_E_USAGE names the one most like it.
int tw_limit_find(struct tw_span name, const struct tw_limit_row **ret_row, struct tw_err *err);

// "data-dir" -> "TIDEWAITER_DATA_DIR"; "limit", "layer_bytes" -> "TIDEWAITER_LIMIT_LAYER_BYTES".
enum { TW_VARIABLE_BYTES = 80 };
void tw_variable_of_setting(const char *name, char out[TW_VARIABLE_BYTES]);
void tw_variable_of_limit(const char *name, char out[TW_VARIABLE_BYTES]);

void tw_registry_rules_done(struct tw_registries *registries);
