// A small program with what the matrix looks for: a version that -X may set, a function that is
// inlined, and one that is not.
package main

import (
	"os"
	"runtime"
)

var version = "unset"

func inlined(text string) string { return text + "\n" }

//go:noinline
func kept(text string) { os.Stdout.WriteString(inlined(text)) }

func main() {
	kept("matrix " + version + " " + runtime.Version() + " " + runtime.GOROOT())
}
