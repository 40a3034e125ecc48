package proxies

import (
	"context"
	"fmt"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/h2load"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
)

// startHAProxy starts HAProxy with its defaults but: one thread, HTTP/2 to the
// origin, no log, enough connections, timeouts beyond a run, and streams that
// share connections to the origin from the first on: without it, nearly every
// stream that stays open gets one of its own.
func startHAProxy(ctx context.Context, s Setup) (*Proxy, error) {
	addr, err := FreeAddr()
	if err != nil {
		return nil, err
	}
	bind := addr + " proto h2"
	if c := s.Certificate; c != nil {
		bind = fmt.Sprintf("%s ssl crt %s alpn h2 ssl-min-ver TLSv1.3 ciphersuites %s", addr, c.BothFile, h2load.Cipher)
	}
	file, err := s.write("haproxy.cfg", fmt.Sprintf(`global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout connect 5s
  timeout client 10m
  timeout server 10m
  http-reuse always
frontend edge
  bind %s
  default_backend all
backend all
  server origin %s proto h2
`, bind, s.Origins[0]))
	if err != nil {
		return nil, err
	}
	return StartListening(ctx, proc.Command{Path: "haproxy", Args: []string{"-db", "-f", file}, CPU: s.CPU}, addr)
}
