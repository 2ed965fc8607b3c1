#include "scanner/base/siphash.h"

#include <string.h>
#include <sys/random.h>

#include "scanner/base/err.h"

struct state {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void round_of(struct state *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static void take(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    round_of(s);
    s->v0 ^= word;
}

int tw_sipkey_new(struct tw_sipkey *ret_key)
{
    return getentropy(ret_key, sizeof *ret_key) == 0 ? 0 : TW_E_IO;
}

uint64_t tw_siphash(const struct tw_sipkey *key, uint64_t seed, const char *text, size_t size)
{
    struct state s = {
        key->k0 ^ 0x736f6d6570736575, // "somepseudorandomlygeneratedbytes"
        key->k1 ^ 0x646f72616e646f6d,
        key->k0 ^ 0x6c7967656e657261,
        key->k1 ^ 0x7465646279746573,
    };
    take(&s, seed);
    size_t whole = size / 8 * 8;
    for (size_t i = 0; i < whole; i += 8) {
        uint64_t word;
        memcpy(&word, text + i, sizeof word); // the byte order of the machine: kept nowhere
        take(&s, word);
    }
    uint64_t last = 0;
    memcpy(&last, text + whole, size - whole);
    take(&s, last ^ (uint64_t)(size + 8) << 56);
    s.v2 ^= 0xFF;
    for (unsigned i = 0; i < 3; i++)
        round_of(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
