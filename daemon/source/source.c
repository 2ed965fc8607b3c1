#include "daemon/source/source.h"

#include <string.h>

#include "daemon/registry/registry.h"
#include "daemon/source/layout.h"

static int registry_open(const char *name, const struct tw_source_options *options,
    struct tw_source **ret_source, struct tw_err *err);

static const struct tw_source_kind kinds[] = {
    {"oci:", "oci:DIR[:TAG]", tw_oci_open},
    {"oci-archive:", "oci-archive:FILE[:TAG]", tw_oci_archive_open},
    {"docker-archive:", "docker-archive:FILE[:TAG]", tw_docker_archive_open},
    {"", "[docker://]REGISTRY/REPOSITORY[:TAG][@DIGEST]", registry_open},
};

const struct tw_source_kind *tw_source_kind_at(size_t index)
{
    return index < TW_COUNT(kinds) ? &kinds[index] : NULL;
}

// All that can be written, for messages: the rows of the table, and what the command line reads
// besides.
static int usage(struct tw_err *err, const char *why)
{
    TW_AUTO(tw_buf_done) struct tw_buf list = TW_BUF(400);
    for (size_t i = 0; i < TW_COUNT(kinds); i++)
        tw_buf_printf(&list, "%s, ", kinds[i].usage);
    tw_buf_puts(&list, "dir:PATH, file:PATH, dockerfile:PATH");
    return tw_err_set(
        err, TW_E_USAGE, "%s; a source is one of: %s", why, list.data ? list.data : "");
}

static int registry_open(const char *name, const struct tw_source_options *options,
    struct tw_source **ret_source, struct tw_err *err)
{
    static const char scheme[] = "docker://";
    if (strncmp(name, scheme, sizeof scheme - 1) == 0)
        name += sizeof scheme - 1;
    struct tw_reference reference;
    struct tw_err why = {0};
    if (tw_reference_parse(name, &reference, &why) < 0)
        return usage(err, why.msg);
    return tw_registry_open(&reference, options->registries, options->limits, ret_source, err);
}

// Words that other tools put in front, which would read as a repository with a tag.
static const char *const others[] = {
    "docker-daemon:", "containers-storage:", "http://", "https://", "ostree:", "sif:"};

int tw_source_open(const char *name, const struct tw_source_options *options,
    struct tw_source **ret_source, struct tw_err *err)
{
    for (size_t i = 0; i < TW_COUNT(others); i++) {
        if (strncmp(name, others[i], strlen(others[i])) == 0)
            return usage(err, "this kind of source is not read");
    }
    for (size_t i = 0; i < TW_COUNT(kinds); i++) {
        size_t n = strlen(kinds[i].prefix);
        if (strncmp(name, kinds[i].prefix, n) != 0)
            continue;
        if (name[n] == '\0')
            return usage(err, "the source names nothing");
        return kinds[i].open(name + n, options, ret_source, err);
    }
    return tw_err_set(err, TW_E_INTERNAL, "the table of sources has no last row");
}

int tw_blob_to_buf(void *ctx, const void *bytes, size_t size, struct tw_err *err)
{
    int r = tw_buf_append(ctx, bytes, size);
    return r == TW_E_LIMIT ? tw_err_set(err, r, "past the size limit of such a document")
           : r < 0         ? tw_err_set(err, r, "out of memory")
                           : 0;
}
