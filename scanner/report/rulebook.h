// The catalogue for people: a list, one rule in full, and all of it as a document (docs/rules.md).
#pragma once

#include "scanner/base/buf.h"
#include "scanner/rules/rule.h"

void tw_rulebook_list(enum tw_lang lang, struct tw_buf *out);
void tw_rulebook_rule(const struct tw_rule *rule, enum tw_lang lang, struct tw_buf *out);
void tw_rulebook_markdown(enum tw_lang lang, struct tw_buf *out);
