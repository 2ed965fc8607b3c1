#include "api/call.h"

static int append(const char *bytes, size_t size, void *body)
{
    return tw_buf_append(body, bytes, size);
}

int tw_answer_json(struct tw_answer *answer, unsigned status, json_t *json, struct tw_err *err)
{
    int r = json ? json_dump_callback(json, append, &answer->body, JSON_COMPACT) : -1;
    json_decref(json);
    if (r < 0 || tw_buf_puts(&answer->body, "\n") < 0)
        return tw_err_set(err, TW_E_NOMEM, "out of memory for the answer");
    answer->status = status;
    answer->content_type = "application/json";
    return 0;
}
