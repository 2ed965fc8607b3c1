#include "daemon/registry/redirect.h"

#include <inttypes.h>

int tw_redirect_resolve(
    const struct tw_url *from, const char *location, struct tw_url *ret_url, struct tw_err *err)
{
    struct tw_url to = {0};
    int r = tw_url_resolve(from, location, &to, err);
    if (r < 0)
        return tw_err_wrap(err, r, "it redirects to");
    if (from->https && !to.https) {
        tw_err_set(
            err, TW_E_NOT_ALLOWED, "it redirects from https to plain http, which is not followed");
        tw_url_done(&to);
        return TW_E_NOT_ALLOWED;
    }
    *ret_url = to;
    return 0;
}

static bool is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static int next_hop(const struct tw_http_request *hop, const struct tw_http_answer *answer,
    struct tw_url *ret_url, struct tw_err *err)
{
    if (hop->post.p)
        return tw_err_set(err, TW_E_NOT_ALLOWED,
            "it redirects a request that carries a secret, which is not followed");
    if (!answer->location)
        return tw_err_set(err, TW_E_FORMAT, "status %ld without a Location", answer->status);
    return tw_redirect_resolve(hop->url, answer->location, ret_url, err);
}

int tw_redirect_follow(struct tw_http *http, const struct tw_http_request *request,
    const struct tw_redirect_rules *rules, struct tw_http_answer *answer, struct tw_err *err)
{
    struct tw_http_request hop = *request;
    TW_AUTO(tw_url_done) struct tw_url at = {0};
    bool elsewhere = false;
    for (uint64_t hops = 0;; hops++) {
        hop.guard = (struct tw_address_guard){
            .any = tw_url_same_origin(hop.url, rules->registry), .allowed = rules->allowed_address};
        int r = tw_http_perform(http, &hop, answer, err);
        answer->elsewhere = elsewhere;
        if (r < 0)
            return elsewhere ? tw_err_wrap(err, r, "redirected to %s", hop.url->origin) : r;
        if (!is_redirect(answer->status))
            return 0;
        if (hops >= rules->hops_max)
            return tw_err_set(err, TW_E_LIMIT, "more redirects than the limit redirects, %" PRIu64,
                rules->hops_max);
        struct tw_url next = {0};
        r = next_hop(&hop, answer, &next, err);
        if (r < 0)
            return r;
        tw_http_answer_done(answer);
        tw_url_done(&at);
        at = next;
        hop.url = &at;
        if (!tw_url_same_origin(&at, request->url)) {
            hop.authorization = NULL; // and stays so, should it lead back
            elsewhere = true;
        }
    }
}
