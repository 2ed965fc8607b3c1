// The service of the article: it serves HTTP, and says what it thinks of its GOROOT.
package main

import (
	"fmt"
	"net/http"
	"runtime"
)

var version = "unknown"

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, version, runtime.GOROOT())
	})
	if err := http.ListenAndServe(":8080", nil); err != nil {
		fmt.Println(err)
	}
}
