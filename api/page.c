// "/" and /page/{hash}/{name}: the web page, files that api/page/build.mjs made, put into the
// program when it is built. The page has no data of its own: it asks for that as everybody does.
#include <string.h>

#include "api/route.h"

// CMake lists api/page/dist: a row is FILE(symbol, name, SHA-256 of its bytes in hex).
#include "api/page_files.inc"

#define EMBED_FILE(symbol, name, sha256)                                                           \
    __asm__(".pushsection .rodata, \"a\"\n"                                                        \
            "tw_page_" #symbol ":\n"                                                               \
            ".incbin \"" TW_PAGE_FOLDER "/" name "\"\n"                                            \
            "tw_page_" #symbol "_end:\n"                                                           \
            ".popsection\n");                                                                      \
    extern const char tw_page_##symbol[] __attribute__((visibility("hidden")));                    \
    extern const char tw_page_##symbol##_end[] __attribute__((visibility("hidden")));
TW_PAGE_FILES(EMBED_FILE)

static const struct file {
    const char *name, *sha256, *start, *end;
} files[] = {
#define FILE_ROW(symbol, name, sha256) {name, sha256, tw_page_##symbol, tw_page_##symbol##_end},
    TW_PAGE_FILES(FILE_ROW)
#undef FILE_ROW
};

static const struct {
    const char *ending, *content_type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
};

// A page takes part in nothing but its own files and our API: no other origin, nothing inline,
// and it is in nobody's frame.
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

enum { HASH_CHARS = 16 }; // of the SHA-256, in the addresses of files (build.mjs has it too)

static const struct file *find(const char *name)
{
    for (size_t i = 0; i < TW_COUNT(files); i++) {
        if (strcmp(files[i].name, name) == 0)
            return &files[i];
    }
    return NULL;
}

static const char *content_type_of(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < TW_COUNT(types); i++) {
        size_t size = strlen(types[i].ending);
        if (n > size && strcmp(name + n - size, types[i].ending) == 0)
            return types[i].content_type;
    }
    return "application/octet-stream";
}

static int answer_file(struct tw_answer *answer, const struct file *file, struct tw_err *err)
{
    if (tw_buf_append(&answer->body, file->start, (size_t)(file->end - file->start)) < 0)
        return tw_err_set(err, TW_E_NOMEM, "out of memory for the answer");
    answer->status = 200;
    answer->content_type = content_type_of(file->name);
    answer->content_security_policy = policy;
    return 0;
}

int tw_handle_page(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    (void)call;
    return answer_file(answer, find("index.html"), err);
}

// The address has the file's hash in it, so what is there never changes. One of another build
// is not found: the page that asks for it is old too, and had better be loaded again.
int tw_handle_page_file(const struct tw_call *call, struct tw_answer *answer, struct tw_err *err)
{
    const struct file *file = find(call->path[1]);
    if (!file || strlen(call->path[0]) != HASH_CHARS ||
        strncmp(file->sha256, call->path[0], HASH_CHARS) != 0)
        return tw_err_set(err, TW_E_NOT_FOUND,
            "there is no file \"%.40s\" of that hash in the page; load / again", call->path[1]);
    answer->cache_control = "public, max-age=31536000, immutable";
    return answer_file(answer, file, err);
}
