package e2e

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const adminToken = "e2e-0123456789abcdef0123456789abcdef"

// withAdmin replaces the admin section of a configuration.
func withAdmin(config, keys string) string {
	return strings.Replace(config, `admin: {address: "127.0.0.1:0"}`, fmt.Sprintf(`admin: {address: "127.0.0.1:0", %s}`, keys), 1)
}

// writeToken makes a file with a token.
func writeToken(t *testing.T, token string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// askAdmin asks for an admin page with a token, which may be empty. A status of 0
// means that there was no answer.
func (g *gateway) askAdmin(client *http.Client, scheme, page, token string) (status int, text string) {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), "GET", scheme+"://"+g.admin+page, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return resp.StatusCode, string(all)
}

// hopscope runs a subcommand of the program under test.
func hopscope(t *testing.T, args ...string) (output string, status int) {
	t.Helper()
	output, status, err := tryRun(t.Context(), patience, gatewayBinary(t), args...)
	if err != nil {
		t.Fatal(err)
	}
	return output, status
}

func TestAdminIsOnTheLoopbackWithoutProfilesUnlessAskedFor(t *testing.T) {
	o := startOrigin(t, nil)
	config := strings.Replace(plainConfig(o.address), `admin: {address: "127.0.0.1:0"}`, "", 1)
	path := filepath.Join(t.TempDir(), "hopscope.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	out, status := hopscope(t, "check", "--config", path, "--print")
	if status != 0 || !strings.Contains(out, "address: 127.0.0.1:9901") || !strings.Contains(out, "pprof: false") || strings.Contains(out, "warning") {
		t.Errorf("the defaults: exit status %d\n%s", status, out)
	}
	g := startGateway(t, plainConfig(o.address))
	for _, page := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/profile?seconds=1", "/debug/pprof/cmdline", "/debug/vars"} {
		if text, status := g.adminGet(page, ""); status != 404 {
			t.Errorf("%s: %d %q", page, status, text)
		}
	}
	asked := startGateway(t, withAdmin(plainConfig(o.address), "pprof: true"))
	if _, status := asked.adminGet("/debug/pprof/goroutine", ""); status != 200 {
		t.Errorf("profiles that were asked for: %d", status)
	}
}

