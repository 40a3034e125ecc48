package gateway_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
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
)

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
	got := &plan{method: r.Method, path: r.RequestURI, way: arrival(r.ProtoMajor, r.TLS, oldOrigin, secureOrigin)}
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

// arrival returns what a message says of its way.
func arrival(major int, secured *tls.ConnectionState, old, secure int) (way int) {
	if major == 1 {
		way |= old
	}
	if secured != nil {
		way |= secure
	}
	return way
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
	ctx, cancel := context.WithTimeout(context.Background(), patience)
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
	if way := arrival(resp.ProtoMajor, resp.TLS, oldClient, secureClient); way != p.way&(oldClient|secureClient) {
		t.Fatalf("the response came by way %b, want %b", way, p.way)
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
	if got.way != p.way&(oldOrigin|secureOrigin) {
		t.Fatalf("the request came by way %b, want %b", got.way, p.way)
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
// to net/http's server, with HTTP/2 or HTTP/1.1 and with or without TLS on either
// side, and answers them at random. What arrives is what was sent, but for the
// fields that the gateway documents; what was cut looks cut.
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
