#include "tests/torture/memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static uint64_t asked, failing;
static bool armed, all;

void memory_arm(uint64_t nth, bool and_all)
{
    asked = 0;
    failing = nth;
    all = and_all;
    armed = true;
}

uint64_t memory_disarm(void)
{
    armed = false;
    return asked;
}

static bool fails(void)
{
    if (!armed)
        return false;
    asked++;
    return failing && (all ? asked >= failing : asked == failing);
}

#ifdef TW_SANITIZED // the sanitizer has the real ones; the linker leads our code here

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
int __real_vasprintf(char **out, const char *fmt, va_list ap);

void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return fails() ? NULL : __real_reallocarray(old, count, size);
}

char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size);
char *__wrap_strndup(const char *text, size_t size)
{
    return fails() ? NULL : __real_strndup(text, size);
}

int __wrap_vasprintf(char **out, const char *fmt, va_list ap);
__attribute__((format(printf, 2, 0))) int __wrap_vasprintf(char **out, const char *fmt, va_list ap)
{
    return fails() ? -1 : __real_vasprintf(out, fmt, ap);
}

#else // glibc's malloc(3) may be replaced as a whole: for all libraries

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails() ? NULL : __libc_realloc(old, size);
}

#endif
