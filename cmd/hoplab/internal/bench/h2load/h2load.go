package h2load

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
)

// Cipher is the only cipher suite that is offered over TLS, so that every server
// pays for the same.
const Cipher = "TLS_AES_128_GCM_SHA256"

// Options is a load.
type Options struct {
	URL         string // http with prior knowledge, or https
	Requests    int
	Connections int
	Streams     int // at a time on each connection
	Fields      []plan.Field
	Body        string // file that each request sends; "": none, and GET
	Log         string // file that takes a line for each request; "": none
	CPU         []int  // where it may run; nil: anywhere
}

func (o Options) args() []string {
	args := []string{
		"-t1", "-n", strconv.Itoa(o.Requests), "-c", strconv.Itoa(o.Connections), "-m", strconv.Itoa(o.Streams),
		"--tls13-ciphers=" + Cipher,
	}
	for _, f := range o.Fields {
		args = append(args, "-H", f.Name+": "+f.Value)
	}
	if o.Body != "" {
		args = append(args, "-d", o.Body)
	}
	if o.Log != "" {
		args = append(args, "--log-file="+o.Log)
	}
	return append(args, o.URL)
}

// Run sends the load and returns how long it took. A request that is not
// answered with 2xx is an error.
func Run(ctx context.Context, o Options) (time.Duration, error) {
	out, err := proc.Output(ctx, proc.Command{Path: "h2load", Args: o.args(), CPU: o.CPU})
	if err != nil {
		return 0, err
	}
	s, err := parse(out)
	if err != nil {
		return 0, err
	}
	if s.succeeded != o.Requests || s.ok != o.Requests {
		return 0, fmt.Errorf("h2load: of %d requests %d ended and %d were answered with 2xx:\n%s", o.Requests, s.succeeded, s.ok, indent(out))
	}
	if strings.HasPrefix(o.URL, "https:") && s.cipher != Cipher {
		return 0, fmt.Errorf("h2load: the cipher is %q, want %s", s.cipher, Cipher)
	}
	return s.elapsed, nil
}

// summary is what h2load says at its end.
type summary struct {
	succeeded int // requests whose response ended
	ok        int // with a status of 2xx
	elapsed   time.Duration
	cipher    string // "" without TLS
}

var (
	finished  = regexp.MustCompile(`(?m)^finished in ([0-9.]+)(us|ms|s|m|h)\b`)
	succeeded = regexp.MustCompile(`(?m)^requests: .*\b(\d+) succeeded\b`)
	status2xx = regexp.MustCompile(`(?m)^status codes: (\d+) 2xx\b`)
	cipher    = regexp.MustCompile(`(?m)^Cipher: (\S+)`)
)

func parse(out string) (summary, error) {
	var s summary
	took, ended, ok := finished.FindStringSubmatch(out), succeeded.FindStringSubmatch(out), status2xx.FindStringSubmatch(out)
	if took == nil || ended == nil || ok == nil {
		return s, fmt.Errorf("h2load: no summary in what it says:\n%s", indent(out))
	}
	var errs [3]error
	s.elapsed, errs[0] = time.ParseDuration(took[1] + took[2])
	s.succeeded, errs[1] = strconv.Atoi(ended[1])
	s.ok, errs[2] = strconv.Atoi(ok[1])
	if c := cipher.FindStringSubmatch(out); c != nil {
		s.cipher = c[1]
	}
	return s, errors.Join(errs[:]...)
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ")
}
