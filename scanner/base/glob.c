#include "scanner/base/glob.h"

// Only the last "*" is ever gone back to: what an earlier one took can stay as it is.
bool tw_glob_fits(struct tw_span pattern, struct tw_span text)
{
    uint64_t p = 0, t = 0, star = UINT64_MAX, mark = 0;
    while (t < text.n) {
        bool escaped = p + 1 < pattern.n && pattern.p[p] == '\\';
        if (!escaped && p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.n && (escaped ? pattern.p[p + 1] == text.p[t]
                                             : pattern.p[p] == '?' || pattern.p[p] == text.p[t])) {
            p += escaped ? 2 : 1;
            t++;
        } else if (star != UINT64_MAX) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}
