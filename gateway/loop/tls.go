package loop

import (
	"crypto/tls"
	"errors"
	"net"
)

// Detachable is a TLS connection whose handshake is done with a blocking
// connection and which a loop can then drive.
type Detachable struct {
	*tls.Conn
	raw *rawConn
}

// ServerTLS begins a TLS connection as the server. head are bytes that were read
// from nc before, at most a record.
func ServerTLS(nc net.Conn, head []byte, cfg *tls.Config) *Detachable {
	raw := &rawConn{Conn: nc, head: head}
	return &Detachable{Conn: tls.Server(raw, cfg), raw: raw}
}

// ClientTLS begins a TLS connection as the client.
func ClientTLS(nc net.Conn, cfg *tls.Config) *Detachable {
	raw := &rawConn{Conn: nc}
	return &Detachable{Conn: tls.Client(raw, cfg), raw: raw}
}

// rawConn is what TLS reads and writes records with: the connection itself
// during the handshake, and afterwards its descriptor without blocking, where
// records that are written gather in out.
type rawConn struct {
	net.Conn
	head     []byte // read before, used up by the handshake
	fd       int
	detached bool
	out      []byte
}

func (r *rawConn) Read(p []byte) (int, error) {
	if len(r.head) > 0 {
		n := copy(p, r.head)
		if r.head = r.head[n:]; len(r.head) == 0 {
			r.head = nil // or its array would live as long as the connection
		}
		return n, nil
	}
	if !r.detached {
		return r.Conn.Read(p)
	}
	n, err := readFD(r.fd, p)
	if err == ErrWouldBlock {
		return 0, blockError{}
	}
	return n, err
}

func (r *rawConn) Write(p []byte) (int, error) {
	if !r.detached {
		return r.Conn.Write(p)
	}
	r.out = append(r.out, p...)
	return len(p), nil
}

// flush writes the gathered records and asks to be told when there is room for
// the rest.
func (r *rawConn) flush(s *socket) error {
	n, err := writeFD(r.fd, r.out)
	if err != nil {
		return err
	}
	if n == len(r.out) {
		r.out = nil
		return nil
	}
	r.out = r.out[n:]
	s.poll.want(s, true)
	return nil
}

// blockError tells crypto/tls that nothing can be read now. TLS keeps no error
// that is temporary, so the connection goes on with the next Read.
type blockError struct{}

func (blockError) Error() string   { return ErrWouldBlock.Error() }
func (blockError) Timeout() bool   { return true }
func (blockError) Temporary() bool { return true }

func wouldBlock(err error) bool {
	var b blockError
	return errors.As(err, &b)
}
