#include "scanner/report/facts.h"

#include <stdio.h>
#include <string.h>

#include "scanner/base/json.h"
#include "scanner/facts/release.h"
#include "scanner/report/binary.h"
#include "scanner/report/page.h"

// A record in the making, as rows for a person or as fields of JSON: each fact is named once.
struct record {
    struct tw_page page;
    json_t *json; // NULL: text
};

static struct record begin(const char *kind, const char *name, struct tw_goversion version,
    bool as_json, const struct tw_report_style *style, struct tw_buf *out)
{
    struct record r = {.page = tw_page_on(out, style)};
    const struct tw_goversion_text go = tw_goversion_print(version);
    if (as_json) {
        r.json = json_pack("{s:s, s:s, s:s}", "kind", kind, "name", name, "go", go.text);
        return r;
    }
    tw_page_text(&r.page, TW_INK_STRONG, name);
    tw_page_printf(&r.page, TW_INK_DIM, "  (%s, Go %s)", kind, go.text);
    tw_page_line(&r.page);
    return r;
}

// `text` NULL: not known, or not so. JSON says null then, a person is told nothing.
static void put(struct record *r, const char *name, const char *text)
{
    if (r->json)
        json_object_set_new(r->json, name, tw_json_or_null(text));
    else
        tw_page_row(&r->page, name, text, NULL);
}

static void put_version(struct record *r, const char *name, struct tw_goversion v)
{
    put(r, name, v.major ? tw_goversion_print(v).text : NULL);
}

static int end(struct record *r, struct tw_err *err)
{
    if (r->json)
        return tw_json_write(r->json, JSON_COMPACT, r->page.out, err);
    return r->page.out->status < 0 ? tw_err_set(err, r->page.out->status, "the output is too large")
                                   : 0;
}

// What that version does with the key.
static const char *standing(const struct tw_godebug *key, struct tw_goversion version)
{
    if (tw_godebug_removed(key, version))
        return "removed";
    return tw_godebug_known(key, version) ? "known" : "not yet known";
}

static const char *reader(const struct tw_godebug *key)
{
    static const char *const names[] = {
        [TW_READ_RUNTIME] = "the runtime of every Go program",
        [TW_READ_PACKAGE] = "programs that have the package linked in",
        [TW_READ_GO] = "the go command and its tools",
        [TW_READ_TEST] = "go test -fuzz",
        [TW_READ_WINDOWS] = "programs on Windows",
        [TW_READ_DARWIN] = "programs on macOS",
        [TW_READ_EXPERIMENT] = "programs built with the experiment of that name",
    };
    return names[key->reader];
}

// "1, 2: what happens": the values that stop the program. The harm table has conditions, so the
// values that any key has are tried.
static void put_fatal(
    struct record *r, const struct tw_godebug *key, struct tw_goversion version, enum tw_lang lang)
{
    static const char *const samples[] = {"0", "1", "2", "3"};
    const struct tw_godebug_harm *harm = NULL;
    char values[64] = "", text[512];
    for (size_t i = 0; i < TW_COUNT(samples); i++) {
        const struct tw_godebug_harm *hit =
            tw_godebug_harm(key, TW_HARM_FATAL, tw_span_str(samples[i]), version);
        size_t n = strlen(values);
        if (hit)
            snprintf(values + n, sizeof values - n, "%s%s", n ? ", " : "", samples[i]);
        harm = hit ? hit : harm;
    }
    snprintf(text, sizeof text, "%s: %s", values, harm ? harm->says[lang] : "");
    put(r, "fatal", harm ? text : NULL);
    put(r, "fatal_with", harm ? harm->package : NULL);
}

int tw_facts_write_godebug(const struct tw_godebug *key, struct tw_goversion version, bool as_json,
    const struct tw_report_style *style, struct tw_buf *out, struct tw_err *err)
{
    struct record r = begin("godebug", key->name, version, as_json, style, out);
    put(&r, "standing", standing(key, version));
    put(&r, "default", tw_godebug_default(key, version));
    put(&r, "values", key->values);
    put(&r, "effect", key->effect);
    put(&r, "risk", key->risk);
    put_fatal(&r, key, version, style->lang);
    put(&r, "read_by", reader(key));
    put(&r, "package", key->package);
    put(&r, "set_by",
        key->env_only ? "GODEBUG in the environment only" : "GODEBUG, //go:debug, the go line");
    put_version(&r, "since", tw_godebug_first(key));
    put_version(&r, "changed", key->changed);
    put(&r, "old_value", key->old_value);
    put_version(&r, "removed", key->removed);
    put(&r, "source", key->source);
    return end(&r, err);
}

int tw_facts_write_goexperiment(const struct tw_goexperiment *experiment,
    struct tw_goversion version, bool as_json, const struct tw_report_style *style,
    struct tw_buf *out, struct tw_err *err)
{
    struct record r = begin("goexperiment", experiment->name, version, as_json, style, out);
    bool known = tw_goexperiment_known(experiment, version);
    bool baseline = known && tw_goexperiment_baseline(experiment, version, "linux", "amd64");
    put(&r, "standing",
        known                                                  ? "known"
        : tw_goversion_compare(version, experiment->first) < 0 ? "not yet known"
                                                               : "permanent or gone");
    put(&r, "baseline",
        !known     ? NULL
        : baseline ? "on by default on linux/amd64"
                   : "off by default on linux/amd64");
    put(&r, "affects", experiment->affects);
    put(&r, "effect",
        experiment->says[style->lang] ? experiment->says[style->lang] : experiment->effect);
    put(&r, "risk", experiment->risk);
    put_version(&r, "since", experiment->first);
    put_version(&r, "removed", experiment->removed);
    put(&r, "source", experiment->source);
    return end(&r, err);
}

int tw_facts_write_release(struct tw_goversion version, bool as_json,
    const struct tw_report_style *style, struct tw_buf *out, struct tw_err *err)
{
    const struct tw_release *release = tw_release_find(version);
    struct tw_goversion_text name = tw_goversion_print(version);
    if (!release)
        return tw_err_set(err, TW_E_USAGE, "no facts about Go %s: they end with %s", name.text,
            tw_facts_version());
    struct record r = begin("release", name.text, version, as_json, style, out);
    put(&r, "released", release->released);
    put(&r, "ended", release->ended);
    put(&r, "latest", release->latest);
    return end(&r, err);
}
