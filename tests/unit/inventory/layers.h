// Layers for tests: real tar bytes, read as the cage reads them, merged as a scan merges them.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "scanner/base/buf.h"
#include "scanner/inventory/image.h"

// Rows say what matters and leave the rest out.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

enum { LAYERS_MAX = 8, ENTRIES_MAX = 16 };

// What an entry is. GO is a small Go program.
enum { END, DIRECTORY, GO, TEXT, SYMLINK, HARDLINK };

struct entry {
    int kind;
    const char *path;
    const char *more; // target of a link, content of a text
};

static inline void load_program(struct tw_buf *buf)
{
    FILE *file = fopen(TEST_UNIT "/gobin/data/inline-amd64.bin", "rb");
    char bytes[8192];
    assert_non_null(file);
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(n > 0 && n < sizeof bytes);
    assert_int_equal(tw_buf_append(buf, bytes, n), 0);
}

// POSIX.1-1988 ustar.
static inline void add_entry(struct tw_buf *tar, const struct entry *entry)
{
    static const char types[] = {
        [DIRECTORY] = '5', [GO] = '0', [TEXT] = '0', [SYMLINK] = '2', [HARDLINK] = '1'};
    static const char zeros[512];
    TW_AUTO(tw_buf_done) struct tw_buf body = TW_BUF(1 << 20);
    bool link = entry->kind == SYMLINK || entry->kind == HARDLINK;
    if (entry->kind == GO)
        load_program(&body);
    else if (entry->more && !link)
        tw_buf_puts(&body, entry->more);
    char head[512] = {0};
    snprintf(head, 100, "%s", entry->path);
    snprintf(head + 100, 8, "%07o", 0755);
    snprintf(head + 108, 8, "%07o", 0);
    snprintf(head + 116, 8, "%07o", 0);
    snprintf(head + 124, 12, "%011zo", body.size);
    snprintf(head + 136, 12, "%011o", 0);
    head[156] = types[entry->kind];
    if (link)
        snprintf(head + 157, 100, "%s", entry->more);
    memcpy(head + 257, "ustar\00000", 8);
    memset(head + 148, ' ', 8);
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof head; i++)
        sum += (unsigned char)head[i];
    snprintf(head + 148, 8, "%06o", sum);
    tw_buf_append(tar, head, sizeof head);
    tw_buf_append(tar, body.data ? body.data : "", body.size);
    tw_buf_append(tar, zeros, (512 - body.size % 512) % 512);
}

struct memory {
    const struct tw_buf *buf;
    size_t at;
};

static inline int64_t read_memory(void *ctx, void *out, size_t size, struct tw_err *err)
{
    (void)err;
    struct memory *memory = ctx;
    size_t left = memory->buf->size - memory->at, n = size < left ? size : left;
    memcpy(out, memory->buf->data + memory->at, n);
    memory->at += n;
    return (int64_t)n;
}

// Reads the entries as a layer, and passes it through its JSON as the cage's answer is.
static inline struct tw_layer_inventory *layer_of(
    const struct entry *entries, const struct tw_limits *limits)
{
    static const char zeros[1024];
    TW_AUTO(tw_buf_done) struct tw_buf tar = TW_BUF(64 << 20);
    for (; entries->kind != END; entries++)
        add_entry(&tar, entries);
    tw_buf_append(&tar, zeros, sizeof zeros);
    struct memory memory = {.buf = &tar};
    struct tw_stream stream = {.read = read_memory, .ctx = &memory};
    TW_AUTO(tw_layer_inventory_freep) struct tw_layer_inventory *read = NULL;
    struct tw_layer_inventory *layer = NULL;
    TW_AUTO(tw_buf_done) struct tw_buf json = TW_BUF(64 << 20);
    struct tw_err err = {0};
    assert_int_equal(tw_layer_inventory_read(&stream, limits, &read, &err), 0);
    assert_int_equal(tw_layer_inventory_to_json(read, &json, &err), 0);
    assert_int_equal(
        tw_layer_inventory_from_json(tw_buf_span(&json), &tw_limits_default, &layer, &err), 0);
    return layer;
}

