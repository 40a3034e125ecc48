package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/hopscope/hopscope/gateway/h2/header"
)

// message is one direction of an exchange.
type message struct {
	header, trailer http.Header
	body            []byte
	pieces          []int // how the body is written
	declared        bool  // content-length says how long it is
}

// plan is an exchange: what the client sends, what the origin answers, and what
// the origin then got.
type plan struct {
	method, path      string
	request, response message
	status            int
	early             int  // 1xx responses
	ignores           bool // the origin answers without reading the body
	cut               bool // and breaks off before the end
	way               int  // one of differential.ways

	got *plan // filled in by the origin
}

// bodyless reports whether the response has no body whatever the origin writes.
func (p *plan) bodyless() bool {
	return p.method == http.MethodHead || p.status == http.StatusNoContent || p.status == http.StatusNotModified
}

// decisions is where a plan is taken from; used up, they are all zero.
type decisions []byte

func (d *decisions) byte() byte {
	if len(*d) == 0 {
		return 0
	}
	b := (*d)[0]
	*d = (*d)[1:]
	return b
}

func (d *decisions) below(n int) int { return (int(d.byte())<<8 | int(d.byte())) % n }

// text takes a text of at most limit bytes.
func (d *decisions) text(limit int) string {
	n := min(int(d.byte())%(limit+1), len(*d))
	s := string((*d)[:n])
	*d = (*d)[n:]
	return s
}

var methods = []string{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "PURGE", "M-SEARCH", "get", "!#$%&'*+-.^_`|~"}

func (d *decisions) plan() *plan {
	first := int(d.byte())
	p := &plan{method: methods[first%len(methods)], way: first / len(methods) % numWays, status: 200}
	p.path = d.path()
	flags := d.byte()
	p.request = d.message(flags&1 != 0)
	p.response = d.message(flags&2 != 0)
	if flags&4 != 0 {
		p.status = 200 + d.below(800)
	}
	if flags&8 != 0 {
		p.early = int(d.byte()) % 4
	}
	if p.ignores = flags&0x30 == 0x30; p.ignores {
		// net/http's server takes HEADERS that cross its RST_STREAM for a fault of the
		// connection and ends it, with whatever comes next on it.
		p.request.trailer = nil
	}
	p.cut = flags&0xc0 == 0xc0 && !p.bodyless()
	// Over HTTP/1.1 trailers need chunks.
	p.request.declared = p.request.declared && (p.request.trailer == nil || p.way&oldClient == 0)
	p.response.declared = p.response.declared && (p.response.trailer == nil || p.way&oldOrigin == 0)
	if p.way&oldClient != 0 && len(p.request.body) == 0 {
		p.request.trailer = nil // net/http's client then sends no chunks at all
	}
	if p.way&(oldClient|oldOrigin) != 0 {
		p.ignores = false // over HTTP/1.1 a client may see its own write fail first
	}
	if p.method == "TRACE" { // net/http sends no body with it
		p.request.body, p.request.pieces, p.request.trailer = nil, nil, nil
	}
	return p
}

