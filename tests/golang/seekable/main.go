// Seekable writes a tar archive as a layer that can be read in parts, by the libraries that
// registries' users have: stargz-snapshotter's and containers/storage's. It prints the
// annotations that belong into the manifest.
//
//	seekable estargz|zstd-stargz|zstd-storage TAR LAYER [CHUNK-BYTES]
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/containerd/stargz-snapshotter/estargz"
	"github.com/containerd/stargz-snapshotter/estargz/zstdchunked"
	"github.com/containers/storage/pkg/chunked/compressor"
	"github.com/klauspost/compress/zstd"
)

func build(in *os.File, out io.Writer, options ...estargz.Option) (map[string]string, error) {
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	blob, err := estargz.Build(io.NewSectionReader(in, 0, info.Size()), options...)
	if err != nil {
		return nil, err
	}
	defer blob.Close()
	_, err = io.Copy(out, blob)
	return map[string]string{estargz.TOCJSONDigestAnnotation: blob.TOCDigest().String()}, err
}

func stargz(in *os.File, out io.Writer, chunk int) (map[string]string, error) {
	return build(in, out, estargz.WithChunkSize(chunk), estargz.WithCompressionLevel(1))
}

type zstdCompression struct {
	*zstdchunked.Compressor
	*zstdchunked.Decompressor
}

func zstdStargz(in *os.File, out io.Writer, chunk int) (map[string]string, error) {
	notes := map[string]string{}
	annotations, err := build(in, out, estargz.WithChunkSize(chunk), estargz.WithCompression(&zstdCompression{
		&zstdchunked.Compressor{CompressionLevel: zstd.SpeedFastest, Metadata: notes}, &zstdchunked.Decompressor{}}))
	for key, value := range notes {
		annotations[key] = value
	}
	return annotations, err
}

func zstdStorage(in *os.File, out io.Writer, _ int) (map[string]string, error) {
	annotations, level := map[string]string{}, 1
	writer, err := compressor.ZstdCompressor(out, annotations, &level)
	if err != nil {
		return nil, err
	}
	if _, err = io.Copy(writer, in); err != nil {
		return nil, err
	}
	return annotations, writer.Close()
}

var forms = map[string]func(*os.File, io.Writer, int) (map[string]string, error){
	"estargz":      stargz,
	"zstd-stargz":  zstdStargz,
	"zstd-storage": zstdStorage,
}

func run() error {
	chunk := 4 << 20
	if len(os.Args) == 5 {
		chunk, _ = strconv.Atoi(os.Args[4])
	} else if len(os.Args) != 4 {
		return fmt.Errorf("usage: seekable FORM TAR LAYER [CHUNK-BYTES]")
	}
	form := forms[os.Args[1]]
	if form == nil {
		return fmt.Errorf("%s is no form", os.Args[1])
	}
	in, err := os.Open(os.Args[2])
	if err != nil {
		return err
	}
	out, err := os.Create(os.Args[3])
	if err != nil {
		return err
	}
	annotations, err := form(in, out, chunk)
	if err != nil {
		return err
	}
	if err = out.Close(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(annotations)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
