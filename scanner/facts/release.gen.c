// Made by generate.py out of data/releases.tsv. Change those, not this file.
#include "scanner/facts/release.h"
#include "scanner/facts/tables.h"

// clang-format off
const struct tw_release tw_releases[] = {
    {{1, 1, 0, TW_GO_RELEASE, 0}, "2013-05-13", "2014-06-18", NULL},
    {{1, 2, 0, TW_GO_RELEASE, 0}, "2013-12-01", "2014-12-10", NULL},
    {{1, 3, 0, TW_GO_RELEASE, 0}, "2014-06-18", "2015-08-19", NULL},
    {{1, 4, 0, TW_GO_RELEASE, 0}, "2014-12-10", "2016-02-17", NULL},
    {{1, 5, 0, TW_GO_RELEASE, 0}, "2015-08-19", "2016-08-15", NULL},
    {{1, 6, 0, TW_GO_RELEASE, 0}, "2016-02-17", "2017-02-16", NULL},
    {{1, 7, 0, TW_GO_RELEASE, 0}, "2016-08-15", "2017-08-24", NULL},
    {{1, 8, 0, TW_GO_RELEASE, 0}, "2017-02-16", "2018-02-16", NULL},
    {{1, 9, 0, TW_GO_RELEASE, 0}, "2017-08-24", "2018-08-24", NULL},
    {{1, 10, 0, TW_GO_RELEASE, 0}, "2018-02-16", "2019-02-25", NULL},
    {{1, 11, 0, TW_GO_RELEASE, 0}, "2018-08-24", "2019-09-03", NULL},
    {{1, 12, 0, TW_GO_RELEASE, 0}, "2019-02-25", "2020-02-25", NULL},
    {{1, 13, 0, TW_GO_RELEASE, 0}, "2019-09-03", "2020-08-11", NULL},
    {{1, 14, 0, TW_GO_RELEASE, 0}, "2020-02-25", "2021-02-16", NULL},
    {{1, 15, 0, TW_GO_RELEASE, 0}, "2020-08-11", "2021-08-16", "1.15.15"},
    {{1, 16, 0, TW_GO_RELEASE, 0}, "2021-02-16", "2022-03-15", "1.16.15"},
    {{1, 17, 0, TW_GO_RELEASE, 0}, "2021-08-16", "2022-08-02", "1.17.13"},
    {{1, 18, 0, TW_GO_RELEASE, 0}, "2022-03-15", "2023-02-01", "1.18.10"},
    {{1, 19, 0, TW_GO_RELEASE, 0}, "2022-08-02", "2023-08-08", "1.19.13"},
    {{1, 20, 0, TW_GO_RELEASE, 0}, "2023-02-01", "2024-02-06", "1.20.14"},
    {{1, 21, 0, TW_GO_RELEASE, 0}, "2023-08-08", "2024-08-13", "1.21.13"},
    {{1, 22, 0, TW_GO_RELEASE, 0}, "2024-02-06", "2025-02-11", "1.22.12"},
    {{1, 23, 0, TW_GO_RELEASE, 0}, "2024-08-13", "2025-08-12", "1.23.12"},
    {{1, 24, 0, TW_GO_RELEASE, 0}, "2025-02-11", "2026-02-10", "1.24.13"},
    {{1, 25, 0, TW_GO_RELEASE, 0}, "2025-08-12", "2026-08-19", NULL},
    {{1, 26, 0, TW_GO_RELEASE, 0}, "2026-02-10", NULL, "1.26.11"},
    {{1, 27, 0, TW_GO_RELEASE, 0}, "2026-08-19", NULL, "1.27.4"},
};
const size_t tw_releases_count = 27;
const char tw_releases_newest[] = "go1.27.4";
// clang-format on