// The digest of layer i: sha256 of the digit.
static inline struct tw_digest digest_of_layer(size_t i)
{
    struct tw_digest digest;
    char text = (char)('0' + i);
    assert_int_equal(tw_digest_of(&text, 1, &digest), 0);
    return digest;
}

static inline size_t number_of_layer(const char *digest)
{
    for (size_t i = 0; i < LAYERS_MAX; i++) {
        struct tw_digest of = digest_of_layer(i);
        if (digest && strcmp(of.text, digest) == 0)
            return i;
    }
    return LAYERS_MAX;
}

// Merges; layers[i] NULL is one that could not be read, with its error.
static inline struct tw_image_inventory *merge_layers(struct tw_layer_inventory *const *layers,
    const struct tw_err *errors, size_t count, const struct tw_config *config)
{
    struct tw_descriptor descriptors[LAYERS_MAX] = {0};
    struct tw_config none = {0};
    for (size_t i = 0; i < count; i++) {
        descriptors[i] = (struct tw_descriptor){
            .media_type = "application/vnd.oci.image.layer.v1.tar",
            .digest = digest_of_layer(i),
            .size_bytes = 1000 + i,
        };
    }
    struct tw_manifest manifest = {
        .kind = TW_MANIFEST_IMAGE,
        .media_type = "application/vnd.oci.image.manifest.v1+json",
        .layers = descriptors,
        .layer_count = count,
    };
    assert_int_equal(tw_digest_of("manifest", 8, &manifest.digest), 0);
    struct tw_image_inventory *image = NULL;
    struct tw_err err = {0};
    assert_int_equal(tw_image_inventory_merge(&manifest, config ? config : &none, layers, errors,
                         &tw_limits_default, &image, &err),
        0);
    return image;
}

static inline struct tw_image_inventory *image_of_limits(
    const struct entry (*stack)[ENTRIES_MAX], size_t count, const struct tw_limits *limits)
{
    struct tw_layer_inventory *layers[LAYERS_MAX] = {0};
    struct tw_err errors[LAYERS_MAX] = {0};
    for (size_t i = 0; i < count; i++)
        layers[i] = layer_of(stack[i], limits);
    struct tw_image_inventory *image = merge_layers(layers, errors, count, NULL);
    for (size_t i = 0; i < count; i++)
        tw_layer_inventory_free(layers[i]);
    return image;
}

static inline struct tw_image_inventory *image_of(
    const struct entry (*stack)[ENTRIES_MAX], size_t count)
{
    return image_of_limits(stack, count, &tw_limits_default);
}

// The programs as "path@layer", hard links as "path=alias=alias@layer", notes of what was not
// looked at as "!path:code", all in one line.
static inline void expect_image(struct tw_image_inventory *image, const char *expected)
{
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    for (size_t i = 0; i < image->binary_count; i++) {
        const struct tw_image_binary *binary = &image->binaries[i];
        tw_buf_printf(&out, "%s%s", out.size ? " " : "", binary->path);
        for (size_t k = 0; k < binary->alias_count; k++)
            tw_buf_printf(&out, "=%s", binary->aliases[k]);
        tw_buf_printf(&out, "@%zu", number_of_layer(binary->layer));
    }
    for (size_t i = 0; i < image->note_count; i++) {
        const struct tw_completeness_note *note = &image->notes[i];
        if (note->incomplete)
            tw_buf_printf(
                &out, "%s!%s:%s", out.size ? " " : "", note->path ? note->path : "", note->code);
    }
    assert_string_equal(out.data ? out.data : "", expected);
    tw_image_inventory_free(image);
}

static inline void expect_merged(
    const struct entry (*stack)[ENTRIES_MAX], size_t count, const char *expected)
{
    expect_image(image_of(stack, count), expected);
}
