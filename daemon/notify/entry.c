#include "daemon/notify/entry.h"

#include <string.h>

#include "daemon/config/access.h"
#include "daemon/config/document.h"
#include "daemon/http/secret.h"

enum {
    SECRET_BYTES_MIN = 16,
    SECRET_BYTES_MAX = 1024,
    KEYWORD_BYTES_MAX = 200,
};

static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
static const char of_people[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@+-";

// Keys that not every kind has, and where they stand in the entry being read.
static const struct {
    unsigned option;
    const char *key;
} options[] = {
    {TW_SINK_SECRET, "secret"},
    {TW_SINK_FORMAT, "format"},
    {TW_SINK_MENTIONS, "mentions"},
    {TW_SINK_MOBILES, "mobiles"},
    {TW_SINK_KEYWORD, "keyword"},
    {TW_SINK_SOURCE, "source"},
};

struct entry {
    struct tw_sinks *sinks;
    struct tw_sink *sink;
    const yaml_node_t *at[TW_COUNT(options)]; // where an optional key stands; NULL: not there
    const yaml_node_t *url_at;
};

static void note(struct entry *e, unsigned option, const yaml_node_t *node)
{
    for (size_t i = 0; i < TW_COUNT(options); i++)
        e->at[i] = options[i].option == option ? node : e->at[i];
}

// ---- plain values ----

static int read_name(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    struct entry *e = target;
    const char **name = &e->sink->name;
    int code = tw_yaml_text(yaml, node, name);
    if (code == 0 && (strlen(*name) > TW_SINK_NAME_MAX || (*name)[0] == '-' ||
                         (*name)[strspn(*name, letters)] != '\0'))
        return tw_yaml_fail(yaml, node,
            "a name has at most %d of a to z, 0 to 9 and -, and does not start with -",
            TW_SINK_NAME_MAX);
    for (size_t i = 0; code == 0 && i + 1 < e->sinks->count; i++) {
        if (e->sinks->items[i].name && strcmp(e->sinks->items[i].name, *name) == 0)
            return tw_yaml_fail(yaml, node, "this name is there twice");
    }
    return code;
}

static int read_kind(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    struct entry *e = target;
    const char *words[16];
    size_t count = 0, word;
    for (; tw_sink_kind_at(count); count++)
        words[count] = tw_sink_kind_at(count)->name;
    int code = tw_yaml_word(yaml, node, words, count, &word);
    if (code == 0)
        e->sink->kind = tw_sink_kind_at(word);
    return code;
}

static int read_event(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    unsigned *events = target;
    size_t word;
    int code = tw_yaml_word(yaml, node, tw_event_names, TW_EVENT_TEST, &word);
    if (code == 0)
        *events |= 1u << word;
    return code;
}

static int read_events(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    struct entry *e = target;
    e->sink->events = 0;
    int code = node->type == YAML_SEQUENCE_NODE
                   ? tw_yaml_list(yaml, node, read_event, &e->sink->events)
                   : read_event(yaml, node, &e->sink->events);
    return code == 0 && e->sink->events == 0 ? tw_yaml_fail(yaml, node, "no event is given") : code;
}

static int read_severity(
    struct tw_yaml *yaml, const yaml_node_t *node, enum tw_severity *ret_severity)
{
    static const char *const words[] = {"info", "low", "medium", "high", "critical"};
    size_t word;
    int code = tw_yaml_word(yaml, node, words, TW_COUNT(words), &word);
    if (code == 0)
        *ret_severity = (enum tw_severity)word;
    return code;
}

static int read_min(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    return read_severity(yaml, node, &((struct entry *)target)->sink->min);
}

static int read_drift_min(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    return read_severity(yaml, node, &((struct entry *)target)->sink->drift_min);
}

static int read_lang(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    static const char *const words[] = {"en", "zh"};
    struct entry *e = target;
    size_t word;
    int code = tw_yaml_word(yaml, node, words, TW_COUNT(words), &word);
    if (code == 0)
        e->sink->lang = (enum tw_lang)word;
    return code;
}

static int read_bool(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    static const char *const words[] = {"false", "true"};
    struct entry *e = target;
    size_t word;
    int code = tw_yaml_word(yaml, node, words, TW_COUNT(words), &word);
    if (code == 0)
        e->sink->local = word == 1;
    return code;
}

static int read_registries(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    return tw_yaml_texts(yaml, node, &((struct entry *)target)->sink->registries);
}

static int read_repositories(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    return tw_yaml_texts(yaml, node, &((struct entry *)target)->sink->repositories);
}

static int read_format(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    static const char *const words[] = {"markdown", "text"};
    struct entry *e = target;
    size_t word;
    int code = tw_yaml_word(yaml, node, words, TW_COUNT(words), &word);
    note(e, TW_SINK_FORMAT, node);
    if (code == 0)
        e->sink->as_text = word == 1;
    return code;
}

// These stand in messages as they are.
static int read_people(struct tw_yaml *yaml, const yaml_node_t *node, struct tw_texts *people)
{
    int code = tw_yaml_texts(yaml, node, people);
    for (size_t i = 0; code == 0 && i < people->count; i++) {
        const char *who = people->items[i];
        if (strlen(who) > 64 || who[strspn(who, of_people)] != '\0')
            return tw_yaml_fail(
                yaml, node, "has at most 64 letters, digits and . _ @ + - for each");
    }
    return code == 0 && people->count > 50 ? tw_yaml_fail(yaml, node, "are more than 50") : code;
}

static int read_mentions(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    struct entry *e = target;
    note(e, TW_SINK_MENTIONS, node);
    return read_people(yaml, node, &e->sink->mentions);
}

static int read_mobiles(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    struct entry *e = target;
    note(e, TW_SINK_MOBILES, node);
    return read_people(yaml, node, &e->sink->mobiles);
}

static int read_keyword(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    struct entry *e = target;
    note(e, TW_SINK_KEYWORD, node);
    int code = tw_yaml_text(yaml, node, &e->sink->keyword);
    return code == 0 && strlen(e->sink->keyword) > KEYWORD_BYTES_MAX
               ? tw_yaml_fail(yaml, node, "has more than %d bytes", KEYWORD_BYTES_MAX)
               : code;
}

static int read_source(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    struct entry *e = target;
    note(e, TW_SINK_SOURCE, node);
    int code = tw_yaml_text(yaml, node, &e->sink->source);
    for (const char *p = e->sink->source; code == 0 && *p; p++) {
        if (*p <= ' ' || *p == 0x7F || strchr("<>\"\\^`{|}", *p))
            return tw_yaml_fail(yaml, node, "is no URI");
    }
    return code;
}

// ---- secrets: what stands there is never told ----

static int set_url(struct tw_yaml *yaml, const yaml_node_t *node, struct entry *e, const char *text)
{
    struct tw_err why = {0};
    struct tw_url *url = &e->sink->url;
    if (e->url_at)
        return tw_yaml_fail(yaml, node, "there must be one address: url, or url-file");
    e->url_at = node;
    int r = tw_url_parse(text, url, &why);
    if (r == TW_E_NOMEM)
        return tw_yaml_no_memory(yaml);
    if (r < 0)
        return tw_yaml_fail(yaml, node, "must be an address that starts with https:// or http://");
    const char *host = strstr(text, "//");
    if (host && memchr(host, '@', 2 + strcspn(host + 2, "/?#")))
        return tw_yaml_fail(yaml, node, "user and password in an address are not taken");
    return 0;
}

// One line, its line feed taken off.
static int read_secret_file(struct tw_yaml *yaml, const yaml_node_t *node, const char *key,
    size_t max_bytes, struct tw_buf *out)
{
    const char *path = NULL;
    struct tw_err why = {0};
    int code = tw_yaml_text(yaml, node, &path);
    if (code < 0)
        return code;
    *out = TW_BUF(max_bytes);
    int r = tw_secret_file_check(key, path, &why);
    if (r == 0)
        r = tw_document_read(path, "of one line", out, &why);
    if (r < 0)
        return r == TW_E_NOMEM ? tw_yaml_no_memory(yaml) : tw_yaml_fail(yaml, node, "%s", why.msg);
    while (out->size > 0 && strchr(" \t\r\n", out->data[out->size - 1]))
        out->data[--out->size] = '\0';
    if (out->size == 0 || strlen(out->data) != out->size)
        return tw_yaml_fail(yaml, node, "the file must hold one line of text");
    return 0;
}

static int read_url(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    const char *text = NULL;
    int code = tw_yaml_text(yaml, node, &text);
    return code < 0 ? code : set_url(yaml, node, target, text);
}

static int read_url_file(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    TW_AUTO(tw_secret_buf_done) struct tw_buf text = {0};
    int code = read_secret_file(yaml, node, "url-file", TW_URL_BYTES_MAX, &text);
    return code < 0 ? code : set_url(yaml, node, target, text.data);
}

static int set_secret(
    struct tw_yaml *yaml, const yaml_node_t *node, struct entry *e, const char *text)
{
    if (e->sink->secret)
        return tw_yaml_fail(yaml, node, "there must be one secret: secret, or secret-file");
    if (strlen(text) < SECRET_BYTES_MIN || strlen(text) > SECRET_BYTES_MAX)
        return tw_yaml_fail(
            yaml, node, "a secret must have %d to %d bytes", SECRET_BYTES_MIN, SECRET_BYTES_MAX);
    note(e, TW_SINK_SECRET, node);
    e->sink->secret = tw_arena_strdup(yaml->arena, text);
    return e->sink->secret ? 0 : tw_yaml_no_memory(yaml);
}

static int read_secret(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    const char *text = NULL;
    int code = tw_yaml_text(yaml, node, &text);
    return code < 0 ? code : set_secret(yaml, node, target, text);
}

static int read_secret_of_file(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    TW_AUTO(tw_secret_buf_done) struct tw_buf text = {0};
    int code = read_secret_file(yaml, node, "secret-file", SECRET_BYTES_MAX, &text);
    return code < 0 ? code : set_secret(yaml, node, target, text.data);
}

// ---- one sink ----

static bool has(const struct tw_texts *texts, const char *text)
{
    return texts->count > 0 && tw_texts_allow(texts, text);
}

static int check_options(struct tw_yaml *yaml, const struct entry *e)
{
    const struct tw_sink *sink = e->sink;
    for (size_t i = 0; i < TW_COUNT(options); i++) {
        if (e->at[i] && !(sink->kind->options & options[i].option))
            return tw_yaml_fail(
                yaml, e->at[i], "the kind %s has no %s", sink->kind->name, options[i].key);
    }
    if (sink->kind != &tw_sink_wecom || sink->as_text)
        return 0;
    for (size_t i = 0; i < TW_COUNT(options); i++) {
        bool is_mobiles = options[i].option == TW_SINK_MOBILES && e->at[i];
        bool is_all = options[i].option == TW_SINK_MENTIONS && has(&sink->mentions, "@all");
        if (is_mobiles || is_all)
            return tw_yaml_fail(
                yaml, e->at[i], "WeCom takes mobiles and @all in texts only: add format: text");
    }
    return 0;
}

static int check_address(struct tw_yaml *yaml, const yaml_node_t *node, const struct entry *e)
{
    if (!e->url_at)
        return tw_yaml_fail(yaml, node, "\"url\" is missing, or \"url-file\"");
    enum tw_address_kind kind = tw_address_kind_of_host(e->sink->url.host);
    const struct tw_address_guard guard = {.any = e->sink->local};
    if (tw_address_guard_allows(&guard, kind))
        return 0;
    return kind == TW_ADDRESS_METADATA || e->sink->local
               ? tw_yaml_fail(yaml, e->url_at, "this address is %s: nothing is sent there",
                     tw_address_kind_name(kind))
               : tw_yaml_fail(yaml, e->url_at,
                     "this address is %s: add local: true when it is meant",
                     tw_address_kind_name(kind));
}

int tw_entry_read(struct tw_yaml *yaml, const yaml_node_t *node, void *target)
{
    static const struct tw_yaml_key keys[] = {
        {"name", read_name, true},
        {"kind", read_kind, true},
        {"url", read_url, false},
        {"url-file", read_url_file, false},
        {"secret", read_secret, false},
        {"secret-file", read_secret_of_file, false},
        {"local", read_bool, false},
        {"events", read_events, false},
        {"min-severity", read_min, false},
        {"drift-severity", read_drift_min, false},
        {"registries", read_registries, false},
        {"repositories", read_repositories, false},
        {"lang", read_lang, false},
        {"format", read_format, false},
        {"mentions", read_mentions, false},
        {"mobiles", read_mobiles, false},
        {"keyword", read_keyword, false},
        {"source", read_source, false},
    };
    struct tw_sinks *sinks = target;
    if (sinks->count == TW_SINKS_MAX)
        return tw_yaml_fail(yaml, node, "there are more than %d sinks", TW_SINKS_MAX);
    struct tw_sink *sink = tw_arena_push(yaml->arena, &sinks->items, &sinks->count);
    if (!sink)
        return tw_yaml_no_memory(yaml);
    *sink = (struct tw_sink){
        .min = TW_HIGH, .drift_min = TW_MEDIUM, .events = (1u << TW_EVENT_TEST) - 1};
    struct entry entry = {.sinks = sinks, .sink = sink};
    void *targets[TW_COUNT(keys)];
    for (size_t i = 0; i < TW_COUNT(keys); i++)
        targets[i] = &entry;
    int code = tw_yaml_mapping(yaml, node, keys, TW_COUNT(keys), targets);
    if (code == 0)
        code = check_options(yaml, &entry);
    return code < 0 ? code : check_address(yaml, node, &entry);
}
