package h2load

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

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

// Run sends the load and returns once all is answered. A request that is not
// answered with 2xx is an error, and so is another cipher than Cipher.
func Run(ctx context.Context, o Options) error {
	out, err := proc.Output(ctx, proc.Command{Path: "h2load", Args: o.args(), CPU: o.CPU})
	if err != nil {
		return err
	}
	s, err := parse(out)
	if err != nil {
		return err
	}
	if s.succeeded != o.Requests || s.ok != o.Requests {
		return fmt.Errorf("h2load: of %d requests %d ended and %d were answered with 2xx:\n%s", o.Requests, s.succeeded, s.ok, indent(out))
	}
	if strings.HasPrefix(o.URL, "https:") && s.cipher != Cipher {
		return fmt.Errorf("h2load: the cipher is %q, want %s", s.cipher, Cipher)
	}
	return nil
}

// summary is what h2load says at its end.
type summary struct {
	succeeded int    // requests whose response ended
	ok        int    // with a status of 2xx
	cipher    string // "" without TLS
}

var (
	succeeded = regexp.MustCompile(`(?m)^requests: .*\b(\d+) succeeded\b`)
	status2xx = regexp.MustCompile(`(?m)^status codes: (\d+) 2xx\b`)
	cipher    = regexp.MustCompile(`(?m)^Cipher: (\S+)`)
)

func parse(out string) (summary, error) {
	var s summary
	ended, ok := succeeded.FindStringSubmatch(out), status2xx.FindStringSubmatch(out)
	if ended == nil || ok == nil {
		return s, fmt.Errorf("h2load: no summary in what it says:\n%s", indent(out))
	}
	var errs [2]error
	s.succeeded, errs[0] = strconv.Atoi(ended[1])
	s.ok, errs[1] = strconv.Atoi(ok[1])
	if c := cipher.FindStringSubmatch(out); c != nil {
		s.cipher = c[1]
	}
	return s, errors.Join(errs[:]...)
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ")
}
