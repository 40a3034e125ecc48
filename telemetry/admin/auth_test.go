package admin_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/telemetry/admin"
)

const token, another = "0123456789abcdef0123456789abcdef", "another-token-that-is-good"

func TestATokenOpensEveryPage(t *testing.T) {
	a, _ := newAdmin(true)
	a.SetTokens([]string{another, token})
	for _, path := range []string{"/", "/metrics", "/config", "/streams", "/connections", "/debug/pprof/", "/debug/pprof/heap", "/nothing", "/healthz/", "//healthz", "/metrics?/healthz", "/healthz/../metrics"} {
		for name, c := range map[string]struct {
			header []string
			error  string // in WWW-Authenticate
		}{
			"no header":       {nil, ""},
			"another scheme":  {[]string{"Authorization", "Basic " + token}, ""},
			"a wrong token":   {[]string{"Authorization", "Bearer x" + token[1:]}, `error="invalid_token"`},
			"its beginning":   {[]string{"Authorization", "Bearer " + token[:31]}, `error="invalid_token"`},
			"too much of it":  {[]string{"Authorization", "Bearer " + token + "0"}, `error="invalid_token"`},
			"no token at all": {[]string{"Authorization", "Bearer"}, `error="invalid_token"`},
			"in the query":    {[]string{"X-Token", token}, ""},
		} {
			w := get(a, "GET", path, c.header...)
			challenge := w.Header().Get("WWW-Authenticate")
			if w.Code != 401 || !strings.HasPrefix(challenge, `Bearer realm="hopscope"`) || strings.Contains(challenge, "error=") != (c.error != "") || !strings.Contains(challenge, c.error) {
				t.Errorf("%s, %s: %d, WWW-Authenticate %q", path, name, w.Code, challenge)
			}
			if strings.Contains(w.Body.String(), token) {
				t.Errorf("%s, %s: the answer has the token", path, name)
			}
		}
		for _, good := range []string{"Bearer " + token, "bearer " + another} {
			if w := get(a, "GET", path, "Authorization", good); w.Code == 401 {
				t.Errorf("%s with %s: refused", path, good)
			}
		}
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if w := get(a, "GET", path); w.Code != 200 {
			t.Errorf("%s needs a token: %d", path, w.Code)
		}
	}
	a.SetTokens([]string{another})
	if w := get(a, "GET", "/config", "Authorization", "Bearer "+token); w.Code != 401 {
		t.Errorf("a token that was taken away: %d", w.Code)
	}
	a.SetTokens(nil)
	if w := get(a, "GET", "/config"); w.Code != 200 {
		t.Errorf("without tokens: %d", w.Code)
	}
}

func TestRefusalsAreCountedAndLoggedNowAndThen(t *testing.T) {
	var lines bytes.Buffer
	a := admin.New(admin.Options{
		Config: &config.Config{}, Metrics: http.NotFoundHandler(), Logger: slog.New(slog.NewJSONHandler(&lines, nil)),
	})
	a.SetTokens([]string{token})
	for range 100 {
		get(a, "GET", "/config?secret-query")
		get(a, "GET", "/config", "Authorization", "Bearer guess-of-a-secret-token")
	}
	if got := a.Refused(); got[admin.RefusedNoToken] != 100 || got[admin.RefusedWrongToken] != 100 {
		t.Errorf("counted %v", got)
	}
	if text := lines.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, `"reason":"no_token"`) || strings.Contains(text, "secret") {
		t.Errorf("logged %s", text)
	}
}
