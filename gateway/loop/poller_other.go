//go:build !linux

package loop

import (
	"errors"
	"net"
	"time"
)

func newPoller() (poller, error) { return newSignal(), nil }

// socket is not used here: newSocket always says so.
type socket struct {
	poll         *unused
	handler      Handler
	closed, more bool
}

func newSocket(*Loop, net.Conn, Handler) (*socket, error) { return nil, errors.ErrUnsupported }

func (s *socket) Read([]byte) (int, error)  { return 0, net.ErrClosed }
func (s *socket) Write([]byte) (int, error) { return 0, net.ErrClosed }
func (s *socket) Unacked() int              { return 0 }
func (s *socket) Unanswered() bool          { return false }
func (s *socket) Close()                    {}

// Await is not supported here.
func (l *Loop) Await(net.Conn, Waiter, time.Duration) error { return errors.ErrUnsupported }

// ReadNow is not supported here: there is nothing to read.
func ReadNow(net.Conn, []byte) (int, error) { return 0, ErrWouldBlock }

// Ready is not supported here.
func Ready(net.Conn) bool { return false }

func readFD(int, []byte) (int, error)  { return 0, errors.ErrUnsupported }
func writeFD(int, []byte) (int, error) { return 0, errors.ErrUnsupported }

type unused struct{}

func (*unused) want(*socket, bool) {}
