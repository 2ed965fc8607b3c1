// /v1/binaries: the Go programs of all images.
#include <string.h>

#include "api/filter.h"
#include "api/json.h"
#include "api/route.h"

static json_t *words_json(const char *words)
{
    json_t *list = json_array();
    while (*words) {
        size_t size = strcspn(words, " ");
        if (json_array_append_new(list, json_stringn(words, size)) < 0) {
            json_decref(list);
            return NULL;
        }
        words += size + strspn(words + size, " ");
    }
    return list;
}

// Takes `item`. A list without one of its items is no answer.
static json_t *append(json_t *list, json_t *item)
{
    if (json_array_append_new(list, item) == 0)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *settings_json(const struct tw_binary *b)
{
    json_t *list = json_array();
    for (size_t i = 0; i < b->setting_count; i++)
        list = append(list, json_pack("{s:o, s:o, s:s}", "name", tw_json_text(b->settings[i].name),
                                "value", tw_json_text(b->settings[i].value), "source",
                                b->settings[i].from_default ? "default" : "env"));
    return list;
}

static json_t *modules_json(const struct tw_binary *b)
{
    json_t *list = json_array();
    for (size_t i = 0; i < b->module_count; i++)
        list = append(list, json_pack("{s:o, s:o}", "path", tw_json_text(b->modules[i].path),
                                "version", tw_json_text_or_null(b->modules[i].version)));
    return list;
}

static json_t *binary_json(const struct tw_binary *b)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o, s:o},"
                     " s:{s:o, s:o}, s:o, s:o, s:o}",                     //
        "image", tw_json_text(b->image),                                  //
        "registry", tw_json_text_or_null(b->registry),                    //
        "repository", tw_json_text_or_null(b->repository),                //
        "tag", tw_json_text_or_null(b->tag),                              //
        "platform", tw_json_text_or_null(b->platform),                    //
        "path", tw_json_text(b->path), "sha256", tw_json_text(b->sha256), //
        "os", tw_json_text_or_null(b->os),                                //
        "arch", tw_json_text_or_null(b->arch),                            //
        "go", "version", tw_json_text_or_null(b->go_version),             //
        "release", tw_json_text_or_null(b->go_release),                   //
        "experiments", words_json(b->experiments),                        //
        "main", "path", tw_json_text_or_null(b->main_path),               //
        "version", tw_json_text_or_null(b->main_version),                 //
        "godebug", settings_json(b), "modules", modules_json(b),          //
        "pushed", tw_json_time(b->pushed_ms));
}

// The digest of an image; NULL when it is not asked for.
static int read_image(const struct tw_call *call, struct tw_binary_query *query, struct tw_err *err)
{
    const char *text = tw_query_get(call->query, "image");
    struct tw_digest digest;
    if (text && tw_digest_parse(text, &digest, err) < 0)
        return tw_err_set(err, TW_E_USAGE,
            "image: \"%.80s\" is no digest; it reads like sha256:<64 hex digits>", text);
    query->image = text;
    return 0;
}

static int read_order(const struct tw_call *call, struct tw_binary_query *query, struct tw_err *err)
{
    static const char *const words[] = {"-pushed", "pushed", "go", "-go", "path", NULL};
    static const struct {
        enum tw_order order;
        bool descending;
    } orders[] = {{TW_ORDER_PUSHED, true}, {TW_ORDER_PUSHED, false}, {TW_ORDER_GO, false},
        {TW_ORDER_GO, true}, {TW_ORDER_PATH, false}};
    int index;
    int r = tw_filter_word(call->query, "sort", words, 0, &index, err);
    if (r == 0) {
        query->order = orders[index].order;
        query->descending = orders[index].descending;
    }
    return r;
}

static int answer(const struct tw_binary_list *list, struct tw_answer *answer, struct tw_err *err)
{
    json_t *items = json_array();
    for (size_t i = 0; i < list->count; i++)
        items = append(items, binary_json(&list->items[i]));
    return tw_answer_json(answer, 200, tw_json_page(items, list->next), err);
}

int tw_handle_binary_list(
    const struct tw_call *call, struct tw_answer *ret_answer, struct tw_err *err)
{
    TW_AUTO(tw_freep) char *module = NULL;
    TW_AUTO(tw_freep) char *setting = NULL;
    TW_AUTO(tw_binary_list_done) struct tw_binary_list list = {0};
    struct tw_binary_query query = {
        .experiment = tw_query_get(call->query, "experiment"),
        .main_path = tw_query_get(call->query, "main"),
        .cursor = tw_query_get(call->query, "cursor"),
    };
    int r = tw_query_limit(call->query, &query.limit, err);
    if (r == 0)
        r = tw_filter_place(call->query, &query.place, err);
    if (r == 0)
        r = tw_filter_go(call->query, &query.go_from, &query.go_until, err);
    if (r == 0)
        r = tw_filter_pair(tw_query_get(call->query, "module"), '@', &module, &query.module,
            &query.module_version, err);
    if (r == 0)
        r = tw_filter_pair(tw_query_get(call->query, "godebug"), '=', &setting, &query.godebug,
            &query.godebug_value, err);
    if (r == 0)
        r = read_image(call, &query, err);
    if (r == 0)
        r = read_order(call, &query, err);
    if (r == 0)
        r = call->service->binary_list(call->service->ctx, &query, &list, err);
    return r < 0 ? r : answer(&list, ret_answer, err);
}
