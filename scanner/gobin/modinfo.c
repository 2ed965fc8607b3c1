#include "scanner/gobin/modinfo.h"

#include <stdlib.h>

#include "scanner/base/text.h"
#include "scanner/gobin/object.h"

enum { SENTINEL_BYTES = TW_MODINFO_SENTINEL_BYTES };

static const uint8_t start_sentinel[SENTINEL_BYTES] = {
    0x30, 0x77, 0xAF, 0x0C, 0x92, 0x74, 0x08, 0x02, 0x41, 0xE1, 0xC1, 0x07, 0xE6, 0xD6, 0x18, 0xE6};
static const uint8_t end_sentinel[SENTINEL_BYTES] = {
    0xF9, 0x32, 0x43, 0x31, 0x86, 0x18, 0x20, 0x72, 0x00, 0x82, 0x42, 0x10, 0x41, 0x16, 0xD8, 0xF2};

bool tw_modinfo_unframe(struct tw_span framed, struct tw_span *ret_text)
{
    // As debug/buildinfo does: at least 33 bytes, and a line feed before the last sentinel.
    return framed.n >= 2 * SENTINEL_BYTES + 1 && framed.p[framed.n - SENTINEL_BYTES - 1] == '\n' &&
           tw_span_sub(framed, SENTINEL_BYTES, framed.n - 2 * SENTINEL_BYTES, ret_text);
}

bool tw_modinfo_find(
    struct tw_span bytes, uint64_t max_bytes, uint64_t *at, struct tw_span *ret_text)
{
    uint64_t start, end;
    if (!tw_span_find(bytes, *at, tw_span_of(start_sentinel, SENTINEL_BYTES), &start))
        return false;
    start += SENTINEL_BYTES;
    *at = start;
    struct tw_span window;
    uint64_t rest = bytes.n - start;
    *ret_text = tw_span_of("", 0);
    tw_span_sub(bytes, start, rest < max_bytes ? rest : max_bytes, &window);
    if (tw_span_find(window, 0, tw_span_of(end_sentinel, SENTINEL_BYTES), &end) && end > 0 &&
        window.p[end - 1] == '\n')
        tw_span_sub(window, 0, end, ret_text);
    return true;
}

int tw_modinfo_too_long(struct tw_arena *arena, struct tw_gobin *bin)
{
    return tw_gobin_note(arena, bin, "over-limit",
        "its module info is longer than binary_text_bytes allows; modules and settings are not "
        "known");
}

// ---- Go's quoting (strconv.Unquote), as runtime/debug writes keys and values ----

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static size_t put_utf8(uint32_t c, uint8_t out[4])
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (c & 0x3F));
        c >>= 6;
    }
    out[0] = (uint8_t)((0xF00 >> n & 0xFF) | c);
    return n;
}

// One escape after the backslash at s[*at]; appends what it means. False: not an escape of Go.
static bool unescape(struct tw_span s, uint64_t *at, uint8_t *out, size_t *size)
{
    static const char letters[] = "abfnrtv\\\"'";
    static const char meanings[] = "\a\b\f\n\r\t\v\\\"'";
    static const struct {
        uint8_t letter;
        unsigned digits, bits;
    } numbers[] = {{'x', 2, 4}, {'u', 4, 4}, {'U', 8, 4}, {0, 3, 3}};
    uint8_t c;
    if (!tw_span_u8(s, *at, &c))
        return false;
    const char *letter = c ? strchr(letters, c) : NULL;
    if (letter) {
        out[(*size)++] = (uint8_t)meanings[letter - letters];
        (*at)++;
        return true;
    }
    size_t kind = 0;
    while (numbers[kind].letter && numbers[kind].letter != c)
        kind++;
    if (numbers[kind].letter)
        (*at)++;
    uint64_t value = 0;
    for (unsigned i = 0; i < numbers[kind].digits; i++, (*at)++) {
        uint8_t d;
        int digit = tw_span_u8(s, *at, &d) ? hex_digit(d) : -1;
        if (digit < 0 || digit >= 1 << numbers[kind].bits)
            return false;
        value = value << numbers[kind].bits | (uint64_t)digit;
    }
    if (c == 'u' || c == 'U') {
        if (value > 0x10FFFF)
            return false;
        *size += put_utf8((uint32_t)value, out + *size);
    } else {
        out[(*size)++] = (uint8_t)value;
    }
    return true;
}

// The text at s, quoted or not, up to `stop` (or the end when unquoted); *ret_taken: bytes used.
static const char *take_text(
    struct tw_arena *arena, struct tw_span s, uint8_t stop, uint64_t *ret_taken)
{
    if (s.n == 0 || (s.p[0] != '"' && s.p[0] != '`')) {
        uint64_t n = 0;
        while (n < s.n && s.p[n] != stop)
            n++;
        *ret_taken = n;
        return tw_text_keep(arena, tw_span_of(s.p, n));
    }
    uint8_t quote = s.p[0];
    uint8_t *out = malloc(s.n + 4); // no escape becomes longer
    if (!out)
        return NULL;
    size_t size = 0;
    uint64_t at = 1;
    bool good = false;
    while (at < s.n) {
        uint8_t c = s.p[at++];
        if (c == quote) {
            good = true;
            break;
        }
        if (c != '\\' || quote == '`')
            out[size++] = c;
        else if (!unescape(s, &at, out, &size))
            break;
    }
    *ret_taken = good ? at : s.n;
    char *kept = tw_text_keep(arena, good ? tw_span_of(out, size) : s);
    free(out);
    return kept;
}

