#include "scanner/layer/stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int64_t read_fd(void *ctx, void *buf, size_t size, struct tw_err *err)
{
    const int *fd = ctx;
    for (;;) {
        ssize_t n = read(*fd, buf, size);
        if (n >= 0)
            return n;
        if (errno != EINTR)
            return tw_err_set(err, TW_E_IO, "cannot read the input: %s", strerror(errno));
    }
}

struct tw_stream tw_stream_of_fd(const int *fd)
{
    return (struct tw_stream){.read = read_fd, .ctx = (void *)(uintptr_t)fd};
}
