package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// marker is part of every secret that the test sends. It is looked for without
// regard to case.
const marker = "s3cr3t"

// startSecretive answers every HTTP request with secrets in each place that a
// response has; /hang waits for the client's end.
func startSecretive(t *testing.T) (address string, saw <-chan string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan string, 100)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Protocols: protocols, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what came is what is looked at
		seen <- fmt.Sprint(r.URL, r.Header, string(body), r.Trailer)
		h := w.Header()
		h.Set("Set-Cookie", "id="+marker+"-set-cookie")
		h.Set("Location", "http://user:"+marker+"-location@host/?"+marker)
		h.Set("WWW-Authenticate", marker+"-challenge")
		h.Set("X-"+marker, marker+"-field")
		if strings.HasSuffix(r.URL.Path, "/hang") {
			<-r.Context().Done()
			return
		}
		if strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
			h.Set("Content-Type", "application/grpc")
			h.Set("Trailer", "Grpc-Status, Grpc-Message")
			w.WriteHeader(200)
			h.Set("Grpc-Status", "13")
			h.Set("Grpc-Message", marker+"-grpc-message")
			return
		}
		h.Set("Trailer", "X-Late")
		_, _ = io.WriteString(w, marker+"-response-body")
		h.Set("X-Late", marker+"-response-trailer")
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return listener.Addr().String(), seen
}

// startRaw answers the nth connection with bytes, whatever is asked.
func startRaw(t *testing.T, answers ...string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; ; n++ {
			nc, err := listener.Accept()
			if err != nil {
				return
			}
			_ = nc.SetDeadline(time.Now().Add(patience))
			_, _ = bufio.NewReader(nc).ReadString('\n')
			_, _ = io.WriteString(nc, answers[n%len(answers)])
			if strings.Contains(answers[n%len(answers)], "unsolicited") {
				_, _ = io.Copy(io.Discard, nc) // until the gateway has noticed
			}
			nc.Close()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return listener.Addr().String()
}

// secretRequest fills every place that a request has.
func secretRequest(t *testing.T, url, contentType string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", url+"?token="+marker+"-query", strings.NewReader(marker+"-body"))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Authorization": "Bearer " + marker, "Cookie": "session=" + marker, "X-Api-Key": marker, "User-Agent": marker, "Referer": "http://h/?" + marker,
		"X-Forwarded-For": marker, "X-" + marker: marker, "Traceparent": "00-" + marker, "Tracestate": "vendor=" + marker, "Baggage": "user=" + marker,
		"Uberctx-User": marker, "Jaeger-Baggage": "user=" + marker, "Jaeger-Debug-Id": marker, "Uber-Trace-Id": marker, "B3": marker, "X-B3-Traceid": marker,
		"Grpc-Timeout": marker, "Grpc-Message": marker, "Content-Type": contentType, "X-Forwarded-Host": marker, "Forwarded": "for=" + marker,
	} {
		req.Header.Set(name, value)
	}
	req.ContentLength = -1
	req.Trailer = http.Header{"X-Late": {marker + "-request-trailer"}}
	return req
}

// raw sends bytes to a listener and reads until the gateway closes, or answers
// with what the reader waits for.
func raw(t *testing.T, address, text string) string {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(nc, text); err != nil {
		t.Fatal(err)
	}
	_ = nc.(*net.TCPConn).CloseWrite()
	all, _ := io.ReadAll(nc) // a reset is an answer
	return string(all)
}

