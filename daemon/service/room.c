#include "daemon/service/room.h"

#include <inttypes.h>
#include <sys/statvfs.h>

enum { LOOK_EVERY_MS = 1000, RETRY_S = 30 };

bool tw_room_free(const struct tw_room *room, uint64_t *ret_bytes)
{
    struct statvfs disk;
    if (statvfs(room->directory, &disk) < 0)
        return false;
    *ret_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    return true;
}

static bool is_short(const struct tw_room *room, uint64_t reserve_bytes)
{
    uint64_t free_bytes = 0;
    return reserve_bytes > 0 && tw_room_free(room, &free_bytes) && free_bytes < reserve_bytes;
}

int tw_room_check(struct tw_room *room, uint64_t reserve_bytes, int64_t now_ms, struct tw_err *err)
{
    long long looked = atomic_load(&room->looked_ms);
    bool is_due = looked == 0 || now_ms - looked >= LOOK_EVERY_MS || now_ms < looked;
    if (is_due && atomic_compare_exchange_strong(&room->looked_ms, &looked, now_ms))
        atomic_store(&room->is_short, is_short(room, reserve_bytes));
    if (!atomic_load(&room->is_short))
        return 0;
    tw_err_set(err, TW_E_BUSY,
        "the disk under %s has less than %" PRIu64 " MiB free (setting disk-reserve): make room; "
        "scans of the pushes that were taken go on",
        room->directory, reserve_bytes >> 20);
    if (err)
        err->retry_after_s = RETRY_S;
    return TW_E_BUSY;
}
