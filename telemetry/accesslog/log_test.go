package accesslog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/accesslog"
)

const start = event.Time(1_800_000_000_000_000_000)

func exchange() *event.Exchange {
	users := &event.UpstreamName{Name: "users"}
	return &event.Exchange{
		Listener: &event.Listener{Name: "edge"}, Conn: &event.Conn{ID: 7, Peer: "192.0.2.1:5000"}, StreamID: 3,
		Route: &event.Route{Name: "api", Upstream: users}, Method: "POST", GRPC: true, GRPCStatus: 14,
		Attempts: 2, Attempt: event.Attempt{Endpoint: &event.Endpoint{Upstream: users, Address: "10.0.0.1:80"}},
		Begin: start, FirstByte: start.Add(5 * time.Millisecond), Finished: start.Add(1500 * time.Millisecond),
		Status: 200, RequestBytes: 10, ResponseBytes: 20, Messages: [2]uint64{1, 2},
		Stalled: [event.NumSides][event.NumScopes]time.Duration{event.Downstream: {time.Second, time.Millisecond}},
		Reason:  event.EndUpstreamReset, Origin: event.ByUpstream, Code: 8,
		Trace: event.Trace{ID: [16]byte{0xab}, Span: [8]byte{0xcd}, Sampled: true},
	}
}

// never is the offset of a wall clock that nobody sets.
func never() time.Duration { return 0 }

// lines returns what a log of that mode writes about exchanges.
func lines(t *testing.T, m accesslog.Mode, list ...*event.Exchange) string {
	t.Helper()
	var out bytes.Buffer
	l := accesslog.New(&out, m, never)
	for _, x := range list {
		l.End(x)
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestALineTellsWhatTheRecordHolds(t *testing.T) {
	var got map[string]any
	line := lines(t, accesslog.All, exchange())
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	want := map[string]any{
		"time": "2027-01-15T08:00:01.500000Z", "msg": "access", "listener": "edge", "protocol": "h2",
		"peer": "192.0.2.1:5000", "connection": 7.0, "stream": 3.0, "method": "POST", "route": "api",
		"upstream": "users", "endpoint": "10.0.0.1:80", "attempts": 2.0, "status": 200.0, "grpc_status": 14.0,
		"request_bytes": 10.0, "response_bytes": 20.0, "messages_read": 1.0, "messages_written": 2.0,
		"duration_seconds": 1.5, "time_to_first_byte_seconds": 0.005, "stalled_downstream_seconds": 1.001,
		"end_reason": "upstream_reset", "end_origin": "upstream", "reset_code": "CANCEL",
		"trace_id": "ab" + strings.Repeat("0", 30), "span_id": "cd" + strings.Repeat("0", 14), "sampled": true,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestWhatThereIsNotIsLeftOut(t *testing.T) {
	line := lines(t, accesslog.All, &event.Exchange{Listener: &event.Listener{Name: "edge"}, Proto: event.HTTP1, GRPCStatus: -1, Method: "GET"})
	for _, key := range []string{"route", "endpoint", "peer", `"status`, "grpc", "stalled", "reset", "time_to", "stream"} {
		if strings.Contains(line, key) {
			t.Errorf("%s is in %s", key, line)
		}
	}
}

func TestModesChooseTheLines(t *testing.T) {
	fine, failed := exchange(), exchange()
	fine.GRPCStatus, fine.Reason = 0, event.EndCompleted
	for m, want := range map[accesslog.Mode]int{accesslog.Off: 0, accesslog.Errors: 1, accesslog.All: 2} {
		if n := strings.Count(lines(t, m, fine, failed), "\n"); n != want {
			t.Errorf("mode %d: %d lines; want %d", m, n, want)
		}
	}
	if _, err := accesslog.ParseMode("loud"); err == nil || err.Error() != `log.access: want off, errors or all, got "loud"` {
		t.Errorf("got %v", err)
	}
}

func TestNamesCannotBreakALine(t *testing.T) {
	x := exchange()
	for _, name := range []string{"a\"b\\c\n\x00\u2028\U0001F600", "\xff\xfe", "\x7f"} {
		x.Route.Name = name
		line := lines(t, accesslog.All, x)
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil || strings.Count(line, "\n") != 1 {
			t.Fatalf("%q: %v", line, err)
		}
		if want := strings.ToValidUTF8(strings.ReplaceAll(name, "\xff\xfe", "\ufffd\ufffd"), "\ufffd"); got["route"] != want {
			t.Errorf("got %q; want %q", got["route"], want)
		}
	}
}

// gate is a writer that takes nothing until it is opened.
type gate struct {
	entered chan struct{}
	open    chan struct{}
	n       int
}

func (g *gate) Write(b []byte) (int, error) {
	if g.n == 0 {
		close(g.entered)
	}
	<-g.open
	g.n += bytes.Count(b, []byte("\n"))
	return len(b), nil
}

func TestAWriterThatBlocksHoldsNobodyAndLostLinesAreCounted(t *testing.T) {
	g := &gate{entered: make(chan struct{}), open: make(chan struct{})}
	l := accesslog.New(g, accesslog.All, never)
	x := exchange()
	l.End(x)
	<-g.entered
	const lines = 20_000
	for range lines - 1 {
		l.End(x)
	}
	dropped := l.Dropped()
	if dropped == 0 {
		t.Error("nothing was dropped")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Close says %v", err)
	}
	close(g.open)
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if uint64(g.n)+dropped != lines {
		t.Errorf("%d written and %d dropped of %d", g.n, dropped, lines)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestLinesThatCannotBeWrittenAreCounted(t *testing.T) {
	l := accesslog.New(broken{}, accesslog.All, never)
	l.End(exchange())
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := l.Dropped(); n != 1 {
		t.Errorf("%d dropped; want 1", n)
	}
}

// A wall clock that is set while the gateway runs shows in the next line; what was
// measured does not change.
func TestTimeFollowsTheWallClock(t *testing.T) {
	var set time.Duration
	var out bytes.Buffer
	l := accesslog.New(&out, accesslog.All, func() time.Duration { return set })
	l.End(exchange())
	set = -time.Hour
	l.End(exchange())
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"2027-01-15T08:00:01.500000Z", "2027-01-15T07:00:01.500000Z"} {
		line, err := out.ReadString('\n')
		if err != nil || !strings.Contains(line, `"time":"`+want+`"`) || !strings.Contains(line, `"duration_seconds":1.500000`) {
			t.Errorf("line %d: %s, %v; want %s", i, line, err, want)
		}
	}
}
