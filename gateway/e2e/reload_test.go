package e2e

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
)

// reloadRefused is what the log says when the files cannot be used.
const reloadRefused = "reload refused; the old configuration and certificates stay in force"

// reloads returns when the last reload was and whether it went well.
func (g *gateway) reloads() (at float64, good bool, page string) {
	page, _ = g.adminGet("/metrics", "text/plain")
	at, _ = metric(page, "hopscope_config_last_reload_timestamp_seconds")
	successful, _ := metric(page, "hopscope_config_last_reload_successful")
	return at, successful == 1, page
}

// prefixed is plainConfig with one route for the given prefix.
func prefixed(endpoint, prefix string) string {
	return strings.Replace(plainConfig(endpoint), "path_prefix: /", "path_prefix: "+prefix, 1)
}

func TestReloadUnderLoadLosesNothing(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address))
	load := make(chan error, 1)
	program := tool(t, "h2load")
	begin := func() { load <- h2load(t.Context(), program, 20_000, "http://"+g.address["edge"]+"/") }
	go begin()
	// The two differ in a route's name, so that each reload is a real one.
	configs := []string{
		plainConfig(o.address),
		strings.Replace(plainConfig(o.address), "name: all", "name: everything", 1),
	}
	reloads := 0
	for loading := true; loading; reloads++ {
		before, _, _ := g.reloads()
		g.writeConfig(configs[(reloads+1)%2])
		g.signal(syscall.SIGHUP)
		eventually(t, "a reload", func() (bool, string) {
			at, good, page := g.reloads()
			return good && at > before, tail(page)
		})
		select {
		case err := <-load:
			if err != nil {
				t.Errorf("after %d reloads: %v", reloads, err)
			}
			if loading = reloads < 3; loading {
				go begin() // once more: too few of them happened meanwhile
			}
		default:
		}
	}
	if got := o.connections.Load(); got > 8 {
		t.Errorf("%d connections to the origin: reloads must keep those of an unchanged endpoint", got)
	}
}

func TestReloadKeepsOpenStreamsAndTakesNewRoutes(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, prefixed(o.address, "/"))
	base := "http://" + g.address["edge"]
	client := newClient(t)
	type result struct {
		status int
		body   string
		err    error
	}
	open := make(chan result, 1)
	go func() {
		status, body, err := get(t.Context(), client, base+"/gate")
		open <- result{status, body, err}
	}()
	o.waitAtGate(t)

	// No signal: a changed file is enough.
	g.writeConfig(prefixed(o.address, "/only/"))
	eventually(t, "the new route table", func() (bool, string) {
		status, body, err := get(t.Context(), client, base+"/gone")
		return err == nil && status == http.StatusNotFound, body
	})
	if status, body, err := get(t.Context(), client, base+"/only/this"); err != nil || status != 200 {
		t.Errorf("the new route: %d %q %v", status, body, err)
	}
	close(o.gate)
	if r := <-open; r.err != nil || r.status != 200 || r.body != "before, after" {
		t.Errorf("the stream that was open during the reload: %+v", r)
	}
}

func TestBadReloadIsRefused(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address))
	client := newClient(t)
	url := "http://" + g.address["edge"] + "/"
	if _, good, page := g.reloads(); !good {
		t.Fatalf("the first configuration is not counted as a good load:\n%s", tail(page))
	}
	for name, broken := range map[string]string{
		"not YAML":         "listeners: [",
		"unknown key":      plainConfig(o.address, "surprise: true"),
		"missing upstream": strings.Replace(plainConfig(o.address), "upstream: origin", "upstream: nobody", 1),
		"empty":            "",
	} {
		t.Run(name, func(t *testing.T) {
			g.writeConfig(broken)
			g.signal(syscall.SIGHUP)
			eventually(t, "the refusal in the metric", func() (bool, string) {
				_, good, page := g.reloads()
				return !good, tail(page)
			})
			if status, body, err := get(t.Context(), client, url); err != nil || status != 200 {
				t.Errorf("the old configuration does not run: %d %q %v", status, body, err)
			}
			g.writeConfig(plainConfig(o.address))
			g.signal(syscall.SIGHUP)
			eventually(t, "the good file again", func() (bool, string) {
				_, good, page := g.reloads()
				return good, tail(page)
			})
		})
	}
}
