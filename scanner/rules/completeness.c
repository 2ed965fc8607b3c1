// What could not be looked at: TW901 to TW904.
#include <stdio.h>

#include "scanner/rules/checks.h"

enum { FILES_NAMED = 3 };

// "3" of "layer 3 of 7", by the digest of a note; "?" for none.
static const char *layer_number(struct tw_judging *judging, const char *layer)
{
    const struct tw_image_inventory *image = judging->image;
    char text[24];
    for (size_t i = 0; layer && i < image->layer_count; i++) {
        if (strcmp(image->layers[i].digest.text, layer) == 0) {
            snprintf(text, sizeof text, "%zu", i + 1);
            return tw_judging_span(judging, tw_span_str(text));
        }
    }
    return "?";
}

void tw_check_layer_unreadable(struct tw_judging *judging, const struct tw_rule *rule)
{
    const struct tw_image_inventory *image = judging->image;
    for (size_t i = 0; i < image->note_count && !judging->out_of_memory; i++) {
        const struct tw_completeness_note *note = &image->notes[i];
        if (note->path || !note->incomplete)
            continue;
        const char *message =
            tw_say(judging, note->layer ? TW_SAY_LAYER_UNREAD : TW_SAY_IMAGE_INCOMPLETE, "number",
                layer_number(judging, note->layer), "code", note->code, "why", note->message, NULL);
        struct tw_finding *finding = tw_find(judging, rule, NULL,
            tw_judging_join(judging, note->code, layer_number(judging, note->layer)), message);
        tw_evidence_add(judging, finding,
            (struct tw_evidence){.kind = "layer", .value = note->message, .layer = note->layer});
    }
}

// ---- files: one finding for each code, however many files ----

static size_t count_skipped(const struct tw_image_inventory *image, const char *code)
{
    size_t count = 0;
    for (size_t i = 0; i < image->note_count; i++) {
        const struct tw_completeness_note *note = &image->notes[i];
        count += note->path && note->incomplete && strcmp(note->code, code) == 0;
    }
    return count;
}

static bool is_first_of_its_code(const struct tw_image_inventory *image, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        const struct tw_completeness_note *note = &image->notes[i];
        if (note->path && note->incomplete && strcmp(note->code, image->notes[index].code) == 0)
            return false;
    }
    return true;
}

static const char *names(struct tw_judging *judging, const char *code, size_t count)
{
    const struct tw_image_inventory *image = judging->image;
    TW_AUTO(tw_buf_done) struct tw_buf out = TW_BUF(1 << 20);
    size_t named = 0;
    for (size_t i = 0; i < image->note_count && named < FILES_NAMED; i++) {
        const struct tw_completeness_note *note = &image->notes[i];
        if (note->path && note->incomplete && strcmp(note->code, code) == 0)
            tw_buf_printf(&out, "%s/%s", named++ ? ", " : "", note->path);
    }
    const char *text = tw_judging_span(judging, tw_buf_span(&out));
    if (count <= FILES_NAMED)
        return text;
    char more[24];
    snprintf(more, sizeof more, "%zu", count - FILES_NAMED);
    return tw_say(judging, TW_SAY_AND_MORE, "list", text, "count", more, NULL);
}

void tw_check_file_skipped(struct tw_judging *judging, const struct tw_rule *rule)
{
    const struct tw_image_inventory *image = judging->image;
    for (size_t i = 0; i < image->note_count && !judging->out_of_memory; i++) {
        const struct tw_completeness_note *note = &image->notes[i];
        if (!note->path || !note->incomplete || !is_first_of_its_code(image, i))
            continue;
        size_t count = count_skipped(image, note->code);
        const char *message = tw_say(judging, TW_SAY_FILES_SKIPPED, "code", note->code, "files",
            names(judging, note->code, count), "why", note->message, NULL);
        struct tw_finding *finding = tw_find(judging, rule, NULL, note->code, message);
        for (size_t j = i; j < image->note_count; j++) {
            const struct tw_completeness_note *other = &image->notes[j];
            if (other->path && other->incomplete && strcmp(other->code, note->code) == 0)
                tw_evidence_add(judging, finding,
                    (struct tw_evidence){.kind = "file",
                        .path = other->path,
                        .value = other->message,
                        .layer = other->layer});
        }
    }
}

// ---- binaries ----

static const struct tw_note *note_of(const struct tw_gobin *bin, const char *code)
{
    for (size_t i = 0; i < bin->note_count; i++) {
        if (strcmp(bin->notes[i].code, code) == 0)
            return &bin->notes[i];
    }
    return NULL;
}

static struct tw_evidence of_binary(
    const struct tw_image_binary *binary, const struct tw_note *note)
{
    return (struct tw_evidence){
        .kind = "binary", .path = binary->path, .value = note->message, .layer = binary->layer};
}

void tw_check_buildinfo_removed(struct tw_judging *judging, const struct tw_rule *rule)
{
    for (size_t i = 0; i < judging->binary_count; i++) {
        const struct tw_judged_binary *binary = &judging->binaries[i];
        const struct tw_note *note = note_of(binary->bin, TW_NOTE_BUILDINFO_REMOVED);
        if (!note)
            continue;
        const char *message = tw_say(judging, TW_SAY_BUILDINFO_REMOVED, "go", binary->shown,
            "source", binary->bin->go.source ? binary->bin->go.source : "?", NULL);
        struct tw_finding *finding =
            tw_find(judging, rule, binary->image->path, note->code, message);
        tw_evidence_add(judging, finding, of_binary(binary->image, note));
    }
}

void tw_check_packed(struct tw_judging *judging, const struct tw_rule *rule)
{
    const struct tw_image_inventory *image = judging->image;
    for (size_t i = 0; i < image->binary_count; i++) {
        const struct tw_image_binary *binary = &image->binaries[i];
        const struct tw_note *note = note_of(binary->bin, TW_NOTE_PACKED);
        if (!note)
            continue;
        const char *message = tw_say(judging, TW_SAY_PACKED, "files", binary->path, "code",
            note->code, "why", note->message, NULL);
        struct tw_finding *finding = tw_find(judging, rule, binary->path, note->code, message);
        tw_evidence_add(judging, finding, of_binary(binary, note));
    }
}
