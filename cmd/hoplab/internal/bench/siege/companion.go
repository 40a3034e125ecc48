package siege

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/hostile"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
)

// companion is what the victim is measured beside, an attacker or the harmless
// peer: a process of its own that yields its CPU to the victim and the origin.
// What it costs itself, thousands of dials say, would otherwise be measured as if
// the proxy had made the victim wait.
type companion struct {
	process *proc.Process
	orders  *os.File // its end ends the companion's work
	lines   chan string
}

// ready is what a companion says when it waits for its order.
const ready = "ready"

// order is what a companion is told to do.
type order struct {
	Addr   string        `json:"addr"`
	Yield  bool          `json:"yield"`  // the CPU to the victim and the origin
	Attack string        `json:"attack"` // its id; "": be harmless
	Rate   float64       `json:"rate"`   // of the harmless peer's requests, per second
	Length time.Duration `json:"length"` // for how long it sends them
	Visits int           `json:"visits"` // connections that it makes beside
	Asks   int           `json:"asks"`   // requests that it makes on each of them at once; at least 1
	Burst  int           `json:"burst"`  // of them at the pace of an attack that begins
	Trust  string        `json:"trust"`  // file with the certificate of the proxy; "": plain text
}

// newCompanion starts a companion that waits for its order. The caller calls
// dismiss.
func (f *field) newCompanion(ctx context.Context) (*companion, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	c := &companion{orders: w, lines: make(chan string, 1)}
	say := f.options.Companion
	c.process, err = proc.Start(proc.Command{Path: say[0], Args: say[1:], Stdin: r}, func(line string) {
		select {
		case c.lines <- line:
		default: // more than it has to say
		}
	})
	if err != nil {
		w.Close()
		return nil, err
	}
	if line, err := c.next(ctx); err != nil || line != ready {
		return nil, errors.Join(fmt.Errorf("the companion says %q: %w", line, err), c.dismiss())
	}
	return c, nil
}

// next waits for what the companion has to say.
func (c *companion) next(ctx context.Context) (string, error) {
	select {
	case line := <-c.lines:
		return line, nil
	case <-ctx.Done():
		return "", ctx.Err()
	case <-c.process.Exited():
	}
	select {
	case line := <-c.lines: // its last words
		return line, nil
	default:
		return "", c.process.Ended()
	}
}

// work has the companion do something until stop is closed.
func (c *companion) work(ctx context.Context, o order, stop <-chan struct{}) (out hostile.Outcome, err error) {
	text, err := json.Marshal(o)
	if err != nil {
		return out, err
	}
	if _, err := c.orders.Write(append(text, '\n')); err != nil {
		return out, err
	}
	select {
	case <-stop:
	case <-ctx.Done():
	}
	if err := c.orders.Close(); err != nil {
		return out, err
	}
	line, err := c.next(ctx)
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal([]byte(line), &out); err != nil {
		return out, fmt.Errorf("the companion says %q: %w", line, err)
	}
	<-c.process.Exited() // it has said its last
	return out, nil
}

// dismiss ends the companion, if it is not over.
func (c *companion) dismiss() error {
	c.orders.Close()
	select {
	case <-c.process.Exited():
		return nil
	default:
	}
	if err := c.process.Stop(); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}
