package gateway

import (
	"errors"
	"net"
	"os"
)

// Socket is a listener's socket on its way to another process.
type Socket struct {
	Name    string   // of the listener
	Address string   // as configured
	File    *os.File // a descriptor of its own; whoever gets the Socket closes it
}

// SocketKey tells which socket a listener can take over: that of the same
// address. With port 0 the address says nothing, and it is the listener's own.
func SocketKey(name, address string) string {
	if _, port, err := net.SplitHostPort(address); err == nil && port == "0" {
		return name + " " + address
	}
	return address
}

// Sockets returns the sockets of the listeners in force. Whoever listens on them
// shares the queue of new connections with the gateway.
func (g *Gateway) Sockets() ([]Socket, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []Socket
	for _, l := range g.state.listeners {
		f, err := l.Socket()
		if err != nil {
			for _, s := range all {
				err = errors.Join(err, s.File.Close())
			}
			return nil, err
		}
		all = append(all, Socket{l.Name().Name, l.address, f})
	}
	return all, nil
}

func (l *listener) socketKey() string { return SocketKey(l.Name().Name, l.address) }

// share returns a second net.Listener on the listener's socket.
func (l *listener) share() (net.Listener, error) {
	f, err := l.Socket()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return net.FileListener(f)
}
