#include "scanner/facts/godebug.h"

#include "scanner/facts/similar.h"
#include "scanner/facts/tables.h"

// A pre-release behaves as the release that it becomes.
static struct tw_goversion settled(struct tw_goversion v)
{
    v.kind = TW_GO_RELEASE;
    v.pre = 0;
    return v;
}

static bool at_least(struct tw_goversion version, struct tw_goversion other)
{
    return tw_goversion_compare(settled(version), other) >= 0;
}

// Whether `word` is one of the blank-separated words of `list`.
static bool listed(const char *list, struct tw_span word)
{
    struct tw_span rest = list ? tw_span_str(list) : (struct tw_span){0};
    uint64_t start = 0;
    for (uint64_t i = 0; i <= rest.n; i++) {
        if (i < rest.n && rest.p[i] != ' ')
            continue;
        if (word.n > 0 && word.n == i - start && memcmp(rest.p + start, word.p, word.n) == 0)
            return true;
        start = i + 1;
    }
    return false;
}

const struct tw_godebug *tw_godebug_find(struct tw_span name, const char *arch)
{
    for (size_t i = 0; i < tw_godebug_keys_count; i++) {
        const struct tw_godebug *key = &tw_godebug_keys[i];
        if (!tw_span_equals(name, key->name))
            continue;
        if (!key->arch || !arch || listed(key->arch, tw_span_str(arch)))
            return key;
    }
    return NULL;
}

const struct tw_godebug *tw_godebug_nearest(
    struct tw_span name, struct tw_goversion version, const char *arch)
{
    const struct tw_godebug *best = NULL;
    unsigned limit = tw_similar_tolerance(name);
    for (size_t i = 0; i < tw_godebug_keys_count; i++) {
        const struct tw_godebug *key = &tw_godebug_keys[i];
        if (!tw_godebug_known(key, version))
            continue;
        if (key->arch && arch && !listed(key->arch, tw_span_str(arch)))
            continue;
        unsigned distance = tw_similar_distance(name, tw_span_str(key->name), limit);
        if (distance <= limit) {
            best = key;
            if (distance == 0)
                break;
            limit = distance - 1; // only a better one from here on
        }
    }
    return best;
}

// Whether the version is at or past the points of `count` release branches: the newest point that
// is not of a later branch decides, so that "1.23.11 1.24.5" leaves 1.24.4 out.
static bool past_points(
    const struct tw_goversion *points, size_t count, struct tw_goversion version)
{
    for (size_t i = count; i-- > 0;) {
        if (points[i].major == version.major && points[i].minor <= version.minor)
            return at_least(version, points[i]);
    }
    return false;
}

bool tw_godebug_known(const struct tw_godebug *key, struct tw_goversion version)
{
    return past_points(tw_godebug_known_points + key->known_at, key->known_count, version) &&
           !tw_godebug_removed(key, version);
}

bool tw_godebug_removed(const struct tw_godebug *key, struct tw_goversion version)
{
    return key->removed.major != 0 && at_least(version, key->removed);
}

struct tw_goversion tw_godebug_first(const struct tw_godebug *key)
{
    return tw_godebug_known_points[key->known_at];
}

const char *tw_godebug_default(const struct tw_godebug *key, struct tw_goversion version)
{
    const char *value = NULL;
    if (!tw_godebug_known(key, version))
        return NULL;
    for (size_t i = 0; i < key->default_count; i++) {
        const struct tw_godebug_default *d = &tw_godebug_defaults[key->default_at + i];
        if (at_least(version, d->from))
            value = d->value;
    }
    return value;
}

static bool digits(struct tw_span text, bool plus, int64_t *ret_value)
{
    int64_t v = 0;
    uint64_t at = 0;
    bool negative = text.n > 0 && text.p[0] == '-';
    if (negative || (plus && text.n > 0 && text.p[0] == '+'))
        at = 1;
    if (at == text.n)
        return false;
    for (; at < text.n; at++) {
        if (text.p[at] < '0' || text.p[at] > '9' || __builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, text.p[at] - '0', &v))
            return false;
    }
    *ret_value = negative ? -v : v;
    return true;
}

// runtime/string.go atoi32; from 1.26 internal/strconv, which takes a plus sign too.
bool tw_godebug_int32(struct tw_span text, struct tw_goversion version, int32_t *ret_value)
{
    int64_t v;
    if (!digits(text, tw_goversion_at_least(settled(version), 1, 26, 0), &v) || v < INT32_MIN ||
        v > INT32_MAX)
        return false;
    *ret_value = (int32_t)v;
    return true;
}

static bool number_of(const struct tw_godebug *key, struct tw_span text,
    struct tw_goversion version, int64_t *ret_value)
{
    int32_t v;
    if (key->form == TW_GODEBUG_INT)
        return digits(text, true, ret_value);
    if (!tw_godebug_int32(text, version, &v))
        return false;
    *ret_value = v;
    return true;
}

static bool is_number(const struct tw_godebug *key)
{
    return key->form == TW_GODEBUG_INT32 || key->form == TW_GODEBUG_INT;
}

static bool applies(const struct tw_godebug *key, const struct tw_godebug_harm *harm,
    struct tw_span value, struct tw_goversion version)
{
    int64_t n = 0;
    bool number = is_number(key) && number_of(key, value, version, &n);
    switch (harm->condition) {
    case TW_IF_ANY:
        return value.n > 0;
    case TW_IF_IS:
        return is_number(key) ? number && n == harm->number : tw_span_equals(value, harm->word);
    case TW_IF_NOT:
        return number && n != harm->number;
    case TW_IF_ABOVE:
        return number && n > harm->number;
    case TW_IF_UNTESTED:
        return value.n > 0 && !listed(key->tests, value);
    }
    return false;
}

