#include "api/admission/admission.h"

void tw_admission_free(struct tw_admission *admission)
{
    if (admission)
        admission->release(admission->owner);
}

const char *tw_image_state_name(enum tw_image_state state)
{
    static const char *const names[] = {
        [TW_IMAGE_JUDGED] = "judged",
        [TW_IMAGE_SCANNING] = "scanning",
        [TW_IMAGE_UNKNOWN] = "unknown",
    };
    return names[state];
}

const char *tw_admit_name(enum tw_admit decision)
{
    static const char *const names[] = {
        [TW_ADMIT_ALLOW] = "allow",
        [TW_ADMIT_WARN] = "warn",
        [TW_ADMIT_DENY] = "deny",
        [TW_ADMIT_WAIT] = "wait",
    };
    return names[decision];
}
