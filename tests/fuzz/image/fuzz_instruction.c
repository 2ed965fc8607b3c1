#include <stdlib.h>
#include <string.h>

#include "scanner/image/instruction.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *lookup(void *ctx, const char *name, size_t size)
{
    (void)ctx, (void)name;
    return size % 3 == 0 ? "a b" : size % 3 == 1 ? "" : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_arena *arena = tw_arena_new(1 << 20);
    char *text = strndup((const char *)data, size);
    if (arena && text) {
        const char *instruction = tw_instruction_of_history(arena, text);
        struct tw_assignment *items;
        size_t count;
        if (!instruction)
            instruction = text;
        tw_instruction_env(arena, instruction, &items, &count, NULL);
        tw_instruction_env_expanded(arena, instruction, lookup, NULL, &items, &count, NULL);
    }
    free(text);
    tw_arena_free(arena);
    return 0;
}
