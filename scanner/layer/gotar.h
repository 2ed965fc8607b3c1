// A second opinion on a tar stream: which entries Go's archive/tar sees, which every container
// runtime unpacks layers with. Where it and libarchive differ, a layer can show us one thing and
// the runtime another. Only headers are looked at, and only what decides where entries begin and
// which field names them. https://github.com/golang/go/blob/go1.27.4/src/archive/tar/reader.go
#pragma once

#include "scanner/base/buf.h"
#include "scanner/base/span.h"

enum { TW_GOTAR_BLOCK_BYTES = 512 };

enum tw_gotar_state {
    TW_GOTAR_HEADER, // the next block is a header
    TW_GOTAR_ENDED,  // two blocks of zeros
    TW_GOTAR_REFUSED // Go's reader gives an error: nobody unpacks this
};

struct tw_gotar {
    enum tw_gotar_state state;
    uint64_t entries;
    uint64_t trail;  // of where each one began, see tw_gotar_step()
    const char *odd; // why an entry may have another name there; NULL: none
    // The rest is its own.
    uint8_t block[TW_GOTAR_BLOCK_BYTES];
    size_t filled;
    uint64_t at;   // of the next byte
    uint64_t skip; // bytes of data that follow
    uint64_t began;
    uint64_t pax_size;
    bool has_pax_size, zero, extended, in_special;
    unsigned paxes, names, links; // special headers in front of the entry
    char special;
    char name_end;      // the last character of a name that a special header gives; NUL: none
    struct tw_buf text; // of the special header
};

void tw_gotar_init(struct tw_gotar *gotar);
void tw_gotar_done(struct tw_gotar *gotar);

// The next bytes of the uncompressed archive.
void tw_gotar_feed(struct tw_gotar *gotar, struct tw_span bytes);

// Sums up where entries begin (behind the data of the one before), in order.
static inline uint64_t tw_gotar_step(uint64_t trail, uint64_t began)
{
    return (trail ^ began) * 0x9E3779B97F4A7C15u + 1;
}
