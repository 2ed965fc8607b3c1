#include "api/cors.h"

#include <string.h>
#include <strings.h>

#include "scanner/base/mem.h"

static const char parting[] = " ,\t";
static const char *const schemes[] = {"https://", "http://"};

// scheme://host or scheme://host:port, as browsers write it: no path, no slash at the end.
static bool is_origin(const char *text, size_t size)
{
    for (size_t i = 0; i < TW_COUNT(schemes); i++) {
        size_t n = strlen(schemes[i]);
        if (size > n && strncmp(text, schemes[i], n) == 0)
            return strcspn(text + n, "/?#@* ,\t\"\\") >= size - n;
    }
    return false;
}

int tw_cors_check(const char *origins, struct tw_err *err)
{
    if (strcmp(origins, "*") == 0)
        return 0;
    for (const char *at = origins; *(at += strspn(at, parting));) {
        size_t size = strcspn(at, parting);
        if (!is_origin(at, size))
            return tw_err_set(err, TW_E_USAGE,
                "cors-origins: \"%.*s\" is no origin; one reads like https://board.example:8443, "
                "without a path, and * alone is any",
                (int)(size < 80 ? size : 80), at);
        at += size;
    }
    return 0;
}

const char *tw_cors_allowed(const char *origins, const char *origin)
{
    if (!origins || !origin)
        return NULL;
    if (strcmp(origins, "*") == 0)
        return origins;
    size_t wanted = strlen(origin);
    for (const char *at = origins; *(at += strspn(at, parting));) {
        size_t size = strcspn(at, parting);
        if (size == wanted && strncmp(at, origin, size) == 0)
            return origin;
        at += size;
    }
    return NULL;
}

bool tw_cors_is_own(const char *origin, const char *host)
{
    for (size_t i = 0; origin && host && host[0] && i < TW_COUNT(schemes); i++) {
        size_t n = strlen(schemes[i]);
        if (strncmp(origin, schemes[i], n) == 0 && strcasecmp(origin + n, host) == 0)
            return true;
    }
    return false;
}
