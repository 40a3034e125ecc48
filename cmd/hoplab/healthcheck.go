package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const healthcheckHelp = `
Usage: hoplab healthcheck URL [flags]

Exits 0 if what listens there is well, 1 if not and says why. For images without
a shell:

  http://HOST:PORT/PATH   answers a GET with 2xx (https:// too)
  h2c://HOST:PORT/PATH    the same over HTTP/2 with prior knowledge
  tcp://HOST:PORT         takes a connection
`

func runHealthcheck(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := newFlags("healthcheck", healthcheckHelp)
	timeout := f.Duration("timeout", 2*time.Second, "`time` to wait for an answer")
	words, code, ok := f.parse(args, 1, 1, stdout, stderr)
	if !ok {
		return code
	}
	u, err := url.Parse(words[0])
	if err != nil || u.Host == "" {
		return f.wrong(stderr, "%q is no URL such as http://127.0.0.1:9901/readyz", words[0])
	}
	probe := map[string]func(context.Context, *url.URL) error{"http": probeHTTP, "https": probeHTTP, "h2c": probeHTTP, "tcp": probeTCP}[u.Scheme]
	if probe == nil {
		return f.wrong(stderr, "%s: want a URL that begins with http, https, h2c or tcp", words[0])
	}
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()
	if err := probe(ctx, u); err != nil {
		return f.failed(stderr, err)
	}
	return exitOK
}

func probeTCP(ctx context.Context, u *url.URL) error {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return err
	}
	return c.Close()
}

func probeHTTP(ctx context.Context, u *url.URL) error {
	t := &http.Transport{DisableKeepAlives: true}
	if u.Scheme == "h2c" {
		plain := *u
		plain.Scheme = "http"
		u = &plain
		t = &http.Transport{Protocols: new(http.Protocols)}
		t.Protocols.SetUnencryptedHTTP2(true)
		defer t.CloseIdleConnections()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	resp, err := t.RoundTrip(req)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("%s answers %s", u, resp.Status)
	}
	return nil
}
