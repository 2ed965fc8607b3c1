// dockerfile:PATH: what the image will be that this file makes.
#include "scanner/image/dockerfile.h"
#include "daemon/config/document.h"
#include "daemon/scan/scan.h"

int tw_scan_dockerfile(const char *path, const struct tw_scan_options *options,
    struct tw_scan_result *ret_result, struct tw_err *err)
{
    TW_AUTO(tw_buf_done) struct tw_buf text = TW_BUF(options->limits->dockerfile_bytes);
    TW_AUTO(tw_dockerfile_freep) struct tw_dockerfile *file = NULL;
    int r = tw_document_read(path, "dockerfile_bytes", &text, err);
    if (r < 0)
        return r;
    struct tw_span bytes = text.size ? tw_buf_span(&text) : tw_span_of("", 0);
    r = tw_dockerfile_parse(bytes, options->limits, &file, err);
    if (r < 0)
        return tw_err_wrap(err, r, "%s", path);
    struct tw_image_inventory **images = calloc(1, sizeof *images);
    if (!images)
        return tw_err_set(err, TW_E_NOMEM, "out of memory");
    r = tw_image_inventory_of_dockerfile(file, path, options->limits, &images[0], err);
    if (r < 0) {
        free(images);
        return tw_err_wrap(err, r, "%s", path);
    }
    *ret_result = (struct tw_scan_result){.images = images, .count = 1};
    return 0;
}
