package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hopscope/hopscope/gateway/event"
)

// noon is the gateway's clock in these tests.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func sample() []event.StreamInfo {
	return []event.StreamInfo{
		{
			ID: 1, Connection: 7, Listener: "edge", Protocol: "h2c", Route: "users", Method: "POST", Upstream: "users",
			Endpoint: "127.0.0.1:9001", AgeSeconds: 0.25, BytesRead: 12, BytesWritten: 2048,
			Downstream: &event.Windows{Send: 65535, ConnectionSend: 1 << 20}, Upstreamside: &event.Windows{Send: 1 << 20, ConnectionSend: 99},
		},
		{
			ID: 305, Connection: 1234567, Route: "a-route-with-a-long-name", Method: "OPTIONS", Upstream: "orders",
			Endpoint: "orders-7.default.svc.cluster.local:9001", AgeSeconds: 7300, BytesRead: 5 << 30, BytesWritten: 1 << 40,
			Downstream: &event.Windows{Send: -12, ConnectionSend: 5}, Upstreamside: &event.Windows{},
			Stall: &event.StallInfo{Side: "downstream", Scope: "connection", Since: noon.Add(-95 * time.Second)}, Buffered: 65536,
		},
		{
			Connection: 9, Route: "", Method: "GET\x1b[31m", AgeSeconds: 42,
			Stall: &event.StallInfo{Side: "upstream", Scope: "stream", Since: noon.Add(-3 * time.Second)},
		},
	}
}

// admin serves body as /streams.
func admin(t *testing.T, body func() any) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/streams" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Date", noon.Format(http.TimeFormat))
		json.NewEncoder(w).Encode(body())
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func render(width, height int, sortBy string) string {
	var b bytes.Buffer
	t := table{now: noon, width: width, height: height, title: "gw:9901  12:00:00", sortBy: sortBy}
	t.streams = selectStreams(sample(), "", sortOrders()[sortBy])
	t.render(&b)
	return b.String()
}

