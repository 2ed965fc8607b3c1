#include "scanner/base/json_memory.h"

#include "scanner/base/json.h"

// An object with one key, its table grown by doubling, all of it kept: well below this.
enum { VALUE_BYTES_MAX = 512, TEXT_TIMES = 8, ALWAYS_BYTES = 8192 };

#define ALIGNMENT _Alignof(max_align_t)

static _Thread_local struct {
    char *start; // NULL: none is set aside
    size_t size, used;
} reserve;

static void *allocate(size_t size)
{
    void *p = malloc(size);
    if (p)
        return p;
    tw_mem_failures++;
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!reserve.start || size > reserve.size - reserve.used)
        return NULL;
    p = reserve.start + reserve.used;
    reserve.used += size;
    return p;
}

static void give_back(void *p)
{
    bool is_reserved =
        reserve.start && (char *)p >= reserve.start && (char *)p < reserve.start + reserve.size;
    if (!is_reserved)
        free(p);
}

void tw_json_init(void)
{
    json_set_alloc_funcs(allocate, give_back);
}

bool tw_json_reserve(size_t bytes, size_t values)
{
    reserve.size = ALWAYS_BYTES + bytes * TEXT_TIMES + values * VALUE_BYTES_MAX;
    reserve.used = 0;
    reserve.start = malloc(reserve.size);
    return reserve.start != NULL;
}

bool tw_json_was_reserve_needed(void)
{
    return reserve.used > 0;
}

void tw_json_unreserve(void)
{
    free(reserve.start);
    reserve.start = NULL;
    reserve.size = reserve.used = 0;
}
