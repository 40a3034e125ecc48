package h2load

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
)

const said = `starting benchmark...
TLS Protocol: TLSv1.3
Cipher: TLS_AES_128_GCM_SHA256
Application protocol: h2
progress: 100% done

finished in 1.96ms, 5099.44 req/s, 834.14KB/s
requests: 12 total, 12 started, 12 done, 10 succeeded, 2 failed, 0 errored, 0 timeout
status codes: 9 2xx, 0 3xx, 1 4xx, 0 5xx
`

func TestSummaryIsRead(t *testing.T) {
	s, err := parse(said)
	if want := (summary{succeeded: 10, ok: 9, cipher: Cipher}); err != nil || s != want {
		t.Errorf("got %+v, %v, want %+v", s, err, want)
	}
}

func TestOutputWithoutSummaryIsShown(t *testing.T) {
	if _, err := parse("could not connect\n"); err == nil || !strings.Contains(err.Error(), "could not connect") {
		t.Errorf("got %v", err)
	}
}

func TestArgumentsAreTheLoad(t *testing.T) {
	got := strings.Join(Options{
		URL: "http://127.0.0.1:1/", Requests: 7, Connections: 2, Streams: 3,
		Fields: []plan.Field{{Name: "te", Value: "trailers"}}, Body: "body", Log: "log",
	}.args(), " ")
	if want := "-t1 -n 7 -c 2 -m 3 --tls13-ciphers=" + Cipher + " -H te: trailers -d body --log-file=log http://127.0.0.1:1/"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestUnreachableServerIsAnError(t *testing.T) {
	// Port 1 is below those that the system hands out.
	err := Run(t.Context(), Options{URL: "http://127.0.0.1:1/", Requests: 1, Connections: 1, Streams: 1})
	if err == nil || !strings.Contains(err.Error(), "h2load") {
		t.Errorf("got %v", err)
	}
}

func TestMedianLatency(t *testing.T) {
	for _, c := range []struct {
		log     string
		want    time.Duration
		problem string
	}{
		{"1\t200\t30\n2\t200\t10\n3\t200\t20\n", 20 * time.Microsecond, ""},
		{"1\t200\t30\n2\t200\t10\n", 20 * time.Microsecond, ""},
		{"", 0, "no requests"},
		{"1\t200\n", 0, ":1:"},
		{"1\t200\t5\n1\t200\tmany\n", 0, ":2:"},
	} {
		file := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(file, []byte(c.log), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := MedianLatency(file)
		if c.problem == "" && (err != nil || got != c.want) {
			t.Errorf("%q: %v, %v", c.log, got, err)
		}
		if c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)) {
			t.Errorf("%q: %v lacks %q", c.log, err, c.problem)
		}
	}
}
