package e2e

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

// newClient returns a client that speaks h2c with prior knowledge on a
// connection of its own.
func newClient(t testing.TB) *http.Client { return newClientIn(t, "") }

// newClientIn is newClient for a client in a network namespace.
func newClientIn(t testing.TB, space namespace) *http.Client {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols, DisableCompression: true, DialContext: space.dial}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// answer is what curl received.
type answer struct {
	status int
	proto  string // "HTTP/2"
	header http.Header
	body   string
}

// post sends a body over HTTP/2 and returns the response.
func post(t *testing.T, url string, body []byte, contentType string) answer {
	t.Helper()
	response, err := newClient(t).Post(url, contentType, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Proto, response.Header, string(text)}
}

// curl runs curl with -i and returns the final response. It fails the test if
// there is none.
func curl(t *testing.T, args ...string) answer {
	t.Helper()
	out, status := run(t, patience, "curl", append([]string{"-sSi", "--max-time", "20"}, args...)...)
	if status != 0 {
		t.Fatalf("curl %s: exit status %d\n%s", strings.Join(args, " "), status, tail(out))
	}
	for {
		head, body, ok := strings.Cut(out, "\r\n\r\n")
		if !ok {
			t.Fatalf("curl %s: no header block in\n%s", strings.Join(args, " "), tail(out))
		}
		a := answer{header: make(http.Header), body: body}
		first, fields, _ := strings.Cut(head, "\r\n")
		words := strings.Fields(first)
		if len(words) < 2 {
			t.Fatalf("curl %s: status line %q", strings.Join(args, " "), first)
		}
		a.proto = words[0]
		for _, digit := range words[1] {
			a.status = a.status*10 + int(digit-'0')
		}
		if a.status >= 100 && a.status < 200 {
			out = body // an informational response comes before the final one
			continue
		}
		for field := range strings.SplitSeq(fields, "\r\n") {
			name, value, _ := strings.Cut(field, ":")
			a.header.Add(name, strings.TrimSpace(value))
		}
		return a
	}
}
