#include "daemon/registry/answer.h"

static const struct row {
    long from, to;
    int code;
    const char *means;
} rows[] = {
    {401, 401, TW_E_DENIED, "credentials are missing or were not accepted"},
    {403, 403, TW_E_DENIED, "access denied"},
    {404, 404, TW_E_NOT_FOUND, "not found, or not for these credentials to see"},
    {410, 410, TW_E_NOT_FOUND, "gone"},
    {408, 408, TW_E_UNAVAILABLE, "it gave up waiting"},
    {416, 416, TW_E_DIGEST, "it has fewer bytes than the manifest says"},
    {425, 425, TW_E_UNAVAILABLE, "too early"},
    {429, 429, TW_E_UNAVAILABLE, "too many requests"},
    {451, 451, TW_E_DENIED, "withheld for legal reasons"},
    {500, 599, TW_E_UNAVAILABLE, "it has trouble of its own"},
    {0, 999, TW_E_FORMAT, "not an answer that a registry gives"},
};

int tw_answer_error(const struct tw_http_answer *answer, struct tw_err *err)
{
    const struct row *row = rows;
    while (
        row < rows + TW_COUNT(rows) - 1 && (answer->status < row->from || answer->status > row->to))
        row++;
    bool has_code = answer->error_code[0];
    tw_err_set(err, row->code, "status %ld%s%s%s: %s", answer->status, has_code ? " (" : "",
        answer->error_code, has_code ? ")" : "", row->means);
    if (err)
        err->retry_after_s = answer->retry_after_s;
    return row->code;
}
