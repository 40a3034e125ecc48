package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

const healthHelp = `
Usage: hopscope health [--admin URL]

Exits with 0 if a running gateway welcomes requests, and with 1 and the reason if
not. For the health checks of containers, whose image has no shell. No token is
needed; a gateway with admin.tls needs an https:// URL and --ca or --server-name,
one with admin.tls.client_ca_file also --cert and --key.
`

func runHealth(args []string, stdout, stderr io.Writer) int {
	f := newFlags("health", healthHelp)
	admin := f.admin()
	if code, ok := f.parse(args, stdout, stderr); !ok {
		return code
	}
	client, err := admin.client()
	if err != nil {
		return f.wrong(stderr, "%v", err)
	}
	response, err := client.get(context.Background(), "readyz")
	if err != nil {
		fmt.Fprintf(stderr, "hopscope health: %v\n", err)
		return exitFailure
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10)) // half a reason is one, too
	if response.StatusCode != http.StatusOK {
		fmt.Fprintf(stderr, "hopscope health: %s: %s\n", response.Status, strings.TrimSpace(string(text)))
		return exitFailure
	}
	fmt.Fprint(stdout, string(text))
	return exitOK
}
