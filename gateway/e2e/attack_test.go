package e2e

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// attack is what a hostile client sends over and over, and how it has to end.
type attack struct {
	name  string
	first func(a *attacker)        // once, before the rest
	step  func(a *attacker, i int) // at most limit times
	limit int                      // by when the gateway must have ended it
	code  http2.ErrCode
	kind  string // of hopscope_malformed_total
	// served bounds the requests that reach the origin; 0: it does not.
	served int
}

// attacks are the rows of the table of known attacks that end the connection.
func attacks() []attack {
	calm := http2.ErrCodeEnhanceYourCalm
	return []attack{
		{
			name: "rapid reset", limit: 200, code: calm, kind: "too_many_resets", served: 101,
			step: func(a *attacker, i int) {
				a.headers(a.id(i), true, a.request("GET"))
				a.do(a.framer.WriteRSTStream(a.id(i), http2.ErrCodeCancel))
			},
		},
		{
			name: "resets that the gateway is made to send", limit: 200, code: calm, kind: "too_many_resets", served: 101,
			step: func(a *attacker, i int) {
				a.headers(a.id(i), false, a.request("POST"))
				a.do(a.framer.WriteRawFrame(http2.FrameWindowUpdate, 0, a.id(i), []byte{0, 0, 0, 0}))
			},
		},
		{
			name: "RST_STREAM flood on a stream that is over", limit: 1000, code: calm, kind: "too_many_resets", served: 1,
			first: func(a *attacker) { a.headers(1, true, a.request("GET")) },
			step:  func(a *attacker, _ int) { a.do(a.framer.WriteRSTStream(1, http2.ErrCodeCancel)) },
		},
		{
			name: "CONTINUATION flood", limit: 20, code: calm, kind: "too_many_fragments",
			first: func(a *attacker) {
				a.do(a.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: a.request("GET")}))
			},
			step: func(a *attacker, i int) {
				a.do(a.framer.WriteContinuation(1, false, a.block("x-filler", strings.Repeat("a", 1000))))
			},
		},
		{
			name: "empty CONTINUATION flood", limit: 20, code: calm, kind: "too_many_fragments",
			first: func(a *attacker) {
				a.do(a.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: a.request("GET")}))
			},
			step: func(a *attacker, i int) { a.do(a.framer.WriteContinuation(1, false, nil)) },
		},
		{
			name: "SETTINGS flood", limit: 400, code: calm, kind: "too_many_control_frames",
			step: func(a *attacker, _ int) { a.do(a.framer.WriteSettings()) },
		},
		{
			name: "SETTINGS with too many entries", limit: 1, code: calm, kind: "settings",
			step: func(a *attacker, _ int) {
				a.do(a.framer.WriteRawFrame(http2.FrameSettings, 0, 0, bytes.Repeat([]byte{0, 0x77, 0, 0, 0, 1}, 1000)))
			},
		},
		{
			name: "PING flood", limit: 1000, code: calm, kind: "too_many_control_frames",
			step: func(a *attacker, i int) { a.do(a.framer.WritePing(false, [8]byte{byte(i)})) },
		},
		{
			name: "PRIORITY flood", limit: 2000, code: calm, kind: "too_many_control_frames",
			step: func(a *attacker, i int) {
				a.do(a.framer.WritePriority(a.id(i), http2.PriorityParam{StreamDep: 0, Weight: byte(i)}))
			},
		},
		{
			name: "WINDOW_UPDATE flood", limit: 2000, code: calm, kind: "too_many_control_frames",
			step: func(a *attacker, _ int) { a.do(a.framer.WriteWindowUpdate(0, 1)) },
		},
		{
			name: "empty DATA flood", limit: 400, code: calm, kind: "empty_frames",
			first: func(a *attacker) { a.headers(1, false, a.request("POST")) },
			step:  func(a *attacker, _ int) { a.do(a.framer.WriteData(1, false, nil)) },
		},
		{
			name: "flood of malformed requests", limit: 200, code: calm, kind: "too_many_resets", served: 1,
			step: func(a *attacker, i int) {
				a.headers(a.id(i), true, a.block(":method", "GET", ":scheme", "http", ":path", a.path, ":authority", "user@host"))
			},
		},
		{
			name: "header bomb of references to one long field", limit: 1, code: calm, kind: "header_list_too_large",
			step: func(a *attacker, i int) {
				block := a.block(":method", "GET", ":scheme", "http", ":path", "/", ":authority", "victim.test", "x", strings.Repeat("v", 3000))
				a.headers(1, true, append(block, bytes.Repeat([]byte{0x80 | 62}, 10000)...))
			},
		},
		{
			name: "header bomb of cookie crumbs", limit: 1, code: calm, kind: "header_list_too_large",
			step: func(a *attacker, i int) {
				a.headers(1, true, append(a.request("GET"), bytes.Repeat([]byte{0x80 | 32}, 10000)...)) // cookie, empty
			},
		},
		{
			name: "flood of header lists that are a little too large", limit: 60, code: calm, kind: "header_list_too_large", served: 1,
			step: func(a *attacker, i int) {
				a.headers(a.id(i), true, append(a.request("GET"), a.block("x", strings.Repeat("v", 17000))...))
			},
		},
		{
			name: "data dribble", limit: 400, code: calm, kind: "too_many_control_frames",
			first: func(a *attacker) {
				a.do(a.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0}))
				a.headers(1, true, a.block(":method", "GET", ":scheme", "http", ":path", "/large?bytes=1000000", ":authority", "victim.test"))
				// Until bytes wait, a little credit is no dribble.
				a.do(a.framer.WriteWindowUpdate(1, 1))
				select {
				case <-a.served:
				case <-time.After(patience):
					a.t.Error("no byte of the response came")
				}
			},
			step: func(a *attacker, i int) { a.do(a.framer.WriteWindowUpdate(1, 1)) },
		},
		{
			name: "window overflow", limit: 2, code: http2.ErrCodeFlowControl, kind: "window_overflow",
			step: func(a *attacker, _ int) { a.do(a.framer.WriteWindowUpdate(0, 1<<31-1)) },
		},
		{
			name: "broken header compression", limit: 1, code: http2.ErrCodeCompression, kind: "header_block",
			step: func(a *attacker, _ int) { a.headers(1, true, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}) },
		},
	}
}

