#include "scanner/layer/gotar.h"

#include <string.h>

#include "scanner/base/mem.h"

enum {
    NAME_BYTES = 100,
    SIZE_AT = 124,
    CHECKSUM_AT = 148,
    TYPE_AT = 156,
    MAGIC_AT = 257,
    PREFIX_AT = 345, // in GNU's form: two times
    SPARSE_EXTENDED_AT = 482,
    REAL_SIZE_AT = 483,
    SPARSE_MORE_AT = 504,
    TRAILER_AT = 508,
    SPECIAL_BYTES_MAX = 1 << 20, // Go refuses longer ones
};

void tw_gotar_init(struct tw_gotar *gotar)
{
    *gotar = (struct tw_gotar){.text = TW_BUF(SPECIAL_BYTES_MAX + 1)};
}

void tw_gotar_done(struct tw_gotar *gotar)
{
    tw_buf_done(&gotar->text);
}

static void refuse(struct tw_gotar *g)
{
    g->state = TW_GOTAR_REFUSED;
}

static void find_odd(struct tw_gotar *g, const char *why)
{
    if (!g->odd)
        g->odd = why;
}

// parseOctal: spaces and NUL around it are no part of it.
static bool read_octal(struct tw_span field, uint64_t *ret_value)
{
    while (field.n > 0 && (field.p[0] == ' ' || field.p[0] == '\0'))
        field = tw_span_of(field.p + 1, field.n - 1);
    uint64_t value = 0, i = 0;
    for (; i < field.n && field.p[i] >= '0' && field.p[i] <= '7'; i++)
        value = value << 3 | (uint64_t)(field.p[i] - '0');
    *ret_value = value;
    // Behind a NUL there may be anything, behind spaces only more of them.
    while (i < field.n && field.p[i] == ' ')
        i++;
    return i == field.n || field.p[i] == '\0';
}

// parseNumeric: octal, or base 256 with the top bit set. False: Go refuses it, as all that is
// negative or larger than 63 bits.
static bool read_number(struct tw_span field, uint64_t *ret_value)
{
    if (!(field.p[0] & 0x80))
        return read_octal(field, ret_value);
    uint64_t value = field.p[0] & 0x7F;
    for (uint64_t i = 1; i < field.n; i++) {
        if (value >> 55)
            return false;
        value = value << 8 | field.p[i];
    }
    *ret_value = value;
    return true;
}

static bool checksum_holds(const uint8_t *block)
{
    uint64_t said;
    int64_t plain = 0, with_signs = 0;
    for (int i = 0; i < TW_GOTAR_BLOCK_BYTES; i++) {
        uint8_t c = i >= CHECKSUM_AT && i < CHECKSUM_AT + 8 ? ' ' : block[i];
        plain += c;
        with_signs += (int8_t)c;
    }
    return read_octal(tw_span_of(block + CHECKSUM_AT, 8), &said) &&
           ((int64_t)said == plain || (int64_t)said == with_signs);
}

static bool is_zero(const uint8_t *block)
{
    for (int i = 0; i < TW_GOTAR_BLOCK_BYTES; i++) {
        if (block[i])
            return false;
    }
    return true;
}

// Fields that one of both takes for a part of the name, and the other does not.
static void look_at_prefix(struct tw_gotar *g)
{
    const uint8_t *b = g->block;
    uint64_t time;
    bool ustar = memcmp(b + MAGIC_AT, "ustar\0", 6) == 0;
    bool gnu = memcmp(b + MAGIC_AT, "ustar  \0", 8) == 0;
    bool star = ustar && memcmp(b + TRAILER_AT, "tar\0", 4) == 0;
    if (gnu && (!read_number(tw_span_of(b + PREFIX_AT, 12), &time) ||
                   !read_number(tw_span_of(b + PREFIX_AT + 12, 12), &time)))
        find_odd(g, "a header of GNU's form has a prefix");
    if ((star && b[PREFIX_AT + 130]) ||
        (!ustar && !gnu && memcmp(b + MAGIC_AT, "ustar", 5) == 0 && b[PREFIX_AT]))
        find_odd(g, "a header is of an unknown form");
}

// ---- special headers ----

struct sparse {
    bool name, map, known, major, minor_0, minor_1, major_0, major_1;
};

