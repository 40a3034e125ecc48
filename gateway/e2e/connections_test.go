package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// connection is one of /connections.
type connection struct {
	ID             uint64  `json:"id"`
	Side           string  `json:"side"`
	Listener       string  `json:"listener"`
	Upstream       string  `json:"upstream"`
	Endpoint       string  `json:"endpoint"`
	Peer           string  `json:"peer"`
	Protocol       string  `json:"protocol"`
	TLS            bool    `json:"tls"`
	AgeSeconds     float64 `json:"age_seconds"`
	OpenedFor      string  `json:"opened_for"`
	Streams        int     `json:"streams"`
	StreamsOpened  uint64  `json:"streams_opened"`
	PeerMaxStreams int64   `json:"peer_max_streams"`
	SendWindow     int64   `json:"send_window"`
	ReceiveWindow  int64   `json:"receive_window"`
	RTTSeconds     float64 `json:"rtt_seconds"`
	BufferedBytes  int64   `json:"buffered_bytes"`
	Glitches       int64   `json:"glitches"`
	Attempts       *struct {
		Ended    uint64 `json:"ended"`
		Failed   uint64 `json:"failed"`
		Duration struct {
			ExplicitBounds []float64 `json:"explicit_bounds"`
			BucketCounts   []uint64  `json:"bucket_counts"`
		} `json:"duration"`
	} `json:"attempts"`
}

// connections returns the open connections of one side.
func (g *gateway) connections(side string) (list []connection) {
	g.t.Helper()
	g.adminJSON("/connections", &list)
	return slices.DeleteFunc(list, func(c connection) bool { return c.Side != side })
}

// adminJSON decodes an admin page, which has to have the fields of v and no others.
func (g *gateway) adminJSON(path string, v any) {
	g.t.Helper()
	page, status := g.adminGet(path, "")
	decoder := json.NewDecoder(strings.NewReader(page))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); status != 200 || err != nil {
		g.t.Fatalf("%s: %d, %v in %s", path, status, err, page)
	}
}

// openedFor waits until the upstream connections were opened for these reasons.
func (g *gateway) openedFor(want ...string) (list []connection) {
	g.t.Helper()
	eventually(g.t, fmt.Sprintf("connections opened for %v", want), func() (bool, string) {
		list = g.connections("upstream")
		var got []string
		for _, c := range list {
			got = append(got, c.OpenedFor)
		}
		slices.Sort(got)
		return slices.Equal(got, want), fmt.Sprint(list)
	})
	return list
}

// directed is an origin that does what the path of a request says:
//
//	/end     a response
//	/fail    one with status 503
//	/open    the header of a response, whose stream stays open
//	/close   a response, then the end of the connection
//	/goaway  GOAWAY after this stream, then as /open
//	/mute    as /open, and nothing any more on this connection
type directed struct {
	address string
	// settings of the n-th connection; nil: it is closed instead.
	settings func(n int) []http2.Setting
}

func startDirected(t testing.TB, settings func(n int) []http2.Setting) *directed {
	t.Helper()
	ln := namespace("").listen(t, "127.0.0.1:0")
	d := &directed{address: ln.Addr().String(), settings: settings}
	var done sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	done.Go(func() {
		for n := 0; ; n++ {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, nc)
			mu.Unlock()
			done.Go(func() {
				defer nc.Close()
				if s := settings(n); s != nil {
					d.serve(nc, s)
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		mu.Lock()
		for _, nc := range conns {
			_ = nc.Close()
		}
		mu.Unlock()
		done.Wait()
	})
	return d
}

// serve answers one connection until an error ends it, as a rule the gateway's end.
func (d *directed) serve(nc net.Conn, settings []http2.Setting) {
	if _, err := io.ReadFull(nc, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	f := http2.NewFramer(nc, nc)
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	err := f.WriteSettings(settings...)
	answer := func(id uint32, status string, end bool) error {
		var block bytes.Buffer
		_ = hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: ":status", Value: status})
		return f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: end})
	}
	mute := false
	for err == nil {
		var in http2.Frame
		if in, err = f.ReadFrame(); err != nil || mute {
			continue
		}
		switch in := in.(type) {
		case *http2.SettingsFrame:
			if !in.IsAck() {
				err = f.WriteSettingsAck()
			}
		case *http2.PingFrame:
			err = f.WritePing(true, in.Data)
		case *http2.MetaHeadersFrame:
			switch path := in.PseudoValue("path"); path {
			case "/end":
				err = answer(in.StreamID, "200", true)
			case "/fail":
				err = answer(in.StreamID, "503", true)
			case "/open":
				err = answer(in.StreamID, "200", false)
			case "/close":
				_ = answer(in.StreamID, "200", true)
				return
			case "/goaway":
				_ = f.WriteGoAway(in.StreamID, http2.ErrCodeNo, nil)
				err = answer(in.StreamID, "200", false)
			case "/mute":
				err = answer(in.StreamID, "200", false)
				mute = true
			}
		}
	}
}

