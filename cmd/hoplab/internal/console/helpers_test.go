package console

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"testing/fstest"
)

// read is the library, which takes a second to read with the race detector.
var read = sync.OnceValues(readLibrary)

func checkedIn(t *testing.T) *library {
	t.Helper()
	lib, err := read()
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

// serve runs a console with these sources, and a page.
func serve(t *testing.T, sources ...Source) *httptest.Server {
	t.Helper()
	lib := checkedIn(t)
	h, err := newHandler(Config{Version: "v1", Sources: sources, Hosts: []string{"console.example"}, Assets: page()}, lib)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv
}

// page is a built page.
func page() fstest.MapFS {
	return fstest.MapFS{
		index:               {Data: []byte("<!doctype html><title>console</title>")},
		"assets/app-1a2.js": {Data: []byte("void 0;" + string(make([]byte, 4096)))},
		"favicon.svg":       {Data: []byte("<svg/>")},
		".gitkeep":          {},
	}
}

// source runs a source.
func source(t *testing.T, name string, h http.HandlerFunc) Source {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return at(t, name, srv.URL)
}

// at is a source at an address.
func at(t *testing.T, name, text string) Source {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return Source{Name: name, URL: u}
}

// answer is what a console said.
type answer struct {
	*http.Response
	body string
}

// problem returns the error that the answer holds.
func (a answer) problem(t *testing.T) problem {
	t.Helper()
	var body struct{ Error problem }
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || body.Error.Reason == "" {
		t.Fatalf("%s %q holds no error (%v)", a.Status, a.body, err)
	}
	body.Error.Status = a.StatusCode
	return body.Error
}

// get asks for a path, with header fields as pairs.
func get(t *testing.T, srv *httptest.Server, path string, fields ...string) answer {
	t.Helper()
	return do(t, srv, http.MethodGet, path, nil, fields...)
}

// do asks as a browser does that follows no redirect. Host is a field, too.
func do(t *testing.T, srv *httptest.Server, method, path string, body io.Reader, fields ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		if fields[i] == "Host" {
			req.Host = fields[i+1]
		}
		req.Header.Add(fields[i], fields[i+1])
	}
	resp, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp, string(text)}
}
