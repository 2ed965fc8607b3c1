// The fixed words of the text report, in every language.
#pragma once

#include "scanner/rules/rule.h"

enum tw_word {
    TW_WORD_IMAGE_AS_A_WHOLE,
    TW_WORD_ENVIRONMENT,
    TW_WORD_GO_PROGRAMS,
    TW_WORD_TOOLCHAINS,
    TW_WORD_NOT_LOOKED_AT,
    TW_WORD_NOTED,
    TW_WORD_NO_FINDINGS,
    TW_WORD_NO_GO,
    TW_WORD_OTHERS,        // %zu
    TW_WORD_MORE,          // %zu
    TW_WORD_MORE_FINDINGS, // %zu %s
    TW_WORD_TOOLS,         // %zu
    TW_WORD_MODULES,       // %zu
    TW_WORD_UNKNOWN_GO,
    TW_WORD_OR_LATER, // %s
    TW_WORD_TO,       // %s %s
    TW_WORD_CHANGES,
    TW_WORD_NO_CHANGES,
    TW_WORD_PROGRAMS_ADDED,
    TW_WORD_PROGRAMS_REMOVED,
    TW_WORD_FINDINGS_NEW,
    TW_WORD_FINDINGS_GONE,
    TW_WORD_POLICY,       // %s
    TW_WORD_CHANNEL,      // %s
    TW_WORD_WAIVED_COUNT, // %u
    TW_WORD_WAIVED,       // %s %s %s
    TW_WORD_WAIVER_ENDED, // %s %s
    TW_WORD_COMPLETE,
    TW_WORD_PARTIAL,
    TW_WORD_FAILED,
    TW_WORD_COUNT,
};

const char *tw_word(enum tw_word word, enum tw_lang lang);
