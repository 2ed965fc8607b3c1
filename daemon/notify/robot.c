#include "daemon/notify/robot.h"

static const char *swap(unsigned char c)
{
    static const struct {
        char c;
        const char *wide;
    } twins[] = {
        {'<', "＜"}, {'>', "＞"}, {'[', "［"}, {']', "］"}, {'*', "＊"}, {'`', "'"}, {'#', "＃"}};
    for (size_t i = 0; i < TW_COUNT(twins); i++) {
        if (twins[i].c == (char)c)
            return twins[i].wide;
    }
    return NULL;
}

void tw_robot_clean(struct tw_buf *out, struct tw_span text)
{
    tw_message_clean(out, text, swap);
}

json_t *tw_robot_list(const struct tw_texts *texts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < texts->count; i++) {
        if (json_array_append_new(list, json_string(texts->items[i])) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}
