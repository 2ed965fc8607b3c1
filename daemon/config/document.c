#include "daemon/config/document.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int tw_document_read(const char *path, const char *limit, struct tw_buf *out, struct tw_err *err)
{
    struct stat st;
    char bytes[16384];
    // O_NONBLOCK: a FIFO must not hang us before fstat tells what it is.
    TW_AUTO(tw_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) < 0)
        return tw_err_set(err, TW_E_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return tw_err_set(err, TW_E_USAGE, "%s is no regular file", path);
    for (;;) {
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tw_err_set(err, TW_E_IO, "%s: %s", path, strerror(errno));
        if (n == 0)
            return 0;
        if (tw_buf_append(out, bytes, (size_t)n) < 0)
            return tw_err_set(err, out->status, "%s: more than %zu bytes (limit %s)", path,
                out->max_bytes, limit);
    }
}