static void take_record(
    struct tw_gotar *g, struct tw_span key, struct tw_span value, struct sparse *s)
{
    if (tw_span_equals(key, "size")) {
        uint64_t size = 0;
        g->has_pax_size = value.n > 0;
        for (uint64_t i = 0; i < value.n; i++) {
            if (value.p[i] < '0' || value.p[i] > '9' || size > UINT64_MAX / 20) {
                refuse(g);
                return;
            }
            size = size * 10 + (uint64_t)(value.p[i] - '0');
        }
        g->pax_size = size;
    }
    if (tw_span_equals(key, "path") && value.n > 0)
        g->name_end = (char)value.p[value.n - 1];
    static const char *const of_sparse[] = {
        "GNU.sparse.name", "GNU.sparse.realsize", "GNU.sparse.size"};
    for (size_t i = 0; i < TW_COUNT(of_sparse); i++)
        s->name |= tw_span_equals(key, of_sparse[i]);
    if (tw_span_equals(key, "SCHILY.realsize") || tw_span_equals(key, "SUN.holesdata"))
        find_odd(g, "a sparse file is of a form that runtimes do not know");
    s->map |= tw_span_equals(key, "GNU.sparse.map");
    if (tw_span_equals(key, "GNU.sparse.major")) {
        s->major = true;
        s->major_0 = tw_span_equals(value, "0");
        s->major_1 = tw_span_equals(value, "1");
    }
    if (tw_span_equals(key, "GNU.sparse.minor")) {
        s->major = true;
        s->minor_0 = tw_span_equals(value, "0");
        s->minor_1 = tw_span_equals(value, "1");
    }
}

// "LENGTH KEY=VALUE\n", as often as there is text.
static void read_pax(struct tw_gotar *g, struct tw_span text)
{
    struct sparse s = {0};
    g->has_pax_size = false;
    while (text.n > 0 && g->state != TW_GOTAR_REFUSED) {
        uint64_t n = 0, digits = 0;
        for (; digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9' && n < UINT32_MAX;
             digits++)
            n = n * 10 + (uint64_t)(text.p[digits] - '0');
        const uint8_t *equals =
            n <= text.n && n > digits + 2 ? memchr(text.p + digits, '=', n - digits) : NULL;
        if (digits == 0 || !equals || text.p[digits] != ' ' || text.p[n - 1] != '\n') {
            refuse(g);
            return;
        }
        const uint8_t *key = text.p + digits + 1, *value = equals + 1;
        take_record(g, tw_span_of(key, (uint64_t)(equals - key)),
            tw_span_of(value, (uint64_t)(text.p + n - 1 - value)), &s);
        text = tw_span_of(text.p + n, text.n - n);
    }
    bool sparse =
        s.major ? (s.major_0 && (s.minor_0 || s.minor_1)) || (s.major_1 && s.minor_0) : s.map;
    if (s.name && !sparse)
        find_odd(g, "a sparse file's name or size is given to one that is none");
}

static void end_special(struct tw_gotar *g)
{
    struct tw_span text = g->text.size ? tw_buf_span(&g->text) : tw_span_of("", 0);
    g->in_special = false;
    uint64_t size = text.n > 0 ? strnlen((const char *)text.p, text.n) : 0;
    if (g->special == 'x')
        read_pax(g, text);
    else if (g->special == 'L' && size > 0)
        g->name_end = (char)text.p[size - 1];
    tw_buf_done(&g->text);
    g->text = TW_BUF(SPECIAL_BYTES_MAX + 1);
}

// libarchive keeps what was said so far for the entry behind this one, Go's reader does not.
static void come_between(struct tw_gotar *g)
{
    if (g->paxes + g->names + g->links > 0)
        find_odd(g, "a label or global header stands between an entry and its own");
}

static void begin_special(struct tw_gotar *g, char type, uint64_t size)
{
    if (size > SPECIAL_BYTES_MAX) {
        refuse(g);
        return;
    }
    g->paxes += type == 'x';
    g->names += type == 'L';
    g->links += type == 'K';
    if (type == 'g')
        come_between(g);
    g->special = type;
    g->in_special = true;
    g->skip = size;
    g->extended = false;
    if (size == 0)
        end_special(g);
}

// ---- entries ----

static bool never_has_data(char type, bool is_folder)
{
    // strchr() finds the NUL as well.
    return type ? strchr("123456", type) != NULL : is_folder;
}