// An attacker is ended with the right code after a bounded number of frames,
// what it did is counted under its kind, and a client beside it loses nothing.
func TestAttackersAreEnded(t *testing.T) {
	o := startOrigin(t, nil)
	// Nothing is forgiven, so that an attacker may be as slow as the machine makes it.
	g := startGateway(t, plainConfig(o.address, "limits: {glitch_recovery: 0}"))
	host, port := g.hostPort("edge")
	address := net.JoinHostPort(host, port)
	for n, c := range attacks() {
		t.Run(c.name, func(t *testing.T) {
			page, _ := g.adminGet("/metrics", "")
			before, _ := metric(page, "hopscope_malformed_total", fmt.Sprintf("kind=%q", c.kind))
			stop := victim(t, "http://"+address+"/")
			a := newAttacker(t, address)
			a.path = fmt.Sprintf("/attacker/%d/hang", n) // no request comes to its end
			if c.first != nil {
				c.first(a)
			}
			for i := 0; i < c.limit && !a.over(); i++ {
				c.step(a, i)
			}
			code, ok := a.end()
			stop()
			if !ok || code != c.code {
				t.Errorf("ended with %v (GOAWAY: %v), want %v", code, ok, c.code)
			}
			if n := o.begunAt(a.path); c.served > 0 && n > c.served {
				t.Errorf("%d requests reached the origin, want at most %d", n, c.served)
			}
			page, _ = g.adminGet("/metrics", "")
			if after, _ := metric(page, "hopscope_malformed_total", fmt.Sprintf("kind=%q", c.kind)); after <= before {
				t.Errorf("%s was not counted", c.kind)
			}
		})
	}
}

