package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// document is an answer that does not change while the program runs.
type document struct {
	kind  string // its media type
	cache string // Cache-Control
	tag   string // ETag without quotes
	body  []byte
	// packed returns the body under gzip, nil if that is not shorter.
	packed func() []byte
}

// newDocument returns a document that a browser asks for again each time.
func newDocument(kind string, body []byte) *document {
	sum := sha256.Sum256(body)
	return &document{
		kind: kind, cache: "no-cache", tag: hex.EncodeToString(sum[:12]), body: body,
		packed: sync.OnceValue(func() []byte { return pack(kind, body) }),
	}
}

// ServeHTTP implements [http.Handler].
func (d *document) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", d.kind)
	h.Set("Cache-Control", d.cache)
	h.Set("Vary", "Accept-Encoding")
	body, tag := d.body, d.tag
	if takesGzip(r) {
		if packed := d.packed(); packed != nil {
			h.Set("Content-Encoding", "gzip")
			body, tag = packed, tag+"-gzip"
		}
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// pack compresses text that is worth it.
func pack(kind string, body []byte) []byte {
	text := strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "application/json") || strings.HasPrefix(kind, "image/svg")
	if !text || len(body) < minCompressed {
		return nil
	}
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is one
	_, _ = z.Write(body)                                  // a buffer takes everything
	_ = z.Close()
	if b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}

// takesGzip reports whether Accept-Encoding has gzip.
func takesGzip(r *http.Request) bool {
	for item := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, parameters, _ := strings.Cut(item, ";")
		if name = strings.TrimSpace(name); !strings.EqualFold(name, "gzip") {
			continue
		}
		quality, ok := strings.CutPrefix(strings.ReplaceAll(parameters, " ", ""), "q=")
		if !ok {
			return true
		}
		q, err := strconv.ParseFloat(quality, 64)
		return err == nil && q > 0
	}
	return false
}
