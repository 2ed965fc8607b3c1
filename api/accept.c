#include "api/accept.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static const char blanks[] = " \t";

static size_t trimmed(const char *text, size_t size)
{
    while (size > 0 && strchr(blanks, text[size - 1]))
        size--;
    return size;
}

static size_t type_size(const char *media_type)
{
    return trimmed(media_type, strcspn(media_type, ";,"));
}

bool tw_media_type_equals(const char *content_type, const char *media_type)
{
    if (!content_type)
        return false;
    content_type += strspn(content_type, blanks);
    size_t size = type_size(content_type);
    return size == type_size(media_type) && strncasecmp(content_type, media_type, size) == 0;
}

// How exactly a range names the type: 0 not at all, 1 "*/*", 2 "text/*", 3 in full.
static unsigned fit(const char *range, size_t size, const char *media_type)
{
    size_t full = type_size(media_type);
    if (size == 3 && memcmp(range, "*/*", 3) == 0)
        return 1;
    if (size > 2 && memcmp(range + size - 2, "/*", 2) == 0)
        return size - 1 <= full && strncasecmp(range, media_type, size - 1) == 0 ? 2 : 0;
    return size == full && strncasecmp(range, media_type, size) == 0 ? 3 : 0;
}

// "0.5" -> 500. At most three decimals, as the RFC has it; anything else is 0.
static unsigned weight(const char *text, size_t size)
{
    unsigned value = 0, unit = 1000;
    for (size_t i = 0; i < size; i++) {
        if (i == 1 && text[i] == '.')
            continue;
        if (i == 1 || unit == 0 || text[i] < '0' || text[i] > '9')
            return 0;
        value += unit * (unsigned)(text[i] - '0');
        unit /= 10;
    }
    return value > 1000 ? 1000 : value;
}

// The q of a range's parameters, `size` bytes behind its type.
static unsigned quality(const char *text, size_t size)
{
    const char *end = text + size;
    while (text < end) {
        text += 1 + strspn(text + 1, blanks); // behind the ";"
        if (text >= end)
            break;
        size_t n = strcspn(text, ";,");
        if (n > 2 && (text[0] == 'q' || text[0] == 'Q') && text[1] == '=')
            return weight(text + 2, trimmed(text + 2, n - 2));
        text += n;
    }
    return 1000;
}

unsigned tw_accept_quality(const char *accept, const char *media_type)
{
    if (!accept || !accept[strspn(accept, blanks)])
        return 1000;
    unsigned best_fit = 0, best = 0;
    while (*accept) {
        accept += strspn(accept, " \t,");
        size_t whole = strcspn(accept, ","), size = type_size(accept);
        size_t parameters = strcspn(accept, ";,");
        unsigned f = fit(accept, size, media_type);
        if (f > best_fit) {
            best_fit = f;
            best = quality(accept + parameters, whole - parameters);
        }
        accept += whole;
    }
    return best;
}
