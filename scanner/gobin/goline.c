#include "scanner/gobin/goline.h"

// The Changed and Old columns of internal/godebugs/table.go: with a go line below 1.`minor` the
// linker writes key=old. A //go:debug line can write the same; then the go line is unknown, so
// that at least two keys of one release have to agree.
static const struct {
    const char *setting;
    unsigned minor;
} changes[] = {
    {"panicnil=1", 21},
    {"httplaxcontentlength=1", 22},
    {"httpmuxgo121=1", 22},
    {"tls10server=1", 22},
    {"tlsrsakex=1", 22},
    {"tlsunsafeekm=1", 22},
    {"asynctimerchan=1", 23},
    {"gotypesalias=0", 23},
    {"httpservecontentkeepheaders=1", 23},
    {"tls3des=1", 23},
    {"tlskyber=0", 23},
    {"winreadlinkvolume=0", 23},
    {"winsymlink=0", 23},
    {"x509keypairleaf=0", 23},
    {"x509negativeserial=1", 23},
    {"gotestjsonbuildtext=1", 24},
    {"multipathtcp=0", 24},
    {"randseednop=0", 24},
    {"rsa1024min=0", 24},
    {"tlsmlkem=0", 24},
    {"x509rsacrt=0", 24},
    {"x509usepolicies=0", 24},
    {"containermaxprocs=0", 25},
    {"decoratemappings=0", 25},
    {"tlssha1=1", 25},
    {"updatemaxprocs=0", 25},
    {"x509sha256skid=0", 25},
    {"cryptocustomrand=1", 26},
    {"tlssecpmlkem=0", 26},
    {"urlstrictcolons=0", 26},
    {"tracebacklabels=0", 27},
    {"x509sslcertoverrideplatform=0", 27},
};

enum { MINOR_MIN = 21, MINOR_MAX = 27, AGREEING = 2 };

static unsigned minor_of(struct tw_span element)
{
    for (size_t i = 0; i < TW_COUNT(changes); i++) {
        if (tw_span_equals(element, changes[i].setting))
            return changes[i].minor;
    }
    return 0;
}

int tw_goline_read(struct tw_arena *arena, struct tw_gobin *bin)
{
    const char *text = tw_gobin_setting(bin, "DefaultGODEBUG");
    unsigned hits[MINOR_MAX + 1] = {0}, rows[MINOR_MAX + 1] = {0};
    for (size_t i = 0; i < TW_COUNT(changes); i++)
        rows[changes[i].minor]++;
    while (text && *text) {
        size_t n = strcspn(text, ",");
        hits[minor_of(tw_span_of(text, n))]++;
        text += n + (text[n] == ',');
    }
    for (unsigned minor = MINOR_MIN; minor <= MINOR_MAX; minor++) {
        if (hits[minor] == 0 || hits[minor] < (rows[minor] < AGREEING ? rows[minor] : AGREEING))
            continue;
        bin->go_line_at_most = tw_arena_printf(arena, "1.%u", minor - 1);
        bin->go_line_source = "default_godebug";
        return bin->go_line_at_most ? 0 : TW_E_NOMEM;
    }
    return 0;
}
