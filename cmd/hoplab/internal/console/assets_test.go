package console

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hopscope/hopscope/alerts"
)

func TestPageIsAskedForAgainAndItsAssetsAreNot(t *testing.T) {
	srv := serve(t, at(t, Admin, "http://127.0.0.1:1"))
	for _, tc := range []struct{ path, kind, cache string }{
		{"/", "text/html; charset=utf-8", "no-cache"},
		{"/index.html", "text/html; charset=utf-8", "no-cache"},
		{"/favicon.svg", "image/svg+xml", "no-cache"},
		{"/assets/app-1a2.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
	} {
		a := get(t, srv, tc.path)
		if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != tc.kind || a.Header.Get("Cache-Control") != tc.cache {
			t.Errorf("%s: %s %v", tc.path, a.Status, a.Header)
		}
		again := get(t, srv, tc.path, "If-None-Match", a.Header.Get("ETag"))
		if again.StatusCode != http.StatusNotModified || again.body != "" {
			t.Errorf("%s again: %s", tc.path, again.Status)
		}
	}
	for _, path := range []string{"/.gitkeep", "/assets/", "/assets/gone.js", "/../../etc/passwd"} {
		if a := get(t, srv, path); a.StatusCode == http.StatusOK {
			t.Errorf("%s: %s %q", path, a.Status, a.body)
		}
	}
	if a := do(t, srv, http.MethodPost, "/", nil); a.StatusCode != http.StatusMethodNotAllowed || a.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %s", a.Status)
	}
}

func TestAssetsAreCompressedForWhoTakesIt(t *testing.T) {
	srv := serve(t, at(t, Admin, "http://127.0.0.1:1"))
	plain := get(t, srv, "/assets/app-1a2.js")
	for field, want := range map[string]string{"gzip": "gzip", "br, gzip;q=0.5": "gzip", "gzip;q=0": "", "br": "", "": ""} {
		a := get(t, srv, "/assets/app-1a2.js", "Accept-Encoding", field)
		if got := a.Header.Get("Content-Encoding"); got != want || a.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: got %q, %v", field, got, a.Header)
			continue
		}
		body := a.body
		if want == "gzip" {
			z, err := gzip.NewReader(strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(z)
			if err != nil {
				t.Fatal(err)
			}
			if a.Header.Get("ETag") == plain.Header.Get("ETag") {
				t.Error("both forms have one ETag")
			}
			body = string(text)
		}
		if body != plain.body {
			t.Errorf("%q: another text", field)
		}
	}
	if a := get(t, srv, "/", "Accept-Encoding", "gzip"); a.Header.Get("Content-Encoding") != "" {
		t.Error("a page of 40 bytes was compressed")
	}
}

func TestWithoutPageItSaysWhatIsMissing(t *testing.T) {
	assets, err := newAssets(fstest.MapFS{".gitkeep": {}})
	if err != nil {
		t.Fatal(err)
	}
	text := string(assets[index].body)
	if !strings.Contains(text, "Install Node.js 20.19 or newer") || !strings.Contains(text, "make build") || strings.Contains(text, "<script") {
		t.Errorf("got %s", text)
	}
	if _, err := newAssets(fstest.MapFS{"assets/a.js": {}}); err == nil || !strings.Contains(err.Error(), "no index.html: run make build") {
		t.Errorf("half a page: %v", err)
	}
}

func TestWhatIsCheckedInIsServedAsItIs(t *testing.T) {
	srv := serve(t, at(t, Admin, "http://127.0.0.1:1"))
	list := get(t, srv, "/api/dashboards")
	boards := checkedIn(t).boards
	if len(boards.list) < 4 {
		t.Fatalf("%d dashboards", len(boards.list))
	}
	for _, b := range boards.list {
		if !strings.Contains(list.body, `{"uid":"`+b.UID+`","title":"`+b.Title+`","description":"`) {
			t.Errorf("%s is not in %s", b.UID, list.body)
		}
		a := get(t, srv, "/api/dashboards/"+b.UID)
		if a.body != string(boards.text[b.UID].body) || a.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %s %v", b.UID, a.Status, a.Header)
		}
		if again := get(t, srv, "/api/dashboards/"+b.UID, "If-None-Match", a.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
			t.Errorf("%s again: %s", b.UID, again.Status)
		}
	}
	if p := get(t, srv, "/api/dashboards/other").problem(t); p.Status != http.StatusNotFound {
		t.Errorf("got %+v", p)
	}
	if a := get(t, srv, "/api/runbook"); a.body != string(alerts.Runbook()) || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/markdown") {
		t.Errorf("runbook: %s %v", a.Status, a.Header)
	}
}
