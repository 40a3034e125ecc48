package gateway_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/gateway"
	"github.com/hopscope/hopscope/gateway/config"
)

// What HTTP/1.1 requests took is given back when they are over, also where HTTP/2
// streams that began among them are still open or are kept for use again.
func TestRequestsAreForgotten(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			<-release
		}
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	}))
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	for _, protocol := range []config.Protocol{config.H2C, config.HTTP1} {
		t.Run("to "+string(protocol), func(t *testing.T) {
			cfg := parse(t, server.Listener.Addr().String(), "", "")
			cfg.Upstreams[0].Protocol = protocol
			g := startOn(t, cfg, gateway.Options{Workers: 1})
			address := g.Addresses()["edge"]
			client := &http.Client{Transport: &http.Transport{}}
			t.Cleanup(client.CloseIdleConnections)
			body := strings.Repeat("x", 30_000)
			post := func() {
				r, err := client.Post("http://"+address+"/", "text/plain", strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				defer r.Body.Close()
				if got, err := io.ReadAll(r.Body); err != nil || !bytes.Equal(got, []byte(body)) {
					t.Fatalf("%d bytes of %d came back, %v", len(got), len(body), err)
				}
			}
			for range 70 {
				post() // what is kept for use again is made
			}
			before := liveHeap()
			p := dial(t, address)
			const streams = 10
			for n := range streams {
				p.get(uint32(2*n + 1))
				for range 70 { // more than are made at once
					post()
				}
			}
			growth := liveHeap() - before
			if growth > 8<<20 {
				t.Errorf("%d bytes more than before %d requests", growth, streams*70)
			}
			p.nc.Close()
		})
	}
	close(release)
}

func liveHeap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what has finalizers, too
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