// path takes a request target that a URL may have and the gateway does not refuse.
func (d *decisions) path() string {
	const legal = "abcXYZ019-_~!$&'()*+,;=:@.?/%"
	b := []byte("/")
	for range int(d.byte()) % 60 {
		switch c := legal[int(d.byte())%len(legal)]; c {
		case '%': // never a slash, a dot, a backslash or NUL
			b = fmt.Appendf(b, "%%%02X", 0x80|d.byte())
		case '.':
			b = append(b, "x."...) // no dot segment
		case '/':
			b = append(b, "/s"...)
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

func (d *decisions) message(withTrailer bool) message {
	m := message{header: d.fields(12)}
	for range int(d.byte()) % 6 {
		n := int(d.byte())
		switch {
		case n >= 0xf8:
			n = 40_000
		case n >= 0x80:
			n = (n - 0x7f) * 100
		}
		m.pieces = append(m.pieces, n)
		for i := range n {
			m.body = append(m.body, byte(i*7^i>>8))
		}
	}
	if m.declared = d.byte()&1 != 0; withTrailer {
		m.trailer = d.fields(5)
		maps.DeleteFunc(m.trailer, func(name string, _ []string) bool { return !httpguts.ValidTrailerHeader(name) })
	}
	return m
}

// fields takes legal fields: what HTTP defines and a gateway changes, or the
// peers of this test do, is left out.
func (d *decisions) fields(most int) http.Header {
	h := make(http.Header)
	for range int(d.byte()) % most {
		name, value := "x-"+d.text(10), strings.Trim(d.text(40), " \t")
		if known := int(d.byte()); known < 0x40 {
			name = knownFields[known%len(knownFields)]
		}
		t := header.Lookup([]byte(strings.ToLower(name)))
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) ||
			t.IsTrace() || t >= header.XForwardedFor && t <= header.XForwardedHost {
			continue
		}
		h.Add(name, value)
	}
	return h
}

var knownFields = []string{"accept", "authorization", "cache-control", "content-type", "etag", "set-cookie", "via", "forwarded", "grpc-status", "server"}

const planField = "X-The-Plan"

// serve is the origin.
func (d *differential) serve(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	p := d.plans[r.Header.Get(planField)]
	d.mu.Unlock()
	if p == nil {
		http.Error(w, "no plan", http.StatusTeapot)
		return
	}
	got := &plan{method: r.Method, path: r.RequestURI}
	got.request.header = r.Header.Clone()
	if !p.ignores {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			body = append(body, err.Error()...)
		}
		got.request.body, got.request.trailer = body, r.Trailer
	}
	d.mu.Lock()
	p.got = got
	d.mu.Unlock()

	h := w.Header()
	maps.Copy(h, p.response.header.Clone())
	for range p.early {
		w.WriteHeader(http.StatusEarlyHints)
	}
	if _, ok := h["Content-Type"]; !ok {
		h["Content-Type"] = nil // not to be guessed
	}
	if p.response.declared && !p.bodyless() && !p.cut {
		h.Set("Content-Length", strconv.Itoa(len(p.response.body)))
	}
	for name := range p.response.trailer {
		h.Add("Trailer", name)
	}
	w.WriteHeader(p.status)
	if p.bodyless() {
		return
	}
	if p.cut { // not before it has begun: that is a 502
		_ = http.NewResponseController(w).Flush()
	}
	body := p.response.body
	for _, n := range p.response.pieces {
		_, _ = w.Write(body[:n])
		_ = http.NewResponseController(w).Flush()
		body = body[n:]
	}
	if p.cut {
		panic(http.ErrAbortHandler)
	}
	for name, values := range p.response.trailer {
		h[name] = values
	}
}

// do sends what is planned and compares.
func (d *differential) do(t *testing.T, p *plan) {
	target, err := url.ParseRequestURI(p.path)
	if err != nil {
		return
	}
	d.mu.Lock()
	d.next++
	id := strconv.Itoa(d.next)
	d.plans[id] = p
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		delete(d.plans, id)
		d.mu.Unlock()
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	early := 0
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
		if code == http.StatusEarlyHints {
			early++
		}
		return nil
	}})
	r, err := http.NewRequestWithContext(ctx, p.method, d.ways[p.way].url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.URL.Path, r.URL.RawPath, r.URL.RawQuery, r.URL.ForceQuery = target.Path, target.RawPath, target.RawQuery, target.ForceQuery
	r.Header = p.request.header.Clone()
	r.Header.Set(planField, id)
	r.Header.Set("User-Agent", "") // none
	if len(p.request.trailer) > 0 {
		r.Trailer = p.request.trailer.Clone()
	}
	if len(p.request.pieces) > 0 || len(r.Trailer) > 0 {
		r.Body = io.NopCloser(&inPieces{p.request.body, p.request.pieces})
		if r.ContentLength = -1; p.request.declared && len(p.request.body) > 0 {
			r.ContentLength = int64(len(p.request.body))
		}
	}
	want := target.RequestURI()
	resp, err := d.ways[p.way].client.Do(r)
	var body []byte
	if err == nil {
		body, err = io.ReadAll(resp.Body)
		resp.Body.Close()
	}
	if p.cut {
		if err == nil {
			t.Fatalf("a response that was cut after %d bytes looks complete: %d, %.200q", len(p.response.body), resp.StatusCode, body)
		}
		if errors.Is(err, context.DeadlineExceeded) {
			t.Fatal("a response that was cut never ends")
		}
		return
	}
	if err != nil {
		t.Fatalf("%s %s: %v", p.method, want, err)
	}
	d.compareResponse(t, p, resp, body, early)
	d.compareRequest(t, p, id, want)
}

func (d *differential) compareResponse(t *testing.T, p *plan, resp *http.Response, body []byte, early int) {
	t.Helper()
	sent := &p.response
	if resp.StatusCode != p.status || early != p.early {
		t.Fatalf("status %d after %d early ones, want %d after %d: %.200q", resp.StatusCode, early, p.status, p.early, body)
	}
	delete(resp.Header, "Date")
	delete(resp.Header, "Trailer")
	if length := resp.Header.Get("Content-Length"); length != "" && !p.bodyless() && length != strconv.Itoa(len(sent.body)) {
		t.Fatalf("content-length %s of %d bytes", length, len(sent.body))
	}
	delete(resp.Header, "Content-Length")
	sameFields(t, "response", resp.Header, sent.header)
	if p.bodyless() {
		if len(body) > 0 {
			t.Fatalf("%d bytes came with %s, %d", len(body), p.method, p.status)
		}
		return
	}
	sameBody(t, "response", body, sent.body)
	sameFields(t, "response trailer", resp.Trailer, sent.trailer)
}

