// What a house may ask for, and Go does not: TW801.
#include "scanner/rules/checks.h"

void tw_check_must_declare(struct tw_judging *judging, const struct tw_rule *rule)
{
    static const char *const wanted[] = {"GOROOT_FINAL", "GODEBUG", "GOEXPERIMENT"};
    TW_AUTO(tw_buf_done) struct tw_buf names = TW_BUF(256);
    if (judging->binary_count == 0)
        return;
    for (size_t i = 0; i < TW_COUNT(wanted); i++) {
        if (!tw_image_env(judging->image, wanted[i]) && !tw_judging_unknown(judging, wanted[i]))
            tw_buf_printf(&names, "%s%s", names.size ? ", " : "", wanted[i]);
    }
    if (names.size == 0)
        return;
    const char *list = tw_judging_span(judging, tw_buf_span(&names));
    tw_find(
        judging, rule, NULL, "declare", tw_say(judging, TW_SAY_MUST_DECLARE, "names", list, NULL));
}
