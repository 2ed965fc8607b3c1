// Quantities as Kubernetes writes them: "2", "1.5", "500m", "512Mi", "1e3".
// k8s.io/apimachinery/pkg/api/resource/quantity.go
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "scanner/base/span.h"

// In units of 1/scale (1000: thousandths), rounded up. False: no quantity, below zero, or too
// large.
bool tw_quantity_parse(struct tw_span text, uint64_t scale, uint64_t *ret_value);