func TestNoHeaderValueOrBodyIsToldToAnybody(t *testing.T) {
	collected := startCollector(t)
	good, seen := startSecretive(t)
	unsolicited := startRaw(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 "+marker+"-unsolicited\r\n\r\n")
	broken := startRaw(t,
		"HTTP/1.1 200 OK\r\n"+marker+"-no-field\r\n\r\n",
		"HTTP/1.1 "+marker+" "+marker+"\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: "+marker+"\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: "+marker+"\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+marker+"\r\n",
		marker+"-no-response\r\n\r\n")
	brokenH2 := startRaw(t, marker+"-no-frames\r\n\r\n",
		// SETTINGS, and a GOAWAY whose debug data is the secret.
		"\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x0e\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"+marker)
	g := startGateway(t, fmt.Sprintf(`
listeners:
  - {name: edge, address: "127.0.0.1:0"}
upstreams:
  - {name: h2, endpoints: [%[1]q], protocol: h2c}
  - {name: http1, endpoints: [%[1]q], protocol: http1}
  - {name: unsolicited, endpoints: [%[2]q], protocol: http1}
  - {name: broken, endpoints: [%[3]q], protocol: http1}
  - {name: broken-h2, endpoints: [%[4]q], protocol: h2c}
routes:
  - {name: hosted, match: {path: /hosted}, upstream: h2}
  - {name: h2, match: {path_prefix: /h2}, upstream: h2}
  - {name: http1, match: {path_prefix: /http1}, upstream: http1}
  - {name: unsolicited, match: {path_prefix: /unsolicited}, upstream: unsolicited}
  - {name: broken, match: {path_prefix: /broken/}, upstream: broken}
  - {name: broken-h2, match: {path_prefix: /broken-h2/}, upstream: broken-h2}
admin: {address: "127.0.0.1:0", token_file: %[5]q}
log: {level: debug, access: all}
tracing: {reporter: jaeger, endpoint: %[6]q, sampler: {type: const, param: 1}, propagation: [w3c, b3, jaeger]}
`, good, unsolicited, broken, brokenH2, writeToken(t, adminToken+marker), collected.endpoint))
	edge := g.address["edge"]
	base := "http://" + edge

	requests := 0
	send := func(client *http.Client, req *http.Request) {
		resp, err := client.Do(req)
		requests++
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
	for _, client := range []*http.Client{newClient(t), {Transport: &http.Transport{DisableKeepAlives: true}}} {
		for _, path := range []string{"/h2/a", "/http1/a", "/unsolicited/a", "/nowhere/a", "/hosted"} {
			for _, kind := range []string{"text/plain", "application/grpc"} {
				send(client, secretRequest(t, base+path, kind))
			}
		}
		for range 8 {
			send(client, secretRequest(t, base+"/broken/a", "text/plain"))
			send(client, secretRequest(t, base+"/broken-h2/a", "text/plain"))
		}
		odd := secretRequest(t, base+"/h2/a", "text/plain")
		odd.Method = strings.ToUpper(marker)
		send(client, odd)
	}
	passed := <-seen
	for _, what := range []string{"-query", "-body", "-request-trailer"} {
		if !strings.Contains(passed, marker+what) {
			t.Errorf("the origin did not get %s%s: %s", marker, what, passed)
		}
	}
	// Requests that break rules.
	for _, text := range []string{
		"GET /?" + marker + " HTTP/1.1\r\nHost: user:" + marker + "@host\r\n\r\n",
		"GET http://user:" + marker + "@host/h2/a HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: h\r\n" + marker + "\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: " + marker + "\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: h\r\nExpect: " + marker + "\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: " + marker + "\r\nConnection: upgrade\r\n\r\n",
		"POST /h2/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + marker + "\r\n",
		"GET /a/../b?" + marker + " HTTP/1.1\r\nHost: h\r\n\r\n",
		marker + " " + marker + " " + marker + "\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + marker + marker,
	} {
		raw(t, edge, text)
	}
	// A request that is still open when /streams is asked.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	open := make(chan struct{})
	go func() {
		defer close(open)
		if resp, err := newClient(t).Do(secretRequest(t, base+"/h2/hang", "text/plain").WithContext(ctx)); err == nil {
			resp.Body.Close()
		}
	}()
	token := adminToken + marker
	var pages bytes.Buffer
	eventually(t, "the open stream", func() (bool, string) {
		_, text := g.askAdmin(http.DefaultClient, "http", "/streams", token)
		return strings.Contains(text, `"route":"h2"`), text
	})
	g.askAdmin(http.DefaultClient, "http", "/metrics?"+marker, marker)
	for _, page := range []string{"/streams", "/connections", "/config", "/metrics", "/", "/nothing?" + marker} {
		_, text := g.askAdmin(http.DefaultClient, "http", page, token)
		fmt.Fprintf(&pages, "%s\n", text)
	}
	for _, accept := range []string{
		"application/openmetrics-text; version=1.0.0",
		"application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
	} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+g.admin+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", accept)
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(&pages, resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Errorf("%s: %d", accept, resp.StatusCode)
		}
	}
	cancel()
	<-open

	// Whatever was told of an exchange was told when it ended, and the last of them
	// has: the collector and the log have all of it when they have as many.
	var lines []string
	ended := 0
	eventually(t, "the access log", func() (bool, string) {
		g.mu.Lock()
		defer g.mu.Unlock()
		lines = append([]string(nil), g.log...)
		ended = strings.Count(strings.Join(lines, "\n"), `"msg":"access"`)
		return ended > requests && strings.Contains(lines[len(lines)-1], "client_reset"), fmt.Sprintf("%d lines of %d requests", ended, requests)
	})
	var spans string
	eventually(t, "the spans", func() (bool, string) {
		collected.mu.Lock()
		defer collected.mu.Unlock()
		servers := 0
		for _, s := range collected.spans {
			for _, tag := range s.Tags {
				if tag.Key == "span.kind" && tag.GetVStr() == "server" {
					servers++
				}
			}
		}
		spans = collected.wire.String()
		return servers >= ended, fmt.Sprintf("%d spans of %d exchanges", servers, ended)
	})
	for where, text := range map[string]string{"log": strings.Join(lines, "\n"), "spans": spans, "admin pages": pages.String()} {
		if !strings.Contains(text, "broken-h2") { // a name of the configuration, which each may tell
			t.Errorf("%s: is this all? %.600q", where, text)
		}
		for line := range strings.Lines(text) {
			if strings.Contains(strings.ToLower(line), marker) {
				t.Errorf("%s: a secret shows: %.600q", where, line)
			}
			if where == "log" && !strings.HasPrefix(line, "{") {
				t.Errorf("the log has a line that is no JSON: %.600s", line)
			}
		}
	}
}
