package hostile

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/raw"
)

func TestAttacksAreBoundedAndTellable(t *testing.T) {
	ids, titles := map[string]bool{}, map[string]bool{}
	for _, a := range Attacks() {
		if ids[a.ID] || titles[a.Title] || a.ID == "" || a.Title == "" {
			t.Errorf("%q, %q: twice or without a name", a.ID, a.Title)
		}
		ids[a.ID], titles[a.Title] = true, true
		if a.Connections < 1 || a.Connections > 2000 || a.Rate < 0 || a.Rate > floodRate || a.Lasts > 15*time.Second {
			t.Errorf("%s is not bounded: %+v", a.ID, a)
		}
		if (a.Step == nil) != (a.Rate == 0) {
			t.Errorf("%s: a step needs a rate", a.ID)
		}
		if (len(a.Right) == 0) == (a.Bound == "") {
			t.Errorf("%s ends rightly in %v, or in %q", a.ID, a.Right, a.Bound)
		}
		if f, ok := Find(a.ID); !ok || f.Title != a.Title {
			t.Errorf("%s is not found", a.ID)
		}
	}
	if _, ok := Find("smurf"); ok {
		t.Error("found smurf")
	}
}

// server is one that answers the preface and then does what serve does.
func server(t *testing.T, serve func(nc net.Conn, f *http2.Framer)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			done.Go(func() {
				defer nc.Close()
				if _, err := io.ReadFull(nc, make([]byte, len(http2.ClientPreface))); err != nil {
					return
				}
				f := http2.NewFramer(nc, nc)
				f.AllowIllegalReads = true
				if f.WriteSettings() == nil {
					serve(nc, f)
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		done.Wait()
	})
	return l.Addr().String()
}

// await reads n frames of a type.
func await(f *http2.Framer, kind http2.FrameType, n int) {
	for n > 0 {
		frame, err := f.ReadFrame()
		if err != nil {
			return
		}
		if frame.Header().Type == kind {
			n--
		}
	}
}

// attackUntil attacks, for longer each time, until the outcome is as it should be:
// how long that takes depends on the machine. It returns the last outcome.
func attackUntil(t *testing.T, a Attack, addr string, done func(Outcome) bool) (out Outcome) {
	t.Helper()
	for length := 250 * time.Millisecond; length < 10*time.Second; length *= 2 {
		if out = attackOnce(t, a, addr, length); done(out) {
			break
		}
	}
	return out
}

// attackOnce attacks for a while.
func attackOnce(t *testing.T, a Attack, addr string, length time.Duration) Outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stop := make(chan struct{})
	defer time.AfterFunc(length, func() { close(stop) }).Stop()
	out := a.Run(ctx, addr, stop)
	if ctx.Err() != nil {
		t.Error("it does not stop")
	}
	return out
}

func TestOutcomeTellsHowTheAttackerWasEnded(t *testing.T) {
	for _, c := range []struct {
		name  string
		serve func(nc net.Conn, f *http2.Framer)
		want  string
		ended bool
	}{
		{"GOAWAY", func(_ net.Conn, f *http2.Framer) {
			await(f, http2.FrameRSTStream, 3)
			_ = f.WriteRSTStream(1, http2.ErrCodeProtocol)
			_ = f.WriteGoAway(5, http2.ErrCodeEnhanceYourCalm, []byte("too many resets"))
		}, "GOAWAY ENHANCE_YOUR_CALM", true},
		{"closed", func(_ net.Conn, f *http2.Framer) { await(f, http2.FrameRSTStream, 3) }, "closed", true},
		{"reset", func(nc net.Conn, f *http2.Framer) {
			await(f, http2.FrameRSTStream, 3)
			_ = f.WriteRSTStream(1, http2.ErrCodeRefusedStream)
			_, _ = io.Copy(io.Discard, nc)
		}, "RST_STREAM REFUSED_STREAM", false},
		{"nothing", func(nc net.Conn, _ *http2.Framer) { _, _ = io.Copy(io.Discard, nc) }, "not ended", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, _ := Find("rapid-reset")
			right := func(out Outcome) bool {
				return out.End.String() == c.want && (out.Ended > 0) == c.ended && c.ended == (out.Connections > 1) &&
					out.Steps >= 3 && out.Bytes >= 3*13
			}
			if out := attackUntil(t, a, server(t, c.serve), right); !right(out) {
				t.Errorf("%s: %+v", out.End, out)
			}
		})
	}
}

