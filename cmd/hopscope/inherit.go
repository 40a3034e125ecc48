package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/hopscope/hopscope/gateway"
)

// upgradeEnv names the environment variable in which a process tells the one that
// replaces it what it hands over. It is removed as soon as it is read, so that
// nothing that is started later takes it for its own.
const upgradeEnv = "HOPSCOPE_UPGRADE"

// handover is what upgradeEnv holds, as JSON.
type handover struct {
	Ready   int              `json:"ready"` // the descriptor to write to when ready
	Sockets []handoverSocket `json:"sockets"`
}

// handoverSocket is a listening socket; Name is empty for the admin server's.
type handoverSocket struct {
	Name    string `json:"name"`
	Address string `json:"address"` // as configured
	FD      int    `json:"fd"`
}

// inheritance is what a process was handed over, by SocketKey; nothing if no
// upgrade started it. It belongs to the goroutine that serves.
type inheritance struct {
	ready   *os.File // nil: no upgrade
	sockets map[string]net.Listener
}

// inherit takes what this process was handed over.
func inherit() (*inheritance, error) {
	in := &inheritance{sockets: make(map[string]net.Listener)}
	value, ok := os.LookupEnv(upgradeEnv)
	if !ok {
		return in, nil
	}
	_ = os.Unsetenv(upgradeEnv)
	var h handover
	if err := json.Unmarshal([]byte(value), &h); err != nil {
		return nil, fmt.Errorf("%s: %w; it is set by an upgrade only: unset it", upgradeEnv, err)
	}
	in.ready = descriptor(h.Ready, "upgrade")
	for _, s := range h.Sockets {
		f := descriptor(s.FD, s.Address)
		ln, err := net.FileListener(f) // a duplicate
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("%s: descriptor %d is no listening socket: %w", upgradeEnv, s.FD, err)
		}
		in.sockets[gateway.SocketKey(s.Name, s.Address)] = ln
	}
	return in, nil
}

// listen returns the socket that was handed over for an address, or binds it.
func (in *inheritance) listen(name, address string) (net.Listener, error) {
	key := gateway.SocketKey(name, address)
	if ln, ok := in.sockets[key]; ok {
		delete(in.sockets, key)
		return ln, nil
	}
	return net.Listen("tcp", address)
}

// done closes what nobody took and tells the process that handed over that this
// one serves.
func (in *inheritance) done() {
	for key, ln := range in.sockets {
		_ = ln.Close()
		delete(in.sockets, key)
	}
	if in.ready != nil {
		_, _ = in.ready.Write([]byte{1}) // if nobody reads any more, this one serves all the same
		_ = in.ready.Close()
		in.ready = nil
	}
}

// descriptor returns an inherited descriptor, which no process that is started
// from here inherits again.
func descriptor(fd int, name string) *os.File {
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), name)
}
