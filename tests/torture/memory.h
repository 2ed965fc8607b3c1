// Allocations that fail when they are told to.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// From here on allocations are counted, and the `nth` (from 1; 0: none) fails; with `and_all` all
// behind it fail too. One thread.
void memory_arm(uint64_t nth, bool and_all);

// Back to normal; returns how many allocations were asked for since memory_arm().
uint64_t memory_disarm(void);
