// The words of messages to people, in every language.
#pragma once

#include "daemon/notify/event.h"

enum tw_notify_word {
    TW_SAY_FINDINGS, // %s reference
    TW_SAY_DRIFT,
    TW_SAY_DEAD_LETTER,
    TW_SAY_TEST,
    TW_SAY_DIGEST, // %zu events
    TW_SAY_DECISION,
    TW_SAY_IMAGE,
    TW_SAY_BEFORE,
    TW_SAY_COUNTS,
    TW_SAY_REPORT,
    TW_SAY_SCAN,
    TW_SAY_ATTEMPTS,
    TW_SAY_ERROR,
    TW_SAY_RETRY, // %s scan id
    TW_SAY_TEST_BODY,
    TW_SAY_MORE,       // %u
    TW_SAY_MORE_LINES, // %zu
    TW_SAY_WHOLE_IMAGE,
    TW_SAY_COLON,
    TW_SAY_COMMA,
    TW_SAY_COUNT,
};

const char *tw_notify_word(enum tw_notify_word word, enum tw_lang lang);
const char *tw_notify_severity(enum tw_severity severity, enum tw_lang lang);
const char *tw_notify_decision(const char *decision, enum tw_lang lang);
