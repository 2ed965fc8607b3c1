#include "scanner/image/reference.h"

#include <string.h>

#include "scanner/base/span.h"

static const char hub[] = "docker.io";

// Other names of Docker Hub, as Docker itself treats them.
static const char *const hub_aliases[] = {"index.docker.io", "registry-1.docker.io"};

static bool is_lower_or_digit(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(uint8_t c)
{
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// 1 to 5 digits, 1 to 65535.
static bool is_port(struct tw_span s)
{
    unsigned port = 0;
    for (uint64_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        port = port * 10 + (unsigned)(s.p[i] - '0');
        if (port > 65535)
            return false;
    }
    return s.n > 0 && s.n <= 5 && port > 0;
}

// Labels of letters, digits and inner hyphens, joined by single dots.
static bool is_host_name(struct tw_span s)
{
    if (s.n == 0)
        return false;
    for (uint64_t i = 0; i < s.n; i++) {
        bool edge = i == 0 || i + 1 == s.n || s.p[i - 1] == '.' || s.p[i + 1] == '.';
        if (!is_alnum(s.p[i]) && (edge || (s.p[i] != '.' && s.p[i] != '-')))
            return false;
    }
    return true;
}

// "[" address "]": an IPv6 literal (RFC 3986, section 3.2.2), without a zone.
static bool is_ipv6_literal(struct tw_span s)
{
    if (s.n < 4 || s.p[0] != '[' || s.p[s.n - 1] != ']')
        return false;
    bool colon = false;
    for (uint64_t i = 1; i + 1 < s.n; i++) {
        if (!is_hex(s.p[i]) && s.p[i] != ':' && s.p[i] != '.')
            return false;
        colon |= s.p[i] == ':';
    }
    return colon;
}

static bool is_registry(struct tw_span s)
{
    uint64_t host = s.n;
    for (uint64_t i = s.n; i > 0 && s.p[i - 1] != ']'; i--) {
        if (s.p[i - 1] == ':')
            host = i - 1;
    }
    if (host < s.n && !is_port(tw_span_of(s.p + host + 1, s.n - host - 1)))
        return false;
    struct tw_span name = tw_span_of(s.p, host);
    return is_host_name(name) || is_ipv6_literal(name);
}

// One path component: runs of lower-case letters and digits, joined by ".", "_", "__" or any
// number of "-" (OCI distribution spec, "Pulling manifests").
static bool is_component(struct tw_span s)
{
    uint64_t i = 0;
    while (i < s.n) {
        uint64_t start = i;
        while (i < s.n && is_lower_or_digit(s.p[i]))
            i++;
        if (i == start)
            return false;
        if (i == s.n)
            return true;
        start = i;
        uint8_t joint = s.p[i];
        while (i < s.n && s.p[i] == joint)
            i++;
        uint64_t run = i - start;
        if (!(joint == '-' || (joint == '.' && run == 1) || (joint == '_' && run <= 2)))
            return false;
    }
    return false;
}

static bool is_repository(struct tw_span s)
{
    for (uint64_t start = 0;;) {
        uint64_t end = start;
        while (end < s.n && s.p[end] != '/')
            end++;
        if (!is_component(tw_span_of(s.p + start, end - start)))
            return false;
        if (end == s.n)
            return true;
        start = end + 1;
    }
}

static bool is_tag(struct tw_span s)
{
    for (uint64_t i = 0; i < s.n; i++) {
        bool inner = i > 0 && (s.p[i] == '.' || s.p[i] == '-');
        if (!is_alnum(s.p[i]) && s.p[i] != '_' && !inner)
            return false;
    }
    return s.n > 0 && s.n <= TW_TAG_MAX;
}

// For messages: as much as fits, whatever the caller passed.
#define SHOWN(span) (int)((span).n < 100 ? (span).n : 100), (const char *)(span).p

static void copy(char *out, struct tw_span s)
{
    memcpy(out, s.p, s.n);
    out[s.n] = '\0';
}

static struct tw_span canonical_registry(struct tw_span registry)
{
    for (size_t i = 0; i < TW_COUNT(hub_aliases); i++) {
        if (tw_span_equals(registry, hub_aliases[i]))
            return tw_span_str(hub);
    }
    return registry;
}

static int set_name(struct tw_reference *reference, struct tw_span registry,
    struct tw_span repository, struct tw_err *err)
{
    if (!is_registry(registry))
        return tw_err_set(err, TW_E_USAGE,
            "registry \"%.*s\" is not a host name with an optional port", SHOWN(registry));
    if (!is_repository(repository))
        return tw_err_set(err, TW_E_USAGE,
            "repository \"%.*s\" may only have lower-case letters, digits, and single . _ - "
            "between them, in parts joined by /",
            SHOWN(repository));
    registry = canonical_registry(registry);
    bool official = tw_span_equals(registry, hub) && !memchr(repository.p, '/', repository.n);
    const char *prefix = official ? "library/" : "";
    if (registry.n + 1 + strlen(prefix) + repository.n > TW_REFERENCE_NAME_MAX)
        return tw_err_set(err, TW_E_USAGE, "registry and repository are longer than %d bytes",
            TW_REFERENCE_NAME_MAX);
    copy(reference->registry, registry);
    memcpy(reference->repository, prefix, strlen(prefix));
    copy(reference->repository + strlen(prefix), repository);
    return 0;
}

static int set_version(struct tw_reference *reference, const struct tw_span *tag,
    const struct tw_span *digest, struct tw_err *err)
{
    if (digest) {
        char text[TW_DIGEST_TEXT_MAX + 2];
        struct tw_span d = *digest;
        d.n = d.n < sizeof text ? d.n : sizeof text - 1;
        copy(text, d);
        struct tw_err why = {0};
        if (tw_digest_parse(text, &reference->digest, &why) < 0)
            return tw_err_set(err, TW_E_USAGE, "%s", why.msg);
    }
    if (tag && !is_tag(*tag))
        return tw_err_set(err, TW_E_USAGE,
            "tag \"%.*s\" may only have letters, digits and . _ - (not first), at most %d of them",
            SHOWN(*tag), TW_TAG_MAX);
    if (tag)
        copy(reference->tag, *tag);
    else if (!digest)
        copy(reference->tag, tw_span_str("latest"));
    return 0;
}

static int build(struct tw_span registry, struct tw_span repository, const struct tw_span *tag,
    const struct tw_span *digest, struct tw_reference *ret_reference, struct tw_err *err)
{
    struct tw_reference reference = {0};
    int r = set_name(&reference, registry, repository, err);
    if (r == 0)
        r = set_version(&reference, tag, digest, err);
    if (r == 0)
        *ret_reference = reference;
    return r;
}

// Cuts `rest` at its first (or last) `c`; false when there is none.
static bool cut(struct tw_span *rest, uint8_t c, bool last, struct tw_span *ret_after)
{
    const uint8_t *hit =
        rest->n == 0 ? NULL : (last ? memrchr(rest->p, c, rest->n) : memchr(rest->p, c, rest->n));
    if (!hit)
        return false;
    *ret_after = tw_span_of(hit + 1, (uint64_t)(rest->p + rest->n - hit - 1));
    rest->n = (uint64_t)(hit - rest->p);
    return true;
}

// The first component is a host when it could be no repository: it has a "." or ":", or it is
// "localhost".
static bool looks_like_host(struct tw_span s)
{
    return memchr(s.p, '.', s.n) || memchr(s.p, ':', s.n) || tw_span_equals(s, "localhost");
}

int tw_reference_parse(const char *text, struct tw_reference *ret_reference, struct tw_err *err)
{
    struct tw_span name = tw_span_str(text), digest, tag, after_slash;
    if (name.n == 0)
        return tw_err_set(err, TW_E_USAGE,
            "an image reference is empty; it reads like registry.example/team/app:1.4");
    bool has_digest = cut(&name, '@', false, &digest);
    if (has_digest && digest.n && memchr(digest.p, '/', digest.n))
        // Not quoted: what stands before the @ of a URL is a password now and then.
        return tw_err_set(err, TW_E_USAGE,
            "an image reference holds no user and password; they go into docker's config.json");
    bool has_tag = false;
    const uint8_t *slash = name.n ? memrchr(name.p, '/', name.n) : NULL;
    if (name.n && memchr(slash ? slash : name.p, ':', name.n - (slash ? slash - name.p : 0)))
        has_tag = cut(&name, ':', true, &tag);
    struct tw_span registry = name;
    bool has_registry =
        cut(&registry, '/', false, &after_slash) && registry.n > 0 && looks_like_host(registry);
    struct tw_span repository = has_registry ? after_slash : name;
    if (!has_registry)
        registry = tw_span_str(hub);
    int r = build(registry, repository, has_tag ? &tag : NULL, has_digest ? &digest : NULL,
        ret_reference, err);
    return r < 0 ? tw_err_wrap(err, r, "image reference \"%.100s\"", text) : 0;
}

int tw_reference_make(const char *registry, const char *repository, const char *tag,
    const char *digest, struct tw_reference *ret_reference, struct tw_err *err)
{
    struct tw_span tag_span = tw_span_str(tag ? tag : "");
    struct tw_span digest_span = tw_span_str(digest ? digest : "");
    return build(tw_span_str(registry), tw_span_str(repository), tag_span.n ? &tag_span : NULL,
        digest_span.n ? &digest_span : NULL, ret_reference, err);
}

void tw_reference_format(
    const struct tw_reference *reference, char ret_text[TW_REFERENCE_TEXT_MAX + 1])
{
    const char *parts[] = {reference->registry, "/", reference->repository,
        reference->tag[0] ? ":" : "", reference->tag,
        tw_digest_is_set(&reference->digest) ? "@" : "", reference->digest.text};
    size_t size = 0;
    for (size_t i = 0; i < TW_COUNT(parts); i++) {
        size_t n = strlen(parts[i]);
        if (n > TW_REFERENCE_TEXT_MAX - size) // not a reference that was checked
            n = TW_REFERENCE_TEXT_MAX - size;
        memcpy(ret_text + size, parts[i], n);
        size += n;
    }
    ret_text[size] = '\0';
}