func TestAnOpenAdminServerIsWarnedOf(t *testing.T) {
	o := startOrigin(t, nil)
	config := strings.Replace(plainConfig(o.address), `admin: {address: "127.0.0.1:0"}`, `admin: {address: "0.0.0.0:0"}`, 1)
	path := filepath.Join(t.TempDir(), "hopscope.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	const want = `admin.address: "0.0.0.0:0" can be reached from other machines`
	if out, status := hopscope(t, "check", "--config", path); status != 0 || !strings.Contains(out, want) || !strings.Contains(out, "set admin.tls") {
		t.Errorf("check: exit status %d\n%s", status, out)
	}
	g := startGateway(t, config)
	if line := g.waitLog("configuration: " + want + ", and whoever reaches it sees the configuration and every open stream; " +
		"listen on 127.0.0.1, or set admin.tls and with it admin.token_file or admin.tls.client_ca_file"); !strings.Contains(line, `"level":"WARN"`) {
		t.Error(line)
	}
}

func TestAdminOverTLSWithATokenThatIsReplaced(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	o := startOrigin(t, nil)
	certFile, keyFile := ca.issue(t, "admin")
	tokens := writeToken(t, adminToken)
	g := startGateway(t, withAdmin(plainConfig(o.address), fmt.Sprintf("tls: {cert_file: %q, key_file: %q}, token_file: %q", certFile, keyFile, tokens)))
	client := ca.client(t)
	for page, open := range map[string]bool{"/healthz": true, "/readyz": true, "/metrics": false, "/config": false, "/streams": false, "/connections": false, "/": false} {
		if status, text := g.askAdmin(client, "https", page, ""); open != (status == 200) || !open && status != 401 {
			t.Errorf("%s without a token: %d %q", page, status, text)
		}
		if status, text := g.askAdmin(client, "https", page, adminToken); status != 200 || strings.Contains(text, adminToken) || strings.Contains(text, "PRIVATE KEY") {
			t.Errorf("%s with the token: %d, or it shows a secret", page, status)
		}
	}
	if status, _ := g.askAdmin(http.DefaultClient, "http", "/healthz", ""); status == 200 {
		t.Error("plain text is answered")
	}
	if status, text := g.askAdmin(stranger.client(t), "https", "/healthz", ""); status != 0 {
		t.Errorf("a client that trusts others: %d %q", status, text)
	}
	_, page := g.askAdmin(client, "https", "/metrics", adminToken)
	for reason, least := range map[string]float64{"no_token": 4, "tls_handshake": 1} {
		if n, _ := metric(page, "hopscope_admin_refused_total", fmt.Sprintf("reason=%q", reason)); n < least {
			t.Errorf("%v refusals counted as %s, want %v", n, reason, least)
		}
	}
	if end, _ := metric(page, "hopscope_tls_certificate_not_after_timestamp_seconds", `side="admin"`); end != float64(inFile(t, certFile).NotAfter.Unix()) {
		t.Errorf("the certificate ends at %v", end)
	}

	const next = "e2e-the-next-token-0123456789"
	if err := os.WriteFile(tokens, []byte(adminToken+"\n"+next+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the next token", func() (bool, string) {
		status, text := g.askAdmin(client, "https", "/config", next)
		return status == 200, text
	})
	if status, _ := g.askAdmin(client, "https", "/config", adminToken); status != 200 {
		t.Errorf("the token before, which still stands in the file: %d", status)
	}
	if err := os.WriteFile(tokens, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if line := g.waitLog(reloadRefused); !strings.Contains(line, tokens) {
		t.Errorf("the log does not name the file: %s", line)
	}
	end := time.Now().Add(40 * time.Minute)
	ca.issueUntil(t, "admin", end)
	eventually(t, "the new certificate", func() (bool, string) {
		_, page := g.askAdmin(client, "https", "/metrics", next)
		at, _ := metric(page, "hopscope_tls_certificate_not_after_timestamp_seconds", `side="admin"`)
		return at == float64(end.Unix()), fmt.Sprint(at)
	})
	if err := os.WriteFile(tokens, []byte(next+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the old token's end", func() (bool, string) {
		status, _ := g.askAdmin(client, "https", "/config", adminToken)
		return status == 401, fmt.Sprint(status)
	})
}

func TestAdminAsksForClientCertificates(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	o := startOrigin(t, nil)
	certFile, keyFile := ca.issue(t, "admin")
	g := startGateway(t, withAdmin(plainConfig(o.address),
		fmt.Sprintf("tls: {cert_file: %q, key_file: %q, client_ca_file: %q}", certFile, keyFile, ca.caFile)))
	operator, err := tls.LoadX509KeyPair(ca.issue(t, "operator"))
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := tls.LoadX509KeyPair(stranger.issue(t, "operator"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"/healthz", "/readyz", "/metrics"} {
		if status, text := g.askAdmin(ca.client(t, operator), "https", page, ""); status != 200 {
			t.Errorf("%s with a certificate: %d %q", page, status, text)
		}
		for name, client := range map[string]*http.Client{"without one": ca.client(t), "with a stranger's": ca.client(t, foreign)} {
			if status, text := g.askAdmin(client, "https", page, ""); status != 0 {
				t.Errorf("%s %s: %d %q", page, name, status, text)
			}
		}
	}
}

func TestSubcommandsReachASecuredAdminServer(t *testing.T) {
	ca := newAuthority(t)
	o := startOrigin(t, nil)
	certFile, keyFile := ca.issue(t, "admin.internal")
	tokens := writeToken(t, adminToken)
	g := startGateway(t, withAdmin(plainConfig(o.address), fmt.Sprintf("tls: {cert_file: %q, key_file: %q, client_ca_file: %q}, token_file: %q",
		certFile, keyFile, ca.caFile, tokens)))
	clientCert, clientKey := ca.issue(t, "operator")
	url := []string{"--admin", "https://" + g.admin}
	trust := append(url, "--ca", ca.caFile, "--server-name", "admin.internal")
	shown := append(trust, "--cert", clientCert, "--key", clientKey)
	for name, c := range map[string]struct {
		args   []string
		status int
		text   string // contained
	}{
		"health":                            {append([]string{"health"}, shown...), 0, "ready"},
		"streams":                           {append([]string{"streams", "--once", "--token-file", tokens}, shown...), 0, "0 streams"},
		"streams as JSON":                   {append([]string{"streams", "--once", "--json", "--token-file", tokens}, shown...), 0, "[]"},
		"streams without a token":           {append([]string{"streams", "--once"}, shown...), 1, "--token-file"},
		"streams with a wrong token":        {append([]string{"streams", "--once", "--token-file", writeToken(t, "a-wrong-token-0123456789")}, shown...), 1, "401"},
		"health without a certificate":      {append([]string{"health"}, trust...), 1, "--cert and --key"},
		"health with another name":          {append([]string{"health", "--ca", ca.caFile, "--server-name", "other.internal"}, url...), 1, "--server-name"},
		"health without the authority":      {append([]string{"health"}, url...), 1, "--ca"},
		"health in plain text":              {[]string{"health", "--admin", g.admin}, 1, "400"},
		"a certificate without its key":     {append([]string{"health", "--cert", clientCert}, url...), 2, "name both"},
		"an authority for a plain URL":      {[]string{"health", "--ca", ca.caFile}, 2, "https://"},
		"a token file that is not there":    {append([]string{"streams", "--once", "--token-file", "absent"}, url...), 2, "--token-file: absent"},
		"an authority that is not there":    {append([]string{"health", "--ca", "absent"}, url...), 2, "absent: no such file"},
		"a gateway that is not there":       {[]string{"health", "--admin", "127.0.0.1:1"}, 1, "is the gateway running"},
		"a word that belongs to no flag":    {[]string{"health", "now"}, 2, "unexpected argument"},
		"what health is, for those who ask": {[]string{"health", "--help"}, 0, "--server-name NAME"},
	} {
		out, status := hopscope(t, c.args...)
		if status != c.status || !strings.Contains(out, c.text) {
			t.Errorf("%s: exit status %d, want %d and %q in\n%s", name, status, c.status, c.text, out)
		}
	}
}

// A gateway that drains is alive and not ready.
func TestHealthTellsOfADrain(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address, "limits: {drain_delay: 1m}"))
	if out, status := hopscope(t, "health", "--admin", g.admin); status != 0 {
		t.Fatalf("exit status %d\n%s", status, out)
	}
	if err := g.process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the drain", func() (bool, string) {
		out, err := exec.CommandContext(t.Context(), gatewayBinary(t), "health", "--admin", g.admin).CombinedOutput()
		return err != nil && strings.Contains(string(out), "draining"), string(out)
	})
	if text, status := g.adminGet("/healthz", ""); status != 200 {
		t.Errorf("alive: %d %q", status, text)
	}
}
