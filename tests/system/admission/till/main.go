// A till: it serves HTTPS, so GODEBUG's TLS settings are read; with "-once" it only starts.
package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "-once" {
		fmt.Println("till is open")
		return
	}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "till") })
	fmt.Println(http.ListenAndServeTLS(":8443", "tls.crt", "tls.key", nil))
}
