// Inside api/: ?lang=en|zh.
#pragma once

#include "api/query.h"
#include "scanner/rules/rule.h"

// English when it is not given. TW_E_USAGE for a language that there is not.
int tw_lang_of_query(const struct tw_query *query, enum tw_lang *ret_lang, struct tw_err *err);
