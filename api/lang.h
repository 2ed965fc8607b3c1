// Inside api/: the language of an answer: ?lang=en|zh, else what Accept-Language wants most, else
// English. https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4
#pragma once

#include "api/call.h"
#include "scanner/rules/rule.h"

// Notes in the answer which language it is. TW_E_USAGE for a parameter that names no language.
int tw_lang_of_call(const struct tw_call *call, struct tw_answer *answer, enum tw_lang *ret_lang,
    struct tw_err *err);

const char *tw_lang_name(enum tw_lang lang); // "en"