func (d *differential) compareRequest(t *testing.T, p *plan, id, path string) {
	t.Helper()
	d.mu.Lock()
	got := p.got
	d.mu.Unlock()
	if got.method != p.method || got.path != path {
		t.Fatalf("the origin got %s %s, want %s %s", got.method, got.path, p.method, path)
	}
	w := d.ways[p.way]
	added := http.Header{
		planField: {id}, "X-Forwarded-For": {"127.0.0.1"}, "X-Forwarded-Host": {w.host},
		"X-Forwarded-Proto": {strings.TrimSuffix(w.url, "://"+w.host)},
	}
	for name, want := range added {
		if !slices.Equal(got.request.header[name], want) {
			t.Fatalf("the origin got %s: %q, want %q", name, got.request.header[name], want)
		}
		delete(got.request.header, name)
	}
	if length := got.request.header.Get("Content-Length"); length != "" && length != strconv.Itoa(len(p.request.body)) {
		t.Fatalf("content-length %s of %d bytes", length, len(p.request.body))
	}
	delete(got.request.header, "Content-Length")
	delete(got.request.header, "Trailer")
	sameFields(t, "request", got.request.header, p.request.header)
	if !p.ignores {
		sameBody(t, "request", got.request.body, p.request.body)
		sameFields(t, "request trailer", got.request.trailer, p.request.trailer)
	}
}

func sameBody(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		at := 0
		for at < min(len(got), len(want)) && got[at] == want[at] {
			at++
		}
		t.Fatalf("%s body: %d bytes arrived of %d, equal up to %d: %.60q", what, len(got), len(want), at, got[at:])
	}
}

func sameFields(t *testing.T, what string, got, want http.Header) {
	t.Helper()
	if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Fatalf("%s fields: got %q, want %q", what, got, want)
	}
}

// inPieces reads as it is told.
type inPieces struct {
	body   []byte
	pieces []int
}

func (r *inPieces) Read(p []byte) (int, error) {
	for len(r.pieces) > 0 && r.pieces[0] == 0 {
		r.pieces = r.pieces[1:]
	}
	if len(r.body) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.body[:r.pieces[0]])
	r.body = r.body[n:]
	if left := r.pieces[0] - n; left > 0 {
		r.pieces = append([]int{left}, r.pieces[1:]...)
	} else {
		r.pieces = r.pieces[1:]
	}
	return n, nil
}

// FuzzExchange sends random requests from net/http's client through the gateway
// to net/http's server, with HTTP/2 or HTTP/1.1 on either side and with or without
// TLS, and answers them at random. What arrives is what was sent,
// but for the fields that the gateway documents; what was cut looks cut.
func FuzzExchange(f *testing.F) {
	f.Add([]byte{0})
	f.Add([]byte("\x01\x05abcde\x03\x01\x04abcd\x03xyz\xff\x03\xff\x40\x80\x01\x02\x02ab\x02cd\xff\x02\x10\xf8\x01"))
	f.Add([]byte("\x04\x00\x0c\x00\x00\x00\x01\x02\x00\x00\x00\x68\x02"))
	f.Add([]byte("\x01\x00\x30\x00\x05\xf8\xf8\xf8\xf8\xf8\x00\x00\x02\x10\x10\x01"))
	f.Add([]byte("\x01\x00\xc0\x00\x01\x10\x00\x00\x03\x10\xf8\x10\x00"))
	f.Add([]byte("\x08\x30%\x10/././?/a?=\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\xff\x00I\x00\xc0\xff\b"))
	for way := range numWays {
		post := string([]byte{byte(1 + way*len(methods))})
		f.Add([]byte(post + "\x05abcde\x03\x01\x04abcd\x03xyz\xff\x03\xff\x40\x80\x01\x02\x02ab\x02cd\xff\x02\x10\xf8\x01"))
		f.Add([]byte(post + "\x00\x30\x00\x05\xf8\xf8\xf8\xf8\xf8\x00\x00\x02\x10\x10\x01"))
		f.Add([]byte(post + "\x00\xc0\x00\x01\x10\x00\x00\x03\x10\xf8\x10\x00"))
	}
	d := newDifferential(f)
	f.Fuzz(func(t *testing.T, p []byte) {
		if len(p) > 4096 {
			return
		}
		from := decisions(p)
		d.do(t, from.plan())
	})
}
