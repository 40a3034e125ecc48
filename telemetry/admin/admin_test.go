package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/admin"
)

// gateway answers what the test says.
type gateway struct {
	event.Source
	ready   bool
	streams []event.StreamInfo
	conns   []event.ConnectionInfo
	err     error
}

func (g *gateway) Ready() bool { return g.ready }

func (g *gateway) Streams(context.Context) ([]event.StreamInfo, error) { return g.streams, g.err }

func (g *gateway) Connections(context.Context) ([]event.ConnectionInfo, error) {
	return g.conns, g.err
}

func newAdmin(pprof bool) (*admin.Admin, *gateway) {
	c := &config.Config{
		Admin:   config.Admin{Address: "127.0.0.1:9901", Pprof: pprof},
		Tracing: config.Tracing{Endpoint: "http://user:hunter2@jaeger:14268/api/traces"},
		Listeners: []config.Listener{{
			Name: "edge", TLS: &config.ListenerTLS{CertFile: "c.pem", KeyFile: "k.pem"},
		}},
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("up 1\n")) })
	a := admin.New(admin.Options{Config: c, Metrics: page})
	g := &gateway{ready: true}
	a.SetSource(g)
	return a, g
}

func get(h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPagesAnswer(t *testing.T) {
	a, g := newAdmin(false)
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/healthz", 200, "ok\n"},
		{"GET", "/readyz", 200, "ready\n"},
		{"GET", "/streams", 200, "[]\n"},
		{"GET", "/connections", 200, "[]\n"},
		{"GET", "/", 200, "/metrics"},
		{"GET", "/metrics", 200, "up 1\n"},
		{"HEAD", "/metrics", 200, ""},
		{"GET", "/nothing", 404, "no such page"},
		{"POST", "/config", 405, "only GET and HEAD"},
		{"GET", "/debug/pprof/", 404, "no such page"},
		{"GET", "/debug/pprof/heap", 404, "no such page"},
	} {
		w := get(a, c.method, c.path)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s %s: %d %q; want %d %q", c.method, c.path, w.Code, w.Body, c.status, c.body)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: a browser may guess its type", c.path)
		}
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: a cache may keep it", c.path)
		}
	}
	g.ready = false
	if w := get(a, "GET", "/readyz"); w.Code != 503 || !strings.Contains(w.Body.String(), "starting") {
		t.Errorf("not ready: %d %q", w.Code, w.Body)
	}
	a.Drain(true)
	if w := get(a, "GET", "/readyz"); w.Code != 503 || !strings.Contains(w.Body.String(), "draining") {
		t.Errorf("draining: %d %q", w.Code, w.Body)
	}
	if w := get(a, "GET", "/healthz"); w.Code != 200 {
		t.Errorf("draining, health: %d", w.Code)
	}
}

func TestListsAreShownAndFailuresNamed(t *testing.T) {
	for _, page := range []string{"/streams", "/connections"} {
		a, g := newAdmin(false)
		g.streams = []event.StreamInfo{{ID: 5, Route: "api", Downstream: &event.Windows{Send: -1}}}
		g.conns = []event.ConnectionInfo{{ID: 5, OpenedFor: event.OpenSlots.String()}}
		w := get(a, "GET", page)
		var list []map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list) != 1 || list[0]["id"] != 5.0 ||
			w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %s, %v", page, w.Body, err)
		}
		g.err = context.DeadlineExceeded
		if w := get(a, "GET", page); w.Code != 503 || !strings.Contains(w.Body.String(), "did not answer in time") {
			t.Errorf("%s, too late: %d %q", page, w.Code, w.Body)
		}
		g.err = errors.New("stopped")
		if w := get(a, "GET", page); w.Code != 503 || !strings.Contains(w.Body.String(), "stopped") {
			t.Errorf("%s, stopped: %d %q", page, w.Code, w.Body)
		}
	}
}

func TestConfigIsShownWithoutSecrets(t *testing.T) {
	a, _ := newAdmin(false)
	body := get(a, "GET", "/config").Body.String()
	if strings.Contains(body, "hunter2") || !strings.Contains(body, "user:xxxxx@jaeger:14268") || !strings.Contains(body, "key_file: k.pem") {
		t.Errorf("got %s", body)
	}
	a.SetConfig(&config.Config{Admin: config.Admin{Address: "127.0.0.1:1"}})
	if body := get(a, "GET", "/config").Body.String(); !strings.Contains(body, "127.0.0.1:1\n") {
		t.Errorf("after a reload: %s", body)
	}
}

func TestProfilesAreServedWhereTheyAreAllowed(t *testing.T) {
	a, _ := newAdmin(true)
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/goroutine?debug=1", "/debug/pprof/cmdline", "/debug/pprof/symbol"} {
		if w := get(a, "GET", path); w.Code != 200 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestWithoutMetricsThereIsNoMetricsPage(t *testing.T) {
	a := admin.New(admin.Options{Config: &config.Config{}})
	if w := get(a, "GET", "/metrics"); w.Code != 404 {
		t.Errorf("%d", w.Code)
	}
	if w := get(a, "GET", "/readyz"); w.Code != 503 {
		t.Errorf("before there is a gateway: %d", w.Code)
	}
	for _, page := range []string{"/streams", "/connections"} {
		if w := get(a, "GET", page); w.Code != 503 {
			t.Errorf("%s before there is a gateway: %d", page, w.Code)
		}
	}
}