// wish is a client of one connection to the gateway whose streams stay open until
// the test ends.
type wish struct {
	t    *testing.T
	http *http.Client
	base string
}

func (w wish) request(path string) *http.Request {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), "GET", w.base+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return req
}

// get waits for the header of a response.
func (w wish) get(path string) (status int) {
	w.t.Helper()
	resp, err := w.http.Do(w.request(path))
	if err != nil {
		w.t.Fatalf("%s: %v", path, err)
	}
	w.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp.StatusCode
}

// leave sends a request whose response is not waited for.
func (w wish) leave(path string) {
	w.t.Helper()
	req := w.request(path)
	go func() {
		if resp, err := w.http.Do(req); err == nil {
			_ = resp.Body.Close()
		}
	}()
}

// Each reason for which a connection to an endpoint can be opened is brought
// about by an origin on real sockets.
func TestConnectionsSayWhyTheyWereOpened(t *testing.T) {
	t.Parallel()
	hundred := func(int) []http2.Setting {
		return []http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: 100}}
	}
	for reason, c := range map[string]struct {
		settings func(n int) []http2.Setting
		limits   string
		provoke  func(g *gateway, w wish)
	}{
		"first": {hundred, "", func(g *gateway, w wish) {
			w.get("/open")
			g.openedFor("first")
		}},
		"slots": {func(int) []http2.Setting { return []http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: 1}} }, "", func(g *gateway, w wish) {
			w.get("/open")
			w.get("/open")
			g.openedFor("first", "slots")
		}},
		"ping": {hundred, "limits: {ping_after: 1s, ping_timeout: 10m}", func(g *gateway, w wish) {
			w.get("/mute")
			eventually(t, "an answer on another connection", func() (bool, string) {
				quick := wish{w.t, &http.Client{Transport: w.http.Transport, Timeout: 500 * time.Millisecond}, w.base}
				resp, err := quick.http.Do(quick.request("/end"))
				if err != nil {
					return false, err.Error()
				}
				_ = resp.Body.Close()
				return resp.StatusCode == 200, resp.Status
			})
			g.openedFor("first", "ping")
		}},
		"goaway": {hundred, "", func(g *gateway, w wish) {
			w.get("/goaway")
			w.get("/open")
			g.openedFor("first", "goaway")
		}},
		"lost": {hundred, "", func(g *gateway, w wish) {
			w.get("/close")
			g.openedFor()
			w.get("/open")
			g.openedFor("lost")
		}},
		"idle": {hundred, "limits: {idle_connection_timeout: 1s}", func(g *gateway, w wish) {
			w.get("/end")
			g.openedFor()
			w.get("/open")
			g.openedFor("idle")
		}},
		"retry": {func(n int) []http2.Setting {
			if n == 0 {
				return nil
			}
			return hundred(n)
		}, "", func(g *gateway, w wish) {
			eventually(t, "a response after the back-off", func() (bool, string) {
				status := w.get("/open")
				return status == 200, fmt.Sprint(status)
			})
			g.openedFor("retry")
		}},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			d := startDirected(t, c.settings)
			// One worker, because each has connections of its own.
			g := startGateway(t, plainConfig(d.address, c.limits), gatewayOptions{env: []string{"GOMAXPROCS=1"}})
			c.provoke(g, wish{t, newClient(t), "http://" + g.address["edge"]})
		})
	}
}

