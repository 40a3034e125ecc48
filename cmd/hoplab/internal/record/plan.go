package record

import (
	"context"
	"errors"
	"time"

	"github.com/hopscope/hopscope/rules_test/recording"
)

// Plan says how scenarios are recorded.
type Plan struct {
	Step time.Duration // between scrapes
	Readers
	// Progress, if not nil, is told each second where a recording is.
	Progress func(Progress)
}

// DefaultStep is the time between scrapes, as in docker-compose.yml.
const DefaultStep = 5 * time.Second

// Progress is where a recording is.
type Progress struct {
	Phase       string        // such as "fault on"
	Done, Total time.Duration // of the recording
}

// The phases of a recording.
const (
	Starting   = "starting"
	InPeace    = "in peace"
	FaultIsOn  = "fault on"
	Recovering = "recovering"
)

// subject is what a recording is about.
type subject struct {
	name    string
	times   Times
	options Options
	// set turns the fault on and off; nil where there is none.
	set func(ctx context.Context, on bool) error
	// failed is closed when there is nothing to record any more; may be nil.
	failed <-chan struct{}
}

// mendTimeout bounds how long it takes to end the fault, also of a recording that
// was interrupted.
const mendTimeout = time.Minute

// record lets time pass, and turns the fault on and off.
func (p Plan) record(ctx context.Context, s subject, meta recording.Meta) (rec recording.Recording, err error) {
	for _, t := range s.options.Targets {
		if err := t.probe(ctx); err != nil {
			return rec, err
		}
	}
	s.options.Step, s.options.Readers = p.Step, p.Readers
	r, err := New(s.options)
	if err != nil {
		return rec, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	c := clock{plan: p, subject: s}
	if err := c.wait(ctx, InPeace, s.times.Before); err != nil {
		return rec, err
	}
	if s.set == nil {
		if err := c.wait(ctx, InPeace, s.times.During+s.times.After); err != nil {
			return rec, err
		}
		return r.Finish(ctx, meta)
	}
	if err := c.fault(ctx, r); err != nil {
		return rec, err
	}
	if err := c.wait(ctx, Recovering, s.times.After); err != nil {
		return rec, err
	}
	return r.Finish(ctx, meta)
}

// clock lets the time of a recording pass.
type clock struct {
	plan    Plan
	subject subject
	done    time.Duration
}

// fault turns the fault on, waits, and turns it off, whatever happens meanwhile.
func (c *clock) fault(ctx context.Context, r *Recorder) error {
	r.FaultOn(c.subject.name)
	err := c.subject.set(ctx, true)
	if err == nil {
		err = c.wait(ctx, FaultIsOn, c.subject.times.During)
	}
	// Who interrupts a recording does not want what it broke to stay broken.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), mendTimeout)
	defer cancel()
	if err := errors.Join(err, c.subject.set(end, false)); err != nil {
		return err
	}
	r.FaultOff()
	return nil
}

// wait returns early with an error if what is recorded stops.
func (c *clock) wait(ctx context.Context, phase string, t time.Duration) error {
	began := time.Now()
	timer := time.NewTimer(t)
	defer timer.Stop()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if c.plan.Progress != nil {
			c.plan.Progress(Progress{Phase: phase, Done: c.done + min(time.Since(began), t), Total: c.subject.times.total()})
		}
		select {
		case <-timer.C:
			c.done += t
			return nil
		case <-tick.C:
		case <-c.subject.failed:
			return errors.New("what is recorded stopped by itself")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
