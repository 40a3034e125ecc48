package e2e

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestLoadWithoutOneFailure(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, plainConfig(o.address))
	if err := h2load(t.Context(), tool(t, "h2load"), *requests, "http://"+g.address["edge"]+"/"); err != nil {
		t.Error(err)
	}
	page, _ := g.adminGet("/metrics", "text/plain")
	if got, _ := metric(page, "hopscope_requests_total", `route="all"`); int(got) != *requests {
		t.Errorf("hopscope_requests_total is %v after %d requests", got, *requests)
	}
	if open, _ := metric(page, "hopscope_streams_open"); open != 0 {
		t.Errorf("hopscope_streams_open is %v when all is done", open)
	}
}

func TestLoadOverTLSWithoutOneFailure(t *testing.T) {
	o := startOrigin(t, nil)
	g := startGateway(t, twoListenerConfig(t, newAuthority(t), o.address))
	if err := h2load(t.Context(), tool(t, "h2load"), *requests/10, "https://"+g.address["tls"]+"/"); err != nil {
		t.Error(err)
	}
}

// h2load sends n requests over 10 connections with 100 streams each, and fails
// if one of them was not answered with 2xx. within is the command that runs it, if
// there is one.
func h2load(ctx context.Context, program string, n int, url string, within ...string) error {
	limit := 5*time.Minute + time.Duration(n)*500*time.Microsecond
	command := append(within, program, "-n", strconv.Itoa(n), "-c", "10", "-m", "100", url)
	out, status, err := tryRun(ctx, limit, command[0], command[1:]...)
	if err != nil {
		return err
	}
	var total, started, done, succeeded, failed, status2xx int
	for line := range strings.Lines(out) {
		switch kind, rest, _ := strings.Cut(line, ": "); kind {
		case "requests":
			_, err = fmt.Sscanf(rest, "%d total, %d started, %d done, %d succeeded, %d failed",
				&total, &started, &done, &succeeded, &failed)
		case "status codes":
			_, err = fmt.Sscanf(rest, "%d 2xx", &status2xx)
		}
		if err != nil {
			return fmt.Errorf("h2load: cannot read %q: %w", line, err)
		}
	}
	if status != 0 || succeeded != n || status2xx != n || failed != 0 {
		return fmt.Errorf("h2load: exit status %d, of %d requests %d succeeded, %d with 2xx, %d failed:\n%s",
			status, n, succeeded, status2xx, failed, tail(out))
	}
	return nil
}
