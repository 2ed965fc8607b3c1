// Uses the packages that GODEBUG settings act through, so that they are linked in; makes garbage until
// it is collected, so that traces show; and says which settings this Go counts (runtime/metrics), when it does.
package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"html/template"
	"math/rand"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

var (
	counted func() []string
	garbage []byte
)

// Never called with so many arguments: it is there to be linked in.
func use(args []string) {
	var sink bytes.Buffer
	http.ListenAndServe(args[1], http.DefaultServeMux)
	http.Get(args[1])
	tls.Dial("tcp", args[1], &tls.Config{})
	x509.ParseCertificate(sink.Bytes())
	rsa.GenerateKey(rand.New(rand.NewSource(1)), 2048)
	template.New("").Execute(&sink, nil)
	tar.NewReader(&sink).Next()
	zip.NewReader(bytes.NewReader(nil), 0)
	multipart.NewReader(&sink, "").ReadForm(1)
	exec.Command(args[1]).Run()
	filepath.EvalSymlinks(args[1])
	net.LookupHost(args[1])
	url.Parse(args[1])
	time.AfterFunc(time.Second, func() {})
}

func main() {
	if len(os.Args) > 5 {
		use(os.Args)
	}
	// Some collections begin by themselves: what the first one prints may come while the second one runs.
	for i := 0; i < 512; i++ {
		garbage = make([]byte, 64<<10)
		if i%128 == 0 {
			time.Sleep(5 * time.Millisecond)
		}
	}
	var names []string
	if counted != nil {
		names = counted()
	}
	json.NewEncoder(os.Stdout).Encode(names)
}
