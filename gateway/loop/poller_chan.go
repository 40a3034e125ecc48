package loop

import "time"

// signal is a poller that waits for tasks and timers only: every connection is a
// pump.
type signal chan struct{}

func newSignal() signal { return make(signal, 1) }

func (s signal) wait(l *Loop) {
	timeout := l.timeout()
	if timeout < 0 {
		<-s
		return
	}
	t := time.NewTimer(timeout)
	defer t.Stop()
	select {
	case <-s:
	case <-t.C:
	}
}

func (s signal) wake() {
	select {
	case s <- struct{}{}:
	default:
	}
}

func (s signal) dispatch(*Loop) {}
func (s signal) close()         {}
