// Files that programs need and the image does not have: TW505, TW506.
#include <string.h>

#include "scanner/rules/checks.h"

static struct tw_groups everybody_who(
    struct tw_judging *judging, bool (*needs)(const struct tw_judging *, const struct tw_gobin *))
{
    struct tw_groups groups = {0};
    for (size_t i = 0; i < judging->binary_count; i++) {
        const struct tw_judged_binary *b = &judging->binaries[i];
        if (b->bin->functions_known && !b->of_toolchain && needs(judging, b->bin))
            tw_groups_add(judging, &groups, "all", NULL, b);
    }
    return groups;
}

static bool is_or_may_be_set(const struct tw_judging *judging, const char *name)
{
    return tw_image_env(judging->image, name) || tw_judging_unknown(judging, name);
}

static bool has_module(const struct tw_gobin *bin, const char *path)
{
    for (size_t i = 0; i < bin->module_count; i++) {
        if (strcmp(bin->modules[i].path, path) == 0)
            return true;
    }
    return false;
}

static bool is_for_linux(const struct tw_gobin *bin)
{
    return bin->os && strcmp(bin->os, "linux") == 0;
}

// ---- TW505: src/time/zoneinfo_unix.go, zoneinfo_read.go (go1.27.4) ----

// GOROOT/lib/time/zoneinfo.zip, where GOROOT is the variable's value or the program's own.
static bool has_zip(const struct tw_judging *judging, const struct tw_gobin *bin)
{
    const struct tw_env_var *variable = tw_image_env(judging->image, "GOROOT");
    const char *root = variable && *variable->value ? variable->value : bin->goroot;
    size_t n;
    while (root && *root == '/')
        root++;
    for (n = root ? strlen(root) : 0; n > 0 && root[n - 1] == '/'; n--)
        ;
    for (size_t i = 0; n > 0 && i < judging->image->text_count; i++) {
        const struct tw_text_file *text = &judging->image->texts[i];
        if (text->kind == TW_TEXT_ZONES && strncmp(text->path, root, n) == 0 &&
            strcmp(text->path + n, "/lib/time/zoneinfo.zip") == 0)
            return true;
    }
    return false;
}

static bool needs_zones(const struct tw_judging *judging, const struct tw_gobin *bin)
{
    return is_for_linux(bin) && tw_gobin_calls(bin, "time.LoadLocation") &&
           !tw_gobin_links(bin, "time/tzdata") && !has_zip(judging, bin);
}

void tw_check_no_time_zones(struct tw_judging *judging, const struct tw_rule *rule)
{
    const struct tw_image_inventory *image = judging->image;
    if (image->zone_data || !tw_judging_sees_files(judging) ||
        is_or_may_be_set(judging, "ZONEINFO"))
        return;
    struct tw_groups groups = everybody_who(judging, needs_zones);
    for (size_t i = 0; i < groups.count; i++)
        tw_find_group(judging, rule, &groups.items[i], "zoneinfo",
            tw_say(judging, TW_SAY_NO_TIME_ZONES, "go",
                tw_group_versions(judging, &groups.items[i]), NULL));
}

// ---- TW506: src/crypto/x509/root_linux.go (go1.27.4) ----

// A client of TLS, and the system's roots linked in. A program that only serves links neither.
static bool needs_roots(const struct tw_judging *judging, const struct tw_gobin *bin)
{
    (void)judging;
    return is_for_linux(bin) && tw_gobin_calls(bin, "crypto/x509.loadSystemRoots") &&
           (tw_gobin_calls(bin, "net/http.(*Transport).roundTrip") ||
               tw_gobin_calls(bin, "crypto/tls.dial")) &&
           !has_module(bin, "golang.org/x/crypto/x509roots/fallback");
}

void tw_check_no_ca_bundle(struct tw_judging *judging, const struct tw_rule *rule)
{
    const struct tw_image_inventory *image = judging->image;
    if (image->certificates || !tw_judging_sees_files(judging) ||
        is_or_may_be_set(judging, "SSL_CERT_FILE") || is_or_may_be_set(judging, "SSL_CERT_DIR"))
        return;
    struct tw_groups groups = everybody_who(judging, needs_roots);
    for (size_t i = 0; i < groups.count; i++)
        tw_find_group(judging, rule, &groups.items[i], "certificates",
            tw_say(judging, TW_SAY_NO_CA_BUNDLE, "go", tw_group_versions(judging, &groups.items[i]),
                NULL));
}
