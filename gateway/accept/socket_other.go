//go:build !unix

package accept

import (
	"errors"
	"net"
	"os"
)

// Socket is not supported here.
func (l *Listener) Socket() (*os.File, error) { return Socket(l.ln) }

// Socket is not supported here.
func Socket(net.Listener) (*os.File, error) { return nil, errors.ErrUnsupported }
