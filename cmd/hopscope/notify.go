package main

import (
	"net"
	"os"
)

// notify tells a service manager that asked for it (systemd's Type=notify) what
// this process does: READY=1, STOPPING=1, MAINPID=…
func notify(state string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"}) // @: an abstract name
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Write([]byte(state))
	return err
}
