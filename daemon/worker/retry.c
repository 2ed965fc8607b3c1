#include "daemon/worker/retry.h"

#include <limits.h>
#include <string.h>

#include "scanner/base/mem.h"

enum { FIRST_DELAY_MS = 2000, DELAY_MAX_MS = 600000, FEW = 3 };

// Attempts that make sense; errors that are not listed get one.
static const struct {
    int code;
    unsigned attempts;
} rows[] = {
    {TW_E_UNAVAILABLE, UINT_MAX}, // down, busy, broke off
    {TW_E_STORE, UINT_MAX}, {TW_E_IO, UINT_MAX}, {TW_E_NOMEM, UINT_MAX}, {TW_E_CAGE, UINT_MAX},
    {TW_E_INTERNAL, FEW}, {TW_E_NOT_FOUND, FEW}, // registries with replicas are late now and then
    {TW_E_DIGEST, FEW},                          // a proxy in between may have spoilt it
    {TW_E_DENIED, FEW},                          // a token server may be late too
};

static unsigned attempts_for(int code)
{
    for (size_t i = 0; i < TW_COUNT(rows); i++) {
        if (rows[i].code == code)
            return rows[i].attempts;
    }
    return 1;
}

int64_t tw_retry_delay_ms(
    const struct tw_err *why, unsigned attempts, unsigned max_attempts, uint32_t random)
{
    if (attempts >= max_attempts || attempts >= attempts_for(why->code))
        return 0;
    int64_t delay_ms = FIRST_DELAY_MS;
    for (unsigned i = 1; i < attempts && delay_ms < DELAY_MAX_MS; i++)
        delay_ms *= 2;
    if (delay_ms > DELAY_MAX_MS)
        delay_ms = DELAY_MAX_MS;
    delay_ms += delay_ms / 4 * ((int64_t)(random % 2001) - 1000) / 1000; // a quarter up or down
    int64_t asked_ms = (int64_t)why->retry_after_s * 1000;
    return asked_ms > delay_ms ? asked_ms : delay_ms;
}

bool tw_retry_settles(unsigned attempts, const char *last_error, unsigned max_attempts)
{
    bool was_broken_off = strcmp(last_error, tw_err_name(TW_E_INTERRUPTED)) == 0;
    return (attempts >= FEW && !was_broken_off) || attempts >= max_attempts;
}

bool tw_retry_is_of_host(const struct tw_err *why)
{
    return why->code == TW_E_UNAVAILABLE;
}
