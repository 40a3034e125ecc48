//go:build !unix

package accept

import "net"

// queued is not supported here: clients that have connected and were not accepted
// are reset.
func queued(net.Listener, func(net.Conn)) error { return nil }
