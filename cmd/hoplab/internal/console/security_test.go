package console

import (
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestEveryAnswerIsGuarded(t *testing.T) {
	hostile := source(t, Admin, func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range map[string]string{
			"Content-Type": "text/html", "Content-Security-Policy": "script-src *", "Access-Control-Allow-Origin": "*",
			"Set-Cookie": "a=b", "Refresh": "0;url=http://evil.example", "Link": "<x>; rel=preload", "Www-Authenticate": "Basic",
		} {
			w.Header().Set(name, value)
		}
		_, _ = w.Write([]byte("<script>alert(1)</script>"))
	})
	srv := serve(t, hostile)
	for _, path := range []string{"/", "/assets/app-1a2.js", "/nothing", "/api/console", "/api/nothing", "/api/admin/config", "/api/prometheus/rules", "/api//"} {
		h := get(t, srv, path).Header
		policy := h.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; ") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") || len(h.Values("Content-Security-Policy")) != 1 {
			t.Errorf("%s: policy %q", path, policy)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin"} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s %q", path, name, got)
			}
		}
		for _, name := range []string{"Access-Control-Allow-Origin", "Set-Cookie", "Refresh", "Link", "Www-Authenticate"} {
			if got := h.Get(name); got != "" {
				t.Errorf("%s: %s %q", path, name, got)
			}
		}
	}
	if got := get(t, srv, "/api/admin/config").Header.Get("Content-Security-Policy"); !strings.Contains(got, "sandbox") {
		t.Errorf("what a source answers may become a page: %q", got)
	}
	if got := get(t, srv, "/").Header.Get("Content-Security-Policy"); got != pagePolicy {
		t.Errorf("the page's policy is %q", got)
	}
}

func TestOtherHostsAreRefused(t *testing.T) {
	srv := serve(t, at(t, Admin, "http://127.0.0.1:1"))
	for host, ok := range map[string]bool{
		"": true, "localhost": true, "LOCALHOST:9900": true, "127.0.0.1:1": true, "127.9.9.9": true, "[::1]:9900": true, "[::1]": true,
		"console.example": true, "Console.Example.:80": true,
		"evil.example": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false, "0.0.0.0:9900": false,
		"10.0.0.1": false, "[::2]:9900": false, "169.254.169.254": false, "x": false,
	} {
		a := get(t, srv, "/api/console", "Host", host)
		if host == "" {
			a = get(t, srv, "/api/console") // its own address
		}
		switch {
		case ok && a.StatusCode != http.StatusOK:
			t.Errorf("%q: %s", host, a.Status)
		case !ok:
			if p := a.problem(t); p.Status != http.StatusMisdirectedRequest || !strings.Contains(p.Remedy, "--allow-host") {
				t.Errorf("%q: %+v", host, p)
			}
		}
	}
}

func TestOtherPagesAreRefused(t *testing.T) {
	asked := 0
	srv := serve(t, source(t, Faults, func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = w.Write([]byte("[]"))
	}))
	for _, tc := range []struct {
		method, path, field, value string
		ok                         bool
	}{
		{"PUT", "/api/faults/x", "Origin", srv.URL, true},
		{"PUT", "/api/faults/x", "Sec-Fetch-Site", "same-origin", true},
		{"PUT", "/api/faults/x", "Accept", "*/*", true}, // no browser
		{"GET", "/api/faults", "Sec-Fetch-Site", "none", true},
		{"GET", "/", "Sec-Fetch-Site", "cross-site", true}, // a link to the page
		{"PUT", "/api/faults/x", "Origin", "http://evil.example", false},
		{"PUT", "/api/faults/x", "Origin", "http://127.0.0.1:1", false}, // another port is another origin
		{"PUT", "/api/faults/x", "Origin", "null", false},
		{"PUT", "/api/faults/x", "Sec-Fetch-Site", "cross-site", false},
		{"PUT", "/api/faults/x", "Sec-Fetch-Site", "same-site", false},
		{"GET", "/api/faults", "Sec-Fetch-Site", "same-site", false},
		{"GET", "/api/faults", "Sec-Fetch-Site", "cross-site", false},
		{"POST", "/", "Sec-Fetch-Site", "cross-site", false},
	} {
		before := asked
		a := do(t, srv, tc.method, tc.path, nil, tc.field, tc.value)
		switch {
		case tc.ok && a.StatusCode != http.StatusOK:
			t.Errorf("%+v: %s %s", tc, a.Status, a.body)
		case !tc.ok && (a.problem(t).Status != http.StatusForbidden || asked != before):
			t.Errorf("%+v: %s, asked %d times", tc, a.Status, asked-before)
		}
	}
}

func TestOnlyLoopbackIsLoopback(t *testing.T) {
	for ip, want := range map[string]bool{"127.0.0.1": true, "::1": true, "0.0.0.0": false, "::": false, "192.0.2.1": false} {
		if got := Loopback(&net.TCPAddr{IP: net.ParseIP(ip)}); got != want {
			t.Errorf("%s: %t", ip, got)
		}
	}
}
