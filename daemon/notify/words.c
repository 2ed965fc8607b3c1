#include "daemon/notify/words.h"

#include <string.h>

static const char *const words[TW_SAY_COUNT][TW_LANG_COUNT] = {
    [TW_SAY_FINDINGS] = {"New findings: %s", "发现新问题：%s"},
    [TW_SAY_DRIFT] = {"Go programs changed: %s", "Go 程序有变化：%s"},
    [TW_SAY_DEAD_LETTER] = {"Scan failed: %s", "扫描失败：%s"},
    [TW_SAY_TEST] = {"Test message of Tidewaiter", "Tidewaiter 测试消息"},
    [TW_SAY_DIGEST] = {"Tidewaiter: %zu notices", "Tidewaiter：%zu 条通知"},
    [TW_SAY_DECISION] = {"Decision", "判定"},
    [TW_SAY_IMAGE] = {"Image", "镜像"},
    [TW_SAY_BEFORE] = {"Before", "此前镜像"},
    [TW_SAY_COUNTS] = {"In numbers", "数量"},
    [TW_SAY_REPORT] = {"Report", "报告"},
    [TW_SAY_SCAN] = {"Scan", "扫描"},
    [TW_SAY_ATTEMPTS] = {"Attempts", "尝试次数"},
    [TW_SAY_ERROR] = {"Error", "错误"},
    [TW_SAY_RETRY] = {"POST /v1/scans/%s/retry tries it again.",
        "POST /v1/scans/%s/retry 可重新尝试。"},
    [TW_SAY_TEST_BODY] = {"If you can read this, notifications arrive here.",
        "看到这条消息，说明通知可以送达这里。"},
    [TW_SAY_MORE] = {"and %u more; the report has all", "另有 %u 项，详见报告"},
    [TW_SAY_MORE_LINES] = {"and %zu more notices", "另有 %zu 条通知"},
    [TW_SAY_WHOLE_IMAGE] = {"the image as a whole", "整个镜像"},
    [TW_SAY_COLON] = {": ", "："},
    [TW_SAY_COMMA] = {", ", "，"},
};

const char *tw_notify_word(enum tw_notify_word word, enum tw_lang lang)
{
    return words[word][lang];
}

const char *tw_notify_severity(enum tw_severity severity, enum tw_lang lang)
{
    static const char *const chinese[] = {"提示", "低", "中", "高", "严重"};
    return lang == TW_ZH ? chinese[severity] : tw_severity_name(severity);
}

const char *tw_notify_decision(const char *decision, enum tw_lang lang)
{
    static const char *const chinese[][2] = {{"pass", "通过"}, {"warn", "警告"}, {"deny", "拒绝"}};
    for (size_t i = 0; lang == TW_ZH && i < TW_COUNT(chinese); i++) {
        if (strcmp(decision, chinese[i][0]) == 0)
            return chinese[i][1];
    }
    return decision;
}
