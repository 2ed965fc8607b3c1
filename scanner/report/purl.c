#include "scanner/report/purl.h"

#include <string.h>

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._~", c));
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static char upper(char c)
{
    return (char)(c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c);
}

// `escaped`: \xNN stands for one byte.
static void encode(struct tw_buf *out, struct tw_span text, bool escaped)
{
    const char *p = (const char *)text.p;
    for (uint64_t i = 0; i < text.n; i++) {
        if (escaped && text.n - i >= 4 && p[i] == '\\' && p[i + 1] == 'x' && is_hex(p[i + 2]) &&
            is_hex(p[i + 3])) {
            tw_buf_printf(out, "%%%c%c", upper(p[i + 2]), upper(p[i + 3]));
            i += 3;
        } else if (is_unreserved(p[i])) {
            tw_buf_append(out, p + i, 1);
        } else {
            tw_buf_printf(out, "%%%02X", (unsigned char)p[i]);
        }
    }
}

// The segments of a path, encoded, `before` before the first and "/" between them. Whether there
// was one.
static bool encode_path(struct tw_buf *out, const char *path, const char *before, bool escaped)
{
    bool any = false;
    while (*path) {
        size_t size = strcspn(path, "/");
        bool is_dots = size <= 2 && strncmp(path, "..", size) == 0; // "", "." and ".."
        if (!is_dots) {
            tw_buf_puts(out, any ? "/" : before);
            encode(out, tw_span_of(path, size), escaped);
            any = true;
        }
        path += size + (path[size] == '/');
    }
    return any;
}

static const char *result(struct tw_buf *room, bool any)
{
    if (room->status == TW_E_LIMIT) {
        tw_buf_reset(room);
        return NULL;
    }
    return any && room->status == 0 ? room->data : NULL;
}

// What comes behind the module in the path of one of its packages; "" is the module's own.
static const char *subpath(const char *module, const char *package)
{
    size_t size = strlen(module);
    bool is_inside = package && strncmp(package, module, size) == 0 && package[size] == '/';
    return is_inside ? package + size + 1 : "";
}

const char *tw_purl_golang(
    struct tw_buf *room, const char *module, const char *version, const char *package)
{
    tw_buf_reset(room);
    tw_buf_puts(room, "pkg:golang/");
    bool any = encode_path(room, module, "", false);
    if (version && *version) {
        tw_buf_puts(room, "@");
        encode(room, tw_span_str(version), false);
    }
    encode_path(room, subpath(module, package), "#", false);
    return result(room, any);
}

const char *tw_purl_oci(struct tw_buf *room, const struct tw_image_inventory *image)
{
    tw_buf_reset(room);
    if (!tw_digest_is_set(&image->digest) || !image->repository)
        return NULL;
    const char *slash = strrchr(image->repository, '/');
    tw_buf_puts(room, "pkg:oci/");
    bool any = encode_path(room, slash ? slash + 1 : image->repository, "", false);
    tw_buf_puts(room, "@");
    encode(room, tw_span_str(image->digest.text), false);
    tw_buf_puts(room, "?");
    if (image->architecture && *image->architecture) {
        tw_buf_puts(room, "arch=");
        encode(room, tw_span_str(image->architecture), false);
        tw_buf_puts(room, "&");
    }
    tw_buf_puts(room, "repository_url=");
    if (image->registry && encode_path(room, image->registry, "", false))
        tw_buf_puts(room, "/");
    encode_path(room, image->repository, "", false);
    if (image->tag && *image->tag) {
        tw_buf_puts(room, "&tag=");
        encode(room, tw_span_str(image->tag), false);
    }
    return result(room, any);
}

const char *tw_uri_of_path(struct tw_buf *room, const char *path)
{
    tw_buf_reset(room);
    bool any = encode_path(room, path, "", true);
    return result(room, any);
}
