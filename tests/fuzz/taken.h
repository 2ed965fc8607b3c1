// A target that includes this tells which inputs its parser took. Of its seeds some must be: those
// that are all refused at the door have gone stale, and a fuzzer learns nothing from them.
#pragma once

#ifdef TW_REPLAY
void fuzz_tells(void);
void fuzz_taken(void);
__attribute__((constructor)) static void fuzz_tells_itself(void)
{
    fuzz_tells();
}
#else
static inline void fuzz_taken(void) {}
#endif
