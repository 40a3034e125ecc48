package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"strings"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/place"
)

// comparison is the command line of what sets hopscope beside other proxies.
type comparison struct {
	*flags
	gateway  string // path of hopscope
	rounds   int
	quick    bool
	only, of string // lists with commas
	file     string // that takes the results; "" for none
}

func newComparison(name, help string) *comparison {
	c := &comparison{flags: newFlags(name, help)}
	c.StringVar(&c.gateway, "gateway", "", "`PATH` of the hopscope program; the one beside hoplab if empty")
	c.StringVar(&c.file, "json", "", "`FILE` that takes the raw results")
	return c
}

// begin parses the command line; ok is false where code is all there is to say.
func (c *comparison) begin(args []string, stdout, stderr io.Writer) (code int, ok bool) {
	if _, code, ok = c.parse(args, 0, 0, stdout, stderr); !ok {
		return code, false
	}
	if c.gateway == "" {
		c.gateway = besideHoplab("hopscope")
	}
	if c.quick {
		c.rounds = 1
	}
	return 0, true
}

// command returns what results name as their origin, as whoever reads them would
// type it: where files lie is of no use.
func (c *comparison) command() string {
	line := "hoplab " + c.Name()
	c.Visit(func(g *flag.Flag) {
		if g.Name != "gateway" && g.Name != "json" && g.Name != "resume" {
			line += " --" + g.Name + "=" + g.Value.String()
		}
	})
	return line
}

// end keeps the results of a run that came to its end, and says what became of it.
func (c *comparison) end(ctx context.Context, results any, err error, stderr io.Writer) int {
	if err == nil && c.file != "" {
		err = place.Write(c.file, results)
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted; what was measured so far is above")
	}
	if err != nil {
		return c.failed(stderr, err)
	}
	return exitOK
}

// list splits at commas. Nothing is nil.
func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
