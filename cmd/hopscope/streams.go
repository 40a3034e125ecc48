package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
)

const streamsHelp = `
Usage: hopscope streams [--admin URL] [--token-file FILE] [--route NAME] [--sort KEY] [--once] [--json]

Shows the open streams of a running gateway as a table that refreshes itself;
Ctrl-C ends it. Where the output is not a terminal, tables follow one another.

Columns:
  STREAM    connection/stream, as the client numbers them
  READ      bytes of DATA read from the client
  WROTE     bytes of DATA written to the client
  CWIN      bytes that the client allows us to send now: the smaller of the
            stream's and the connection's window
  UWIN      the same for the upstream
  BUFF      bytes held for a peer that does not take them (shown where
            there is room, or with --sort buffered)
  STALL     who does not take bytes, and for how long: down is the client, up
            the upstream; in capitals the whole connection is stalled
A window of HTTP/1.1 is shown as -. --json has every field.
`

func runStreams(args []string, stdout, stderr io.Writer) int {
	f := newFlags("streams", streamsHelp)
	admin := f.admin()
	route := f.String("route", "", "only streams of the route `NAME`")
	sortBy := f.String("sort", "age", "order by `KEY`, largest first: "+strings.Join(sortNames(), ", "))
	interval := f.Duration("interval", time.Second, "time between refreshes")
	once := f.Bool("once", false, "print one table and end")
	asJSON := f.Bool("json", false, "print JSON arrays, one per refresh and line")
	if code, ok := f.parse(args, stdout, stderr); !ok {
		return code
	}
	order, ok := sortOrders()[*sortBy]
	if !ok {
		return f.wrong(stderr, "--sort must be one of %s, got %q", strings.Join(sortNames(), ", "), *sortBy)
	}
	if *interval < 100*time.Millisecond {
		return f.wrong(stderr, "--interval must be at least 100ms, got %s", *interval)
	}
	client, err := admin.client()
	if err != nil {
		return f.wrong(stderr, "%v", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	v := &streamsView{client: client, route: *route, order: order, sortBy: *sortBy, json: *asJSON, out: stdout}
	if file, ok := stdout.(*os.File); ok && !*once && !*asJSON {
		v.terminal = newTerminal(file)
	}
	ticker := time.NewTicker(*interval)
	defer ticker.Stop()
	if err := v.run(ctx, *once, ticker.C); err != nil {
		fmt.Fprintf(stderr, "hopscope streams: %v\n", err)
		return exitFailure
	}
	return exitOK
}

// streamsView fetches and shows streams. It belongs to one goroutine.
type streamsView struct {
	client   *adminClient
	route    string // empty: all
	order    func(a, b *event.StreamInfo) int
	sortBy   string
	json     bool
	terminal *terminal // nil: out is none
	out      io.Writer
}

// run shows streams at once and on every tick until ctx ends. Only the first
// fetch must succeed: a gateway that is restarted comes back.
func (v *streamsView) run(ctx context.Context, once bool, tick <-chan time.Time) error {
	for first := true; ; first = false {
		err := v.refresh(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			if first || once {
				return err
			}
			err = v.write([]byte(err.Error() + "; trying again\n"))
			if err != nil {
				return err
			}
		}
		if once {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		}
	}
}

func (v *streamsView) refresh(ctx context.Context) error {
	streams, now, err := v.client.streams(ctx)
	if err != nil {
		return err
	}
	streams = selectStreams(streams, v.route, v.order)
	if v.json {
		data, err := json.Marshal(streams)
		if err != nil {
			return err
		}
		return v.write(append(data, '\n'))
	}
	t := table{streams: streams, now: now, width: 80, title: fmt.Sprintf("%s  %s", v.client.url.Host, now.Format(time.TimeOnly)), sortBy: v.sortBy}
	if v.terminal != nil {
		t.width, t.height = v.terminal.size()
	}
	var b bytes.Buffer
	t.render(&b)
	return v.write(b.Bytes())
}

// write shows text; on a terminal it takes the place of what was there.
func (v *streamsView) write(text []byte) error {
	if v.terminal != nil {
		text = v.terminal.frame(text)
	}
	_, err := v.out.Write(text)
	return err
}
