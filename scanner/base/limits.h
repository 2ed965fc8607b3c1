// Every cap of the program: one row of one table.
#pragma once

#include <stdint.h>

#include "scanner/base/err.h"
#include "scanner/base/span.h"

//      name                   default      hard maximum  unit       why
// clang-format off
#define TW_LIMITS(ROW) \
    ROW(layer_bytes,           TW_GIB(16),  TW_GIB(256),  "bytes",   "compressed bytes of one layer") \
    ROW(layer_unpacked_bytes,  TW_GIB(64),  TW_GIB(1024), "bytes",   "bytes one layer may inflate to") \
    ROW(layer_ratio,           200,         2000,         "times",   "inflated to compressed bytes, counted past the first 64 MiB: bombs") \
    ROW(layer_entries,         2000000,     20000000,     "entries", "tar entries of one layer") \
    ROW(layer_symlinks,        200000,      2000000,      "entries", "symbolic and hard links remembered for one layer") \
    ROW(layer_seconds,         1800,        86400,        "seconds", "CPU time of one cage") \
    ROW(contents_bytes,        TW_MIB(32),  TW_MIB(256),  "bytes",   "the table of contents of a layer that is read in parts; past it the layer is read whole") \
    ROW(path_bytes,            4096,        65536,        "bytes",   "one path of a tar entry") \
    ROW(binary_bytes,          TW_MIB(512), TW_GIB(4),    "bytes",   "an executable that is held in memory to be read") \
    ROW(binary_sections,       65536,       1000000,      "entries", "section and segment headers of one executable") \
    ROW(binary_segments,       256,         65536,        "entries", "mapped parts of one executable") \
    ROW(binary_functions,      4000000,     40000000,     "entries", "functions walked in one pclntab") \
    ROW(binary_names_bytes,    TW_MIB(64),  TW_MIB(512),  "bytes",   "names of the functions of one executable, all together") \
    ROW(binary_modules,        20000,       200000,       "entries", "modules recorded for one binary") \
    ROW(binary_text_bytes,     TW_MIB(4),   TW_MIB(64),   "bytes",   "module info text of one binary") \
    ROW(layer_binaries,        20000,       200000,       "entries", "Go binaries recorded for one layer") \
    ROW(layer_names_bytes,     TW_MIB(16),  TW_MIB(256),  "bytes",   "packed names of functions kept for one layer; the rest is noted") \
    ROW(layer_texts,           10000,       100000,      "entries", "scripts, Dockerfiles and the like recorded for one layer") \
    ROW(layer_notes,           1000,        10000,        "entries", "notes on things not looked at, for one layer; the rest is counted") \
    ROW(inventory_bytes,       TW_MIB(64),  TW_MIB(512),  "bytes",   "memory and JSON text of one layer's inventory") \
    ROW(image_inventory_bytes, TW_MIB(512), TW_GIB(8),    "bytes",   "inventories of one image's layers, all together; the layers past it are noted") \
    ROW(cage_memory_bytes,     TW_GIB(1),   TW_GIB(8),    "bytes",   "address space of one cage") \
    ROW(cage_idle_seconds,     60,          3600,         "seconds", "a cage that neither reads nor writes is ended") \
    ROW(cage_wait_seconds,     7200,        604800,       "seconds", "waiting for one cage, all together; it may read and write in drips") \
    ROW(manifest_bytes,        TW_MIB(4),   TW_MIB(64),   "bytes",   "one manifest or index (registries support 4 MiB)") \
    ROW(config_bytes,          TW_MIB(8),   TW_MIB(64),   "bytes",   "one image configuration") \
    ROW(json_values,           100000,      10000000,     "values",  "JSON from outside: manifests, configurations, webhooks, requests") \
    ROW(inventory_values,      4000000,     40000000,     "values",  "JSON text of an inventory") \
    ROW(json_depth,            64,          512,          "levels",  "nesting of JSON from outside") \
    ROW(index_depth,           3,           8,            "levels",  "indexes inside indexes") \
    ROW(index_manifests,       256,         4096,         "entries", "images of one index, all levels together") \
    ROW(image_layers,          512,         4096,         "entries", "layers of one image (runtimes stop at 127)") \
    ROW(image_env,             4096,        65536,        "entries", "environment variables of one image") \
    ROW(policy_bytes,          TW_MIB(1),   TW_MIB(16),  "bytes",   "one policy file") \
    ROW(dockerfile_bytes,      TW_MIB(1),   TW_MIB(16),  "bytes",   "one Dockerfile") \
    ROW(dockerfile_steps,      10000,       100000,      "entries", "instructions of one Dockerfile") \
    ROW(script_bytes,          262144,      TW_MIB(4),   "bytes",   "a shell script, or another text in an image, that is looked into; longer ones are not") \
    ROW(text_traces,           1000,        10000,       "entries", "what is kept of one Dockerfile, script or history; the rest is noted") \
    ROW(webhook_bytes,         TW_MIB(4),   TW_MIB(32),   "bytes",   "one webhook body") \
    ROW(webhook_events,        1000,        10000,        "entries", "events of one webhook body") \
    ROW(admission_bytes,       TW_MIB(8),   TW_MIB(32),   "bytes",   "one question of Kubernetes; the API server takes objects of 3 MiB, and an update has two") \
    ROW(admission_values,      300000,      3000000,      "values",  "JSON of such a question") \
    ROW(request_bytes,         TW_MIB(1),   TW_MIB(16),   "bytes",   "any other request body") \
    ROW(request_bodies_bytes,  TW_MIB(32),  TW_GIB(4),    "bytes",   "bodies of all requests under way; more get 429") \
    ROW(request_header_bytes,  32768,       TW_MIB(1),    "bytes",   "request line and headers of one request") \
    ROW(request_header_seconds, 10,         600,          "seconds", "a connection's TLS handshake, and the headers of each request") \
    ROW(request_seconds,       120,         3600,         "seconds", "sending one request, headers and body") \
    ROW(listed_rows,           100000,      1000000,      "rows",    "programs, their modules and findings of one image that lists tell of; its report has all") \
    ROW(token_bytes,           65536,       TW_MIB(1),    "bytes",   "the answer of a token server") \
    ROW(scan_seconds,          14400,       604800,       "seconds", "one scan, all its downloads together; the layers past it are noted") \
    ROW(redirects,             5,           20,           "hops",    "redirects of one download")
// clang-format on

#define TW_MIB(n) ((uint64_t)(n) << 20)
#define TW_GIB(n) ((uint64_t)(n) << 30)

struct tw_limits {
#define TW_LIMITS_FIELD(name, ...) uint64_t name;
    TW_LIMITS(TW_LIMITS_FIELD)
#undef TW_LIMITS_FIELD
};

struct tw_limit_row {
    const char *name;
    uint64_t default_value;
    uint64_t hard_maximum;
    const char *unit;
    const char *why;
    uint64_t offset; // of the field in struct tw_limits
};

extern const struct tw_limit_row tw_limit_rows[];
extern const unsigned tw_limit_row_count;

extern const struct tw_limits tw_limits_default;

const struct tw_limit_row *tw_limits_find(struct tw_span name); // NULL: there is none

// Sets one limit to a decimal number. TW_E_USAGE: not a number, zero, or past the hard maximum; the
// message says which.
int tw_limits_set_row(struct tw_limits *limits, const struct tw_limit_row *row, const char *value,
    struct tw_err *err);

// The same from "name=value". TW_E_USAGE: an unknown name, too.
int tw_limits_set(struct tw_limits *limits, const char *assignment, struct tw_err *err);
