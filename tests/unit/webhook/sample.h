// A notice as a file: the request line's path, headers, an empty line, the body. The samples in
// data/ are made by hand after facts/webhooks.md; tests, fuzz targets and the system test read
// them.
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/webhook/webhook.h"
#include "scanner/base/percent.h"

enum { SAMPLE_HEADERS = 16 };

struct sample {
    char *text; // owns all
    const char *sender, *place;
    struct {
        const char *name, *value;
    } headers[SAMPLE_HEADERS];
    size_t header_count;
    struct tw_letter delivery;
};

static inline const char *sample_header(void *ctx, const char *name)
{
    const struct sample *sample = ctx;
    for (size_t i = 0; i < sample->header_count; i++) {
        if (strcasecmp(sample->headers[i].name, name) == 0)
            return sample->headers[i].value;
    }
    return NULL;
}

static inline void sample_done(struct sample *sample)
{
    free(sample->text);
}

// False: it has no first line of that form; or, without `text`, memory is short.
static inline bool sample_read(const void *bytes, size_t size, struct sample *sample)
{
    static const char start[] = "POST /v1/webhooks/";
    *sample = (struct sample){.text = malloc(size + 1), .place = ""};
    if (!sample->text)
        return false;
    memcpy(sample->text, bytes, size);
    sample->text[size] = '\0';
    char *line = sample->text, *end = strchr(line, '\n');
    if (strncmp(line, start, strlen(start)) != 0 || !end)
        return false;
    *end = '\0';
    sample->sender = line + strlen(start);
    char *query = strchr(line, '?');
    if (query)
        *query++ = '\0';
    if (query && strncmp(query, "registry=", strlen("registry=")) == 0) {
        size_t n;
        sample->place = query + strlen("registry=");
        if (tw_percent_decode_bytes(query + strlen("registry="), true, &n, NULL) < 0)
            return false;
    }
    for (line = end + 1; *line != '\n' && (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        char *colon = strstr(line, ": ");
        if (!colon || sample->header_count == SAMPLE_HEADERS)
            return false;
        *colon = '\0';
        sample->headers[sample->header_count].name = line;
        sample->headers[sample->header_count++].value = colon + 2;
    }
    if (*line != '\n')
        return false;
    const char *type = sample_header(sample, "Content-Type");
    size_t body = (size_t)(line + 1 - sample->text);
    sample->delivery = (struct tw_letter){
        .body = tw_span_of(line + 1, size - body),
        .is_form = type && strcasecmp(type, "application/x-www-form-urlencoded") == 0,
        .place = sample->place,
        .header = sample_header,
        .ctx = sample,
    };
    return true;
}

// From a file, or the failure of the program.
static inline void sample_open(const char *folder, const char *name, struct sample *sample)
{
    char path[512], *text = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s.http", folder, name);
    FILE *file = fopen(path, "rb");
    FILE *memory = open_memstream(&text, &size);
    for (int c; file && (c = fgetc(file)) != EOF;)
        fputc(c, memory);
    fclose(memory);
    if (file)
        fclose(file);
    if (!file || !sample_read(text, size, sample)) {
        fprintf(stderr, "%s is no sample\n", path);
        abort();
    }
    free(text);
}