// Who does not read finds out at the end what the server has said.
func TestAttackerThatDoesNotReadIsToldInTheEnd(t *testing.T) {
	a, _ := Find("slow-read")
	a.Connections = 2
	addr := server(t, func(nc net.Conn, f *http2.Framer) {
		await(f, http2.FrameHeaders, 20)
		for range 20 {
			_ = f.WriteData(1, false, make([]byte, 1000))
		}
		_ = f.WriteRSTStream(1, http2.ErrCodeCancel)
		_, _ = io.Copy(io.Discard, nc)
	})
	right := func(out Outcome) bool { return out.End.String() == "RST_STREAM CANCEL" && out.Ended == 0 }
	if out := attackUntil(t, a, addr, right); !right(out) {
		t.Errorf("%s: %+v", out.End, out)
	}
}

// A server that reads nothing must not hold the attacker up for longer than the
// attack lasts.
func TestAttackOnAServerThatDoesNotReadEnds(t *testing.T) {
	quit := make(chan struct{})
	addr := server(t, func(net.Conn, *http2.Framer) { <-quit })
	t.Cleanup(func() { close(quit) }) // before the server's
	a, _ := Find("continuation")
	a.Rate = 1_000_000
	if out := attackOnce(t, a, addr, 200*time.Millisecond); out.End.How != NotEnded {
		t.Errorf("%s", out.End)
	}
}

func TestAttackerKeepsToItsRate(t *testing.T) {
	addr := server(t, func(nc net.Conn, _ *http2.Framer) { _, _ = io.Copy(io.Discard, nc) })
	a, _ := Find("ping")
	a.Rate, a.Connections = 2000, 4
	begin := time.Now()
	out := attackUntil(t, a, addr, func(out Outcome) bool {
		if most := int64(2000*time.Since(begin).Seconds()) + 20; out.Steps > most {
			t.Errorf("%d steps, want at most %d", out.Steps, most)
		}
		begin = time.Now()
		return out.Steps >= 20
	})
	if out.Steps < 20 {
		t.Errorf("%d steps", out.Steps)
	}
}

func TestBombsAreWhatTheySay(t *testing.T) {
	fields, bytes := 0, 0
	d := hpack.NewDecoder(4096, func(f hpack.HeaderField) {
		fields++
		bytes += int(f.Size())
	})
	c := newConn(nil)
	if _, err := d.Write(c.request("GET", "/", "x-bomb", strings.Repeat("b", tableEntry))); err != nil {
		t.Fatal(err)
	}
	fields, bytes = 0, 0
	block := references(12_000)
	if _, err := d.Write(block); err != nil {
		t.Fatal(err)
	}
	if fields != 12_004 || bytes < 12_000*4096 || len(block) > maxFrame {
		t.Errorf("a block of %d bytes is %d fields of %d bytes", len(block), fields, bytes)
	}
}

func TestEachFormThatSmugglesDiffersFromAGoodRequest(t *testing.T) {
	good := []string{":method", "GET", ":scheme", "http", ":path", raw.Marked, ":authority", authority}
	seen := map[string]bool{strings.Join(good, "|"): true}
	for _, form := range smuggled() {
		if len(form)%2 != 0 || seen[strings.Join(form, "|")] {
			t.Errorf("%q", form)
		}
		seen[strings.Join(form, "|")] = true
	}
}
