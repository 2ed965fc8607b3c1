// Names of images that have a Go toolchain.
#include <ctype.h>

#include "scanner/base/goversion.h"
#include "scanner/image/dockerfile.h"

// The last component of the repository, without tag and digest.
static struct tw_span base_of(struct tw_span reference, struct tw_span *ret_tag)
{
    const uint8_t *at = memchr(reference.p, '@', reference.n);
    if (at)
        reference.n = (uint64_t)(at - reference.p);
    uint64_t from = reference.n;
    while (from > 0 && reference.p[from - 1] != '/')
        from--;
    struct tw_span base = tw_span_of(reference.p + from, reference.n - from);
    const uint8_t *colon = base.n > 0 ? memchr(base.p, ':', base.n) : NULL;
    *ret_tag = tw_span_of("", 0);
    if (colon) {
        uint64_t n = (uint64_t)(colon - base.p);
        *ret_tag = tw_span_of(colon + 1, base.n - n - 1);
        base.n = n;
    }
    return base;
}

const char *tw_golang_image(struct tw_arena *arena, const char *reference)
{
    struct tw_span tag, base = base_of(tw_span_str(reference), &tag);
    if (!tw_span_equals(base, "golang"))
        return NULL;
    // "1.22", "1.22.3-alpine", "1.23rc1-bookworm"; "1", "latest" and "alpine" do not tell.
    uint64_t n = 0, dots = 0;
    for (; n < tag.n && (isalnum(tag.p[n]) || tag.p[n] == '.'); n++)
        dots += tag.p[n] == '.';
    struct tw_goversion version;
    if (dots == 0 || !tw_goversion_parse(tw_span_of(tag.p, n), &version))
        return "";
    return tw_arena_strndup(arena, tag.p, n);
}

bool tw_dockerfile_is_named(const char *name)
{
    size_t n = strlen(name);
    if (strcmp(name, "Dockerfile") == 0 || strcmp(name, "Containerfile") == 0 ||
        strncmp(name, "Dockerfile.", 11) == 0 || strncmp(name, "Containerfile.", 14) == 0)
        return true;
    return n > 11 &&
           (strcmp(name + n - 11, ".Dockerfile") == 0 || strcmp(name + n - 11, ".dockerfile") == 0);
}
