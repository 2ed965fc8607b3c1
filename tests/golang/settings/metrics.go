// +build go1.21

package main

import (
	"runtime/metrics"
	"strings"
)

func init() {
	counted = func() (names []string) {
		for _, d := range metrics.All() {
			name := strings.TrimPrefix(d.Name, "/godebug/non-default-behavior/")
			if name != d.Name {
				names = append(names, strings.TrimSuffix(name, ":events"))
			}
		}
		return names
	}
}
