// Who may ask the daemon what, as its settings say. docs/access.md.
#pragma once

#include "api/access/access.h"
#include "daemon/config/settings.h"

// The file that the setting `access` names. NULL without a failure: everybody may do everything,
// because the word "open" says so, or because only this machine can ask and there is no setting.
// TW_E_USAGE: there is none, and other machines can ask; or others may read the file, which holds
// secrets. TW_E_FORMAT names the line and column. Messages hold no secret.
int tw_access_load(
    const struct tw_settings *settings, struct tw_access **ret_access, struct tw_err *err);

// From the text of such a file.
int tw_access_read(struct tw_span text, struct tw_access **ret_access, struct tw_err *err);

// Whether only this machine can reach "127.0.0.1:8055", "[::1]:0" or "localhost:80".
bool tw_listens_locally(const char *listen);

// TW_E_USAGE when others than the owner and its group may read the file at `path`; `name` is that
// of the setting.
int tw_secret_file_check(const char *name, const char *path, struct tw_err *err);