// victim is an honest client that asks until it is stopped, by the test's end at
// the latest. No request of it may fail.
func victim(t *testing.T, url string) (stop func()) {
	client := newClient(t)
	quit := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		for {
			select {
			case <-quit:
				return
			default:
			}
			response, err := client.Get(url)
			if err != nil {
				t.Errorf("the victim: %v", err)
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			if response.StatusCode != http.StatusOK {
				t.Errorf("the victim: %s", response.Status)
				return
			}
		}
	})
	stop = sync.OnceFunc(func() {
		close(quit)
		done.Wait()
	})
	t.Cleanup(stop)
	return stop
}

// attacker is a hostile client at frame level. What it is sent is read beside.
type attacker struct {
	t       *testing.T
	conn    net.Conn
	framer  *http2.Framer
	path    string // that it asks for
	buf     bytes.Buffer
	encoder *hpack.Encoder
	ended   chan struct{} // closed when the gateway has ended the connection
	code    http2.ErrCode // of its GOAWAY; valid after ended
	told    bool          // there was one
	reset   atomic.Uint32 // code of the last RST_STREAM

	served chan struct{} // closed with the first DATA
	failed error         // of a write
}

// newAttacker connects and reads.
func newAttacker(t *testing.T, address string) *attacker {
	t.Helper()
	a := dialAttacker(t, address)
	go a.read()
	return a
}

// dialAttacker connects and reads nothing.
func dialAttacker(t *testing.T, address string, settings ...http2.Setting) *attacker {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	a := &attacker{t: t, conn: c, framer: http2.NewFramer(c, c), path: "/", ended: make(chan struct{}), served: make(chan struct{})}
	a.framer.AllowIllegalWrites = true
	a.encoder = hpack.NewEncoder(&a.buf)
	if _, err := c.Write([]byte(http2.ClientPreface)); err != nil {
		t.Fatal(err)
	}
	a.do(a.framer.WriteSettings(settings...))
	return a
}

func (a *attacker) read() {
	defer close(a.ended)
	head, served := make([]byte, 9), false
	for {
		if _, err := io.ReadFull(a.conn, head); err != nil {
			return
		}
		payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(a.conn, payload); err != nil {
			return
		}
		if http2.FrameType(head[3]) == http2.FrameGoAway && len(payload) >= 8 {
			a.code, a.told = http2.ErrCode(binary.BigEndian.Uint32(payload[4:])), true
		}
		if http2.FrameType(head[3]) == http2.FrameData && !served {
			served = true
			close(a.served)
		}
		if http2.FrameType(head[3]) == http2.FrameRSTStream && len(payload) == 4 {
			a.reset.Store(binary.BigEndian.Uint32(payload))
		}
	}
}

func (a *attacker) over() bool {
	select {
	case <-a.ended:
		return true
	default:
		return a.failed != nil
	}
}

// end waits for the gateway to end the connection.
func (a *attacker) end() (code http2.ErrCode, ok bool) {
	<-a.ended
	return a.code, a.told
}

// do takes note of a write that failed: the gateway has closed the connection.
func (a *attacker) do(err error) {
	if err != nil {
		a.failed = errors.Join(a.failed, err)
	}
}

func (a *attacker) id(i int) uint32 { return uint32(2*i + 1) }

func (a *attacker) block(kv ...string) []byte {
	a.buf.Reset()
	for i := 0; i < len(kv); i += 2 {
		_ = a.encoder.WriteField(hpack.HeaderField{Name: kv[i], Value: kv[i+1]})
	}
	return bytes.Clone(a.buf.Bytes())
}

func (a *attacker) request(method string) []byte {
	return a.block(":method", method, ":scheme", "http", ":path", a.path, ":authority", "victim.test")
}

func (a *attacker) headers(id uint32, end bool, block []byte) {
	a.do(a.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block, EndHeaders: true, EndStream: end}))
}
