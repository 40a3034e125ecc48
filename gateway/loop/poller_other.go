//go:build !linux

package loop

import (
	"errors"
	"net"
	"time"
)

// poller waits for tasks and timers only: every socket is a pump.
type poller struct{ woken chan struct{} }

func newPoller() (poller, error) { return poller{woken: make(chan struct{}, 1)}, nil }

func (p *poller) wait(l *Loop) {
	timeout := l.timeout()
	if timeout < 0 {
		<-p.woken
		return
	}
	t := time.NewTimer(timeout)
	defer t.Stop()
	select {
	case <-p.woken:
	case <-t.C:
	}
}

func (p *poller) dispatch(*Loop)     {}
func (p *poller) close()             {}
func (p *poller) want(*socket, bool) {}

func (p *poller) wake() {
	select {
	case p.woken <- struct{}{}:
	default:
	}
}

// socket is not used here: newSocket always says so.
type socket struct {
	l            *Loop
	handler      Handler
	closed, more bool
}

func newSocket(*Loop, net.Conn, Handler) (*socket, error) { return nil, errors.ErrUnsupported }

func (s *socket) Read([]byte) (int, error)  { return 0, net.ErrClosed }
func (s *socket) Write([]byte) (int, error) { return 0, net.ErrClosed }
func (s *socket) Close()                    {}

func readFD(int, []byte) (int, error)  { return 0, errors.ErrUnsupported }
func writeFD(int, []byte) (int, error) { return 0, errors.ErrUnsupported }
