package upstream

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
)

// handshakeError is a TLS handshake that failed on our side.
type handshakeError struct{ err error }

func (e *handshakeError) Error() string { return "tls handshake: " + e.err.Error() }

func (e *handshakeError) Unwrap() error { return e.err }

// lostError is a connection that ended without being asked to.
type lostError struct {
	address string
	err     error
}

func (e *lostError) Error() string {
	return "lost the connection to " + e.address + ": " + cause(e.err).Error()
}

func (e *lostError) Unwrap() error { return e.err }

// Public returns what a client may know of an error that this package made: no
// address, no name of a certificate, nothing that a peer wrote. The log has the
// rest.
func Public(err error) string {
	var handshake *handshakeError
	var lost *lostError
	var op *net.OpError
	var timeout net.Error
	switch {
	case errors.Is(err, ErrNoEndpoints), errors.Is(err, ErrAllTried), errors.Is(err, errGone):
		return err.Error()
	case errors.As(err, &handshake), errors.As(err, &op) && op.Op == "remote error": // an alert of TLS
		return "the TLS handshake failed"
	case errors.As(err, &lost):
		return "the connection was lost"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "connecting took too long"
	}
	return "cannot connect"
}
