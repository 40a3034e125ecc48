package http1

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// askedInVain is how often in a row something has to be sent without an answer for
// silence to mean anything.
const askedInVain = 2

// silent reports whether nothing has come from a peer for d, although it was asked:
// by bytes that are sent again, by probes of a window that is shut, or by
// keep-alive.
func silent(tcp *net.TCPConn, d time.Duration) (yes bool) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	err = raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return
		}
		heard := time.Duration(min(info.Last_ack_recv, info.Last_data_recv)) * time.Millisecond
		yes = heard >= d && int(info.Retransmits)+int(info.Probes) >= askedInVain
	})
	return err == nil && yes
}
