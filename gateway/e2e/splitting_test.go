package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// rawResponse is how an HTTP/1.1 origin answers, and what the client gets.
type rawResponse struct {
	name   string
	text   string
	hold   bool   // the connection stays open afterwards
	kind   string // of hopscope_malformed_total; empty: nothing is counted
	status int
	body   string
	cut    bool // the response must not look complete
}

func rawResponses() []rawResponse {
	const ok = "HTTP/1.1 200 OK\r\n"
	const chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"
	const other = ok + "Content-Length: 6\r\n\r\npoison"
	bad := func(name, text string) rawResponse {
		return rawResponse{name: name, text: text, status: 502, kind: "header_block"}
	}
	cut := func(name, kind, text string) rawResponse {
		return rawResponse{name: name, text: text, cut: true, kind: kind}
	}
	return []rawResponse{
		bad("no status line", "hello\r\n\r\n"),
		bad("a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"),
		bad("a status below zero", "HTTP/1.1 -20 OK\r\n\r\n"),
		bad("another protocol", "ICY 200 OK\r\n\r\n"),
		bad("a field without a colon", ok+"abc\r\n\r\n"),
		bad("a name with a space", ok+"Content-Length : 2\r\n\r\nok"),
		bad("a value with NUL", ok+"a: b\x00c\r\nContent-Length: 0\r\n\r\n"),
		bad("a value with CR", ok+"a: b\rc: d\r\nContent-Length: 0\r\n\r\n"),
		bad("conflicting content-length", ok+"Content-Length: 2\r\nContent-Length: 8\r\n\r\nok"),
		bad("a list of content-length", ok+"Content-Length: 2, 2\r\n\r\nok"),
		bad("content-length with a sign", ok+"Content-Length: +2\r\n\r\nok"),
		bad("another transfer-encoding", ok+"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
		bad("two transfer-encodings", ok+"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
		bad("an endless header", ok+strings.Repeat("a: b\r\n", 200_000)),
		{name: "101", text: "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", status: 502, kind: "informational"},
		{name: "endless 1xx", text: strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 100) + other, status: 502, kind: "informational"},
		{name: "the end before the response", status: 502},
		{name: "the end in the header", text: ok + "Content-Le", status: 502},
		{name: "the end after 1xx", text: "HTTP/1.1 103 Early Hints\r\n\r\n", status: 502},
		cut("fewer bytes than content-length", "", ok+"Content-Length: 20\r\n\r\nok"),
		cut("the end in a chunk", "", chunked+"5\r\nhe"),
		cut("the end between chunks", "", chunked+"2\r\nok\r\n"),
		cut("the end before the last line", "", chunked+"2\r\nok\r\n0\r\n"),
		cut("a chunk size that is none", "header_block", chunked+"2\r\nok\r\nxyz\r\nok\r\n0\r\n\r\n"),
		cut("a chunk size beyond 2^64", "header_block", chunked+"2\r\nok\r\n10000000000000002\r\nok\r\n0\r\n\r\n"),
		cut("a chunk larger than it says", "header_block", chunked+"1\r\nok\r\n0\r\n\r\n"),
		cut("trailers with content-length", "trailers", ok+"Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\nok\r\n0\r\nContent-Length: 9\r\n\r\n"),
		// One response and no more, whatever stands behind it.
		{name: "two responses", text: ok + "Content-Length: 2\r\n\r\nok" + other, hold: true, status: 200, body: "ok"},
		{name: "a body behind 204", text: "HTTP/1.1 204 No Content\r\n\r\n" + other, hold: true, status: 204},
		{name: "content-length with 204", text: "HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\npoison", hold: true, status: 204},
		{name: "a body behind 304", text: "HTTP/1.1 304 Not Modified\r\n\r\npoison", hold: true, status: 304},
		{
			name: "transfer-encoding and content-length", status: 200, body: "ok",
			text: ok + "Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" + other, hold: true,
		},
		{name: "a folded field", text: ok + "a: b\r\n Content-Length: 60\r\nContent-Length: 2\r\n\r\nok", hold: true, status: 200, body: "ok"},
	}
}

// Whatever an HTTP/1.1 origin sends, the client gets one response that is whole,
// one that does not look so, or the gateway's own.
func TestSplittingByHTTP1Origins(t *testing.T) {
	all := rawResponses()
	kinds := clientKinds()
	var addresses []string
	for _, r := range all {
		for range kinds {
			addresses = append(addresses, startRawOrigin(t, r))
		}
	}
	o := startOrigin(t, nil)
	config := rogueConfig(o.address, addresses)
	for i := range addresses {
		config = strings.Replace(config, fmt.Sprintf("endpoints: [%q]}", addresses[i]), fmt.Sprintf("endpoints: [%q], protocol: http1}", addresses[i]), 1)
	}
	g := startGateway(t, config)
	base := "http://" + g.address["edge"]
	stop := bystander(t, base+"/")
	before := g.peakMemory()
	want := make(map[string]int)
	for i, r := range all {
		for j, kind := range kinds {
			t.Run(r.name+", "+kind.name, func(t *testing.T) {
				client := kind.start(t)
				client.Timeout = patience
				r.check(t, fetchWith(client, http.MethodGet, fmt.Sprintf("%s/rogue-%d/", base, i*len(kinds)+j)))
				if got := fetchWith(client, http.MethodGet, base+"/"); got.status != 200 || string(got.body) != "hello from the origin\n" {
					t.Errorf("afterwards: %v", got)
				}
			})
			want[r.kind]++
		}
	}
	if stop() == 0 {
		t.Error("the client of the honest origin was not served")
	}
	if grown := g.peakMemory() - before; grown > 32<<20 {
		t.Errorf("memory grew by %d MiB", grown>>20)
	}
	page, _ := g.adminGet("/metrics", "")
	for kind, n := range want {
		if got, _ := metric(page, "hopscope_malformed_total", `side="upstream"`, fmt.Sprintf("kind=%q", kind)); kind != "" && int(got) < n {
			t.Errorf("%q was counted %v times, want %d at least", kind, got, n)
		}
	}
}

func (r rawResponse) check(t *testing.T, got outcome) {
	t.Helper()
	switch {
	case r.cut && got.err == nil:
		t.Errorf("a response that was cut looks complete: %v", got)
	case r.cut:
	case got.err != nil || got.status != r.status || r.status != 502 && string(got.body) != r.body:
		t.Errorf("the client got %v, want %d %q", got, r.status, r.body)
	}
	if strings.Contains(string(got.body), "poison") {
		t.Errorf("what stands behind the response came with it: %v", got)
	}
}

// startRawOrigin answers the request of each connection with the same text.
func startRawOrigin(t *testing.T, r rawResponse) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	serve := func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
			return
		}
		_, _ = io.WriteString(c, r.text) // the gateway may have had enough
		if !r.hold {
			_ = c.(*net.TCPConn).CloseWrite()
		}
		_, _ = io.Copy(io.Discard, c)
	}
	done.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			done.Go(func() { serve(c); _ = c.Close() })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		done.Wait()
	})
	return ln.Addr().String()
}
