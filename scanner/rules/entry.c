#include "scanner/rules/entry.h"

#include <string.h>

// What runc looks through when the image sets no PATH.
static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

static const struct tw_judged_binary *at(
    const struct tw_judging *judging, struct tw_span folder, const char *name)
{
    while (folder.n > 0 && folder.p[0] == '/') {
        folder.p++;
        folder.n--;
    }
    for (size_t i = 0; i < judging->binary_count; i++) {
        const char *path = judging->binaries[i].image->path;
        size_t n = folder.n;
        if (strncmp(path, (const char *)folder.p, n) == 0 &&
            strcmp(path + n + (n > 0 && path[n] == '/'), name) == 0)
            return &judging->binaries[i];
    }
    return NULL;
}

const struct tw_judged_binary *tw_entry_of(const struct tw_judging *judging)
{
    const struct tw_image_inventory *image = judging->image;
    const char *name = image->entrypoint_count > 0 ? image->entrypoint[0] : "";
    if (name[0] == '/')
        return at(judging, tw_span_of("", 0), name + 1);
    if (!*name || strchr(name, '/'))
        return NULL;
    const struct tw_env_var *variable = tw_image_env(image, "PATH");
    const struct tw_judged_binary *found = NULL;
    const char *path = variable ? variable->value : default_path;
    while (*path && !found) {
        size_t n = strcspn(path, ":");
        found = at(judging, tw_span_of(path, n), name);
        path += n + (path[n] == ':');
    }
    return found;
}