// ---- lines ----

struct parser {
    const struct tw_limits *limits;
    struct tw_arena *arena;
    struct tw_gobin *bin;
    struct tw_module *last; // what "=>" replaces
};

// The fields of a line, by TAB.
static size_t split(struct tw_span line, struct tw_span fields[4])
{
    size_t count = 0;
    while (count < 4) {
        const uint8_t *tab = line.n ? memchr(line.p, '\t', line.n) : NULL;
        uint64_t n = tab && count < 3 ? (uint64_t)(tab - line.p) : line.n;
        fields[count++] = tw_span_of(line.p, n);
        if (n == line.n)
            break;
        line = tw_span_of(line.p + n + 1, line.n - n - 1);
    }
    return count;
}

static int fill_module(struct parser *p, struct tw_span line, struct tw_module *module)
{
    struct tw_span fields[4];
    size_t n = split(line, fields);
    module->path = tw_text_escape(p->arena, fields[0]);
    if (n > 1 && fields[1].n > 0)
        module->version = tw_text_escape(p->arena, fields[1]);
    if (n > 2 && fields[2].n > 0)
        module->sum = tw_text_escape(p->arena, fields[2]);
    return module->path ? 0 : TW_E_NOMEM;
}

static int line_path(struct parser *p, struct tw_span rest)
{
    p->bin->main_path = tw_text_escape(p->arena, rest);
    return p->bin->main_path ? 0 : TW_E_NOMEM;
}

static int line_mod(struct parser *p, struct tw_span rest)
{
    p->last = p->bin->main_module = tw_arena_alloc(p->arena, sizeof *p->last);
    return p->last ? fill_module(p, rest, p->last) : TW_E_NOMEM;
}

static int line_dep(struct parser *p, struct tw_span rest)
{
    if (p->bin->module_count >= p->limits->binary_modules)
        return TW_E_LIMIT;
    p->last = tw_arena_push(p->arena, &p->bin->modules, &p->bin->module_count);
    return p->last ? fill_module(p, rest, p->last) : TW_E_NOMEM;
}

static int line_replace(struct parser *p, struct tw_span rest)
{
    if (!p->last || p->last->replace)
        return 0;
    p->last->replace = tw_arena_alloc(p->arena, sizeof *p->last->replace);
    return p->last->replace ? fill_module(p, rest, p->last->replace) : TW_E_NOMEM;
}

static int line_build(struct parser *p, struct tw_span rest)
{
    uint64_t taken, ignored;
    struct tw_span value;
    if (p->bin->setting_count >= p->limits->binary_modules)
        return TW_E_LIMIT;
    const char *key = take_text(p->arena, rest, '=', &taken);
    if (!key)
        return TW_E_NOMEM;
    if (taken >= rest.n || rest.p[taken] != '=' || !tw_span_from(rest, taken + 1, &value))
        return 0;
    struct tw_setting *setting = tw_arena_push(p->arena, &p->bin->settings, &p->bin->setting_count);
    if (!setting)
        return TW_E_NOMEM;
    setting->key = key;
    setting->value = take_text(p->arena, value, '\n', &ignored);
    if (!setting->value)
        p->bin->setting_count--;
    return setting->value ? 0 : TW_E_NOMEM;
}

static const struct {
    const char *word;
    int (*read)(struct parser *p, struct tw_span rest);
} line_kinds[] = {{"path\t", line_path}, {"mod\t", line_mod}, {"dep\t", line_dep},
    {"=>\t", line_replace}, {"build\t", line_build}};

int tw_modinfo_parse(struct tw_span text, const struct tw_limits *limits, struct tw_arena *arena,
    struct tw_gobin *bin, struct tw_err *err)
{
    struct parser p = {.limits = limits, .arena = arena, .bin = bin};
    while (text.n > 0) {
        const uint8_t *feed = memchr(text.p, '\n', text.n);
        struct tw_span line = tw_span_of(text.p, feed ? (uint64_t)(feed - text.p) : text.n);
        for (size_t i = 0; i < TW_COUNT(line_kinds); i++) {
            if (!tw_span_starts_with(line, line_kinds[i].word))
                continue;
            struct tw_span rest;
            tw_span_from(line, strlen(line_kinds[i].word), &rest);
            int r = line_kinds[i].read(&p, rest);
            if (r == TW_E_LIMIT)
                return tw_err_set(err, r, "more lines than binary_modules allows");
            if (r < 0)
                return tw_err_set(err, r, "no memory for the module info");
        }
        tw_span_from(text, line.n + (feed != NULL), &text);
    }
    return 0;
}