// The header's own name is cut when a special header has the whole of it.
static char name_end(const struct tw_gotar *g)
{
    size_t size = strnlen((const char *)g->block, NAME_BYTES);
    bool only_prefix =
        size == 0 && memcmp(g->block + MAGIC_AT, "ustar\0", 6) == 0 && g->block[PREFIX_AT];
    if (g->name_end)
        return g->name_end;
    return only_prefix ? '/' : size > 0 ? (char)g->block[size - 1] : '\0';
}

static void take_entry(struct tw_gotar *g, char type, uint64_t size)
{
    if (g->paxes > 1 || g->names > 1 || g->links > 1 || (g->paxes > 0 && g->names + g->links > 0))
        find_odd(g, "an entry has several headers for its name");
    // libarchive takes the size of GNU's sparse files for that of any.
    if (type != 'S' && memcmp(g->block + MAGIC_AT, "ustar  \0", 8) == 0 && g->block[REAL_SIZE_AT])
        find_odd(g, "a sparse file's name or size is given to one that is none");
    bool is_folder = name_end(g) == '/';
    if (is_folder && type == '0' && size > 0)
        find_odd(g, "a file has the name of a folder");
    if (type == 'V') { // a label; libarchive does not give it
        come_between(g);
    } else {
        g->entries++;
        g->trail = tw_gotar_step(g->trail, g->began);
    }
    if (g->has_pax_size)
        size = g->pax_size;
    g->skip = never_has_data(type, is_folder) ? 0 : size;
    g->extended = type == 'S' && g->block[SPARSE_EXTENDED_AT];
    g->paxes = g->names = g->links = 0;
    g->name_end = '\0';
    g->has_pax_size = false;
    if (type != 'V')
        g->began = g->at + g->skip +
                   (TW_GOTAR_BLOCK_BYTES - g->skip % TW_GOTAR_BLOCK_BYTES) % TW_GOTAR_BLOCK_BYTES;
}

static void take_header(struct tw_gotar *g)
{
    uint64_t size;
    char type = (char)g->block[TYPE_AT];
    if (is_zero(g->block)) {
        g->state = g->zero ? TW_GOTAR_ENDED : g->state;
        g->zero = true;
        return;
    }
    if (g->zero || !checksum_holds(g->block) ||
        !read_number(tw_span_of(g->block + SIZE_AT, 12), &size)) {
        refuse(g);
        return;
    }
    look_at_prefix(g);
    if (type == 'x' || type == 'g' || type == 'L' || type == 'K')
        begin_special(g, type, size);
    else
        take_entry(g, type, size);
}

static void take_block(struct tw_gotar *g)
{
    g->filled = 0;
    if (!g->extended) {
        take_header(g);
        return;
    }
    g->extended = g->block[SPARSE_MORE_AT];
    g->began += TW_GOTAR_BLOCK_BYTES;
}

// Data and its padding.
static uint64_t pass(struct tw_gotar *g, struct tw_span bytes)
{
    uint64_t n = g->skip < bytes.n ? g->skip : bytes.n;
    if (g->in_special && tw_buf_append(&g->text, bytes.p, n) < 0)
        refuse(g);
    g->skip -= n;
    return n;
}

void tw_gotar_feed(struct tw_gotar *g, struct tw_span bytes)
{
    while (bytes.n > 0 && g->state == TW_GOTAR_HEADER) {
        uint64_t padding =
            (TW_GOTAR_BLOCK_BYTES - g->at % TW_GOTAR_BLOCK_BYTES) % TW_GOTAR_BLOCK_BYTES;
        uint64_t n;
        if (g->skip > 0 && !g->extended) {
            n = pass(g, bytes);
        } else if (g->filled == 0 && padding > 0) {
            n = padding < bytes.n ? padding : bytes.n;
        } else {
            n = TW_GOTAR_BLOCK_BYTES - g->filled;
            n = n < bytes.n ? n : bytes.n;
            memcpy(g->block + g->filled, bytes.p, n);
            g->filled += n;
        }
        bytes = tw_span_of(bytes.p + n, bytes.n - n);
        g->at += n;
        if (g->filled == TW_GOTAR_BLOCK_BYTES)
            take_block(g);
        else if (g->in_special && g->skip == 0 && g->filled == 0 && g->text.size > 0)
            end_special(g);
    }
}