func TestTableIsReadableOnEightyColumns(t *testing.T) {
	want := strings.TrimPrefix(`
gw:9901  12:00:00  3 streams, 2 stalled, by age
STREAM   ROUTE    METHOD ENDPOINT         AGE  READ WROTE  CWIN  UWIN STALL
…567/305 a-route… OPTIO… …er.local:9001    2h  5.0G  1.0T   -12     0 DOWN 1m35
9/0      -        GET?[… -                42s     0     0     -     - up 3s
7/1      users    POST   127.0.0.1:9001 250ms    12  2.0K   64K    99
`, "\n")
	if got := render(80, 0, "age"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestTableUsesTheRoomThatThereIs(t *testing.T) {
	want := strings.TrimPrefix(`
gw:9901  12:00:00  3 streams, 2 stalled, by stall
STREAM      ROUTE                    METHOD   ENDPOINT                                  AGE  READ WROTE  CWIN  UWIN  BUFF STALL
1234567/305 a-route-with-a-long-name OPTIONS  orders-7.default.svc.cluster.local:9001    2h  5.0G  1.0T   -12     0   64K DOWN 1m35
9/0         -                        GET?[31m -                                         42s     0     0     -     -     0 up 3s
7/1         users                    POST     127.0.0.1:9001                          250ms    12  2.0K   64K    99     0
`, "\n")
	if got := render(140, 0, "stall"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestNoLineIsWiderThanTheScreen(t *testing.T) {
	for _, sortBy := range sortNames() {
		for width := 1; width < 150; width++ {
			for line := range strings.SplitSeq(render(width, 5, sortBy), "\n") {
				if n := utf8.RuneCountInString(line); n > width {
					t.Fatalf("sorted by %s: %d columns on a screen of %d: %s", sortBy, n, width, line)
				}
			}
		}
	}
}

func TestRowsBeyondTheScreenAreCounted(t *testing.T) {
	got := render(80, 6, "age")
	if !strings.HasSuffix(got, "\n… and 1 more\n") || strings.Count(got, "\n") != 5 {
		t.Errorf("got\n%swant two rows and the number of the rest", got)
	}
}

func TestBufferedBytesAreShownWhenSortedByThem(t *testing.T) {
	got := render(80, 0, "buffered")
	if !strings.Contains(got, " BUFF ") || !strings.Contains(got, " 64K DOWN") {
		t.Errorf("got\n%s", got)
	}
}

func TestSizesAndDurationsFitFiveCharacters(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1.0K", 1023: "1.0K", 10188: "9.9K", 10189: "10K", 1023_000: "999K", 1 << 20: "1.0M",
		-12: "-12", -2147483647: "-2G", 1<<63 - 1: "8.0E", -1 << 63: "-8E",
	} {
		if got := size(n); got != want || len(got) > 5 {
			t.Errorf("size(%d): got %q, want %q", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0ms", 999 * time.Millisecond: "999ms", 59 * time.Second: "59s", 61 * time.Second: "1m01",
		10 * time.Minute: "10m", 100 * time.Minute: "1h", 99 * time.Hour: "99h", 100 * time.Hour: "4d", 1<<63 - 1: "106751d",
	} {
		if got := duration(d); got != want {
			t.Errorf("duration(%d): got %q, want %q", d, got, want)
		}
	}
}

func TestStreamsOnceShowsOneRoute(t *testing.T) {
	url := admin(t, func() any { return sample() })
	code, stdout, stderr := call("streams", "--admin", strings.TrimPrefix(url, "http://"), "--once", "--route", "users")
	if code != exitOK || !strings.Contains(stdout, "1 stream, 0 stalled") || !strings.Contains(stdout, "7/1") || strings.Contains(stdout, "305") {
		t.Errorf("code %d, stdout\n%sstderr %s", code, stdout, stderr)
	}
}

func TestStreamsAsJSONKeepsEveryField(t *testing.T) {
	url := admin(t, func() any { return sample() })
	code, stdout, stderr := call("streams", "--admin", url, "--once", "--json", "--sort", "written")
	var got []event.StreamInfo
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitOK || strings.Count(stdout, "\n") != 1 {
		t.Fatalf("code %d, %v, stdout %q, stderr %q", code, err, stdout, stderr)
	}
	if len(got) != 3 || got[0].ID != 305 || got[0].Stall == nil || got[0].Downstream.Send != -12 || got[2].ID != 0 {
		t.Errorf("got %+v, want all three, the most written first", got)
	}
}

func TestNoStreamsAreAnEmptyArray(t *testing.T) {
	url := admin(t, func() any { return nil })
	if code, stdout, _ := call("streams", "--admin", url, "--once", "--json"); code != exitOK || stdout != "[]\n" {
		t.Errorf("code %d, stdout %q; want []", code, stdout)
	}
}

func TestStreamsNamesWhatIsWrong(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	notAdmin := httptest.NewServer(http.NotFoundHandler())
	defer notAdmin.Close()
	notJSON := admin(t, func() any { return "ready" })
	for url, want := range map[string]string{
		closed.URL:   "is the gateway running, and is --admin right?",
		notAdmin.URL: "answered 404 Not Found; is it a gateway's admin server?",
		notJSON:      "did not answer with a list of streams",
	} {
		code, stdout, stderr := call("streams", "--admin", url, "--once")
		if code != exitFailure || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("code %d, stdout %q, stderr %q; want code 1 and %q", code, stdout, stderr, want)
		}
	}
}

func TestLiveViewOutlivesARestart(t *testing.T) {
	answers := make(chan any, 3)
	answers <- sample()
	answers <- "restarting"
	answers <- []event.StreamInfo{}
	client, err := (&adminFlags{url: admin(t, func() any { return <-answers })}).client()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	tick := make(chan time.Time, 2)
	tick <- noon
	tick <- noon
	var shown frames
	shown.after = func(n int) {
		if n == 3 {
			cancel()
		}
	}
	v := streamsView{client: client, order: sortOrders()["age"], sortBy: "age", out: &shown}
	if err := v.run(ctx, false, tick); err != nil {
		t.Fatal(err)
	}
	if len(shown.list) != 3 || !strings.Contains(shown.list[0], "3 streams") ||
		!strings.Contains(shown.list[1], "trying again") || !strings.Contains(shown.list[2], "0 streams") {
		t.Errorf("shown: %q", shown.list)
	}
}

// frames keeps what is written, and tells how many writes there were.
type frames struct {
	list  []string
	after func(n int)
}

func (f *frames) Write(p []byte) (int, error) {
	f.list = append(f.list, string(p))
	f.after(len(f.list))
	return len(p), nil
}

func TestTerminalFramesReplaceOneAnother(t *testing.T) {
	term := &terminal{}
	if got, want := string(term.frame([]byte("a\nb\n"))), "\x1b[H\x1b[2Ja\x1b[K\nb\x1b[K\n\x1b[J"; got != want {
		t.Errorf("first frame: got %q, want %q", got, want)
	}
	if got, want := string(term.frame([]byte("c\n"))), "\x1b[Hc\x1b[K\n\x1b[J"; got != want {
		t.Errorf("second frame: got %q, want %q", got, want)
	}
}