const struct tw_godebug_harm *tw_godebug_harm(const struct tw_godebug *key,
    enum tw_harm_class class, struct tw_span value, struct tw_goversion version)
{
    for (size_t i = 0; i < key->harm_count; i++) {
        const struct tw_godebug_harm *harm = &tw_godebug_harms[key->harm_at + i];
        if (harm->class != class || !at_least(version, harm->from))
            continue;
        if (harm->until.major != 0 && at_least(version, harm->until))
            continue;
        // A removed key is only looked at by the check that ends the program.
        if (class != TW_HARM_FATAL && !tw_godebug_known(key, version))
            continue;
        if (applies(key, harm, value, version))
            return harm;
    }
    return NULL;
}

bool tw_godebug_valid(
    const struct tw_godebug *key, struct tw_span value, struct tw_goversion version)
{
    int64_t n;
    const char *usual = tw_godebug_default(key, version);
    if (is_number(key))
        return number_of(key, value, version, &n);
    if (key->form == TW_GODEBUG_ONOFF)
        return tw_span_equals(value, "on") || tw_span_equals(value, "off");
    return (key->tests && strcmp(key->tests, "*") == 0) || listed(key->tests, value) ||
           (usual && tw_span_equals(value, usual));
}

// What a value amounts to: the default's word or number when the program does not take it.
static struct tw_span amounts_to(
    const struct tw_godebug *key, struct tw_span value, struct tw_goversion version)
{
    const char *usual = tw_godebug_default(key, version);
    if (value.p && value.n > 0 && tw_godebug_valid(key, value, version))
        return value;
    return usual ? tw_span_str(usual) : (struct tw_span){0};
}

bool tw_godebug_same(
    const struct tw_godebug *key, struct tw_span a, struct tw_span b, struct tw_goversion version)
{
    int64_t x, y;
    a = amounts_to(key, a, version);
    b = amounts_to(key, b, version);
    if (is_number(key) && number_of(key, a, version, &x) && number_of(key, b, version, &y))
        return x == y;
    if (a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0))
        return true;
    // Words that the code does not compare with are all alike.
    return key->form == TW_GODEBUG_WORD && key->tests && strcmp(key->tests, "*") != 0 &&
           !listed(key->tests, a) && !listed(key->tests, b);
}

bool tw_godebug_next(struct tw_span *rest, struct tw_godebug_element *ret_element)
{
    while (rest->n > 0) {
        const uint8_t *comma = memchr(rest->p, ',', rest->n);
        uint64_t size = comma ? (uint64_t)(comma - rest->p) : rest->n;
        struct tw_span text = tw_span_of(rest->p, size);
        uint64_t step = comma ? size + 1 : size;
        *rest = tw_span_of(rest->p + step, rest->n - step);
        if (size == 0)
            continue;
        struct tw_godebug_element e = {.text = text, .key = text};
        const uint8_t *equals = memchr(text.p, '=', text.n);
        if (equals) {
            e.has_value = true;
            e.key = tw_span_of(text.p, (uint64_t)(equals - text.p));
            e.value = tw_span_of(equals + 1, text.n - e.key.n - 1);
        }
        *ret_element = e;
        return true;
    }
    return false;
}

// http2debug, x509ignoreCN and the like: strings.Contains(os.Getenv("GODEBUG"), "key=word").
static bool lookup_substring(
    struct tw_span text, const struct tw_godebug *key, struct tw_span *ret_value)
{
    struct tw_span name = tw_span_str(key->name);
    uint64_t at = 0;
    bool found = false;
    for (; tw_span_find(text, at, name, &at); at += name.n) {
        const char *tests = key->tests ? key->tests : "";
        for (; *tests; tests += strcspn(tests, " "), tests += *tests == ' ') {
            struct tw_span word = tw_span_of(tests, strcspn(tests, " ")), tail;
            if (!tw_span_from(text, at + name.n, &tail) || tail.n < word.n + 1 ||
                tail.p[0] != '=' || memcmp(tail.p + 1, word.p, word.n) != 0)
                continue;
            *ret_value = tw_span_of(tail.p + 1, word.n);
            found = true;
        }
    }
    return found;
}

bool tw_godebug_lookup(struct tw_span text, const struct tw_godebug *key,
    struct tw_goversion version, struct tw_span *ret_value)
{
    struct tw_godebug_element e;
    bool found = false, runtime = key->reader == TW_READ_RUNTIME;
    if (key->env_only && key->form == TW_GODEBUG_WORD)
        return lookup_substring(text, key, ret_value);
    while (tw_godebug_next(&text, &e)) {
        int32_t n;
        if (!e.has_value || !tw_span_equals(e.key, key->name))
            continue;
        if (key->form == TW_GODEBUG_INT32 && !tw_godebug_int32(e.value, version, &n))
            continue;
        bool cuts = !runtime && tw_goversion_at_least(settled(version), 1, 21, 0);
        const uint8_t *hash = cuts && e.value.n > 0 ? memchr(e.value.p, '#', e.value.n) : NULL;
        *ret_value = hash ? tw_span_of(e.value.p, (uint64_t)(hash - e.value.p)) : e.value;
        found = true;
        // internal/godebug of 1.16 to 1.19 stopped at the first one.
        if (!runtime && !tw_goversion_at_least(settled(version), 1, 20, 0))
            break;
    }
    return found;
}

const struct tw_godebug *tw_godebug_at(size_t index)
{
    return index < tw_godebug_keys_count ? &tw_godebug_keys[index] : NULL;
}