// A stream of /streams leads to both of its connections.
func TestConnectionsAreListedWithTheirState(t *testing.T) {
	t.Parallel()
	d := startDirected(t, func(int) []http2.Setting {
		return []http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: 7}}
	})
	g := startGateway(t, plainConfig(d.address), gatewayOptions{env: []string{"GOMAXPROCS=1"}})
	base := "http://" + g.address["edge"]
	wish{t, newClient(t), base}.get("/open")
	wish{t, newHTTP1Client(t), base}.get("/open")

	up := g.openedFor("first")[0]
	if up.Upstream != "origin" || up.Endpoint != d.address || up.Peer != d.address || up.Listener != "" || up.Protocol != "h2" || up.TLS ||
		up.Streams != 2 || up.StreamsOpened != 2 || up.PeerMaxStreams != 7 || up.SendWindow != 65535 || up.ReceiveWindow < 65535 || up.BufferedBytes != 0 {
		t.Errorf("to the endpoint: %+v", up)
	}
	eventually(t, "the age and the time of a round trip", func() (bool, string) {
		up = g.connections("upstream")[0]
		return up.AgeSeconds > 0 && up.RTTSeconds > 0, fmt.Sprint(up)
	})
	down := g.connections("downstream")
	byProtocol := make(map[string]connection)
	for _, c := range down {
		byProtocol[c.Protocol] = c
		if c.Listener != "edge" || c.Upstream+c.Endpoint+c.OpenedFor != "" || c.Streams != 1 || !strings.HasPrefix(c.Peer, "127.0.0.1:") {
			t.Errorf("of a client: %+v", c)
		}
	}
	if h2, h1 := byProtocol["h2"], byProtocol["http/1.1"]; len(down) != 2 || h2.StreamsOpened != 1 || h2.PeerMaxStreams == 1 || h2.SendWindow <= 0 ||
		h1.PeerMaxStreams != 1 || h1.SendWindow != 0 || h1.ReceiveWindow != 0 {
		t.Errorf("of the clients: %+v", down)
	}

	var streams []map[string]any
	g.adminJSON("/streams", &streams)
	if len(streams) != 2 {
		t.Fatalf("%d streams, want 2", len(streams))
	}
	for _, s := range streams {
		if c := byProtocol[s["protocol"].(string)]; s["connection"] != float64(c.ID) || s["upstream_connection"] != float64(up.ID) {
			t.Errorf("the stream over %v: connection %v, upstream connection %v; want %d and %d", s["protocol"], s["connection"], s["upstream_connection"], c.ID, up.ID)
		}
	}
}

// What went wrong is told by connection, so that one bad connection of many to an
// endpoint is found.
func TestConnectionsCountTheirAttempts(t *testing.T) {
	t.Parallel()
	d := startDirected(t, func(int) []http2.Setting { return []http2.Setting{} })
	g := startGateway(t, plainConfig(d.address), gatewayOptions{env: []string{"GOMAXPROCS=1"}})
	w := wish{t, newClient(t), "http://" + g.address["edge"]}
	for path, want := range map[string]int{"/end": 200, "/fail": 503, "/open": 200} {
		if status := w.get(path); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	eventually(t, "two attempts that ended, one of them a failure", func() (bool, string) {
		page, _ := g.adminGet("/connections", "")
		up := g.connections("upstream")
		if len(up) != 1 || up[0].Attempts == nil {
			return false, page
		}
		a, sum := up[0].Attempts, uint64(0)
		for _, n := range a.Duration.BucketCounts {
			sum += n
		}
		ok := a.Ended == 2 && a.Failed == 1 && sum == 2 && len(a.Duration.BucketCounts) == len(a.Duration.ExplicitBounds)+1
		return ok, page
	})
	for _, c := range g.connections("downstream") {
		if c.Attempts != nil {
			t.Errorf("of a client: %+v", c)
		}
	}
}

// What there is no connection for, or net/http has, is told apart from the rest.
func TestStreamsWithoutAnUpstreamConnection(t *testing.T) {
	t.Parallel()
	o := startOrigin(t, nil)
	g := startGateway(t, strings.Replace(plainConfig(o.address), "protocol: h2c", "protocol: http1", 1))
	w := wish{t, newClient(t), "http://" + g.address["edge"]}
	w.leave("/hang")
	eventually(t, "the stream", func() (bool, string) {
		var streams []map[string]any
		g.adminJSON("/streams", &streams)
		return o.hanging.Load() == 1 && len(streams) == 1 && streams[0]["upstream_connection"] == 0.0, fmt.Sprint(streams)
	})
	if up := g.connections("upstream"); len(up) != 0 {
		t.Errorf("net/http's connections are listed: %+v", up)
	}
}
