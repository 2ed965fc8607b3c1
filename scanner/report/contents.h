// What an image holds, below what is wrong with it: the variables that Go reads, the programs, the
// toolchains, and what could not be looked at. Private to text.c.
#pragma once

#include "scanner/report/page.h"

void tw_report_contents(
    struct tw_page *page, const struct tw_image_inventory *image, enum tw_lang lang);
