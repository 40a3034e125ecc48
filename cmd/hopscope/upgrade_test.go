package main

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway"
	"github.com/hopscope/hopscope/gateway/accept"
)

// A program that neither serves nor ends is given up.
func TestUpgradeIsBounded(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	f, err := accept.Socket(ln)
	if err != nil {
		t.Fatal(err)
	}
	p := program{path: "/bin/sleep", args: []string{"sleep", "1000"}, within: 50 * time.Millisecond}
	begun := time.Now()
	_, err = p.start(context.Background(), []gateway.Socket{{Name: "edge", File: f}})
	if err == nil || !strings.Contains(err.Error(), "did not serve within 50ms") {
		t.Errorf("got %v", err)
	}
	if d := time.Since(begun); d > time.Minute {
		t.Errorf("that took %v", d)
	}
	if f.Close() == nil {
		t.Error("the socket's file was left open")
	}
	// The socket was lent, and is as it was: above all, Close must not wait.
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_, _ = ln.Accept()
	}()
	_ = ln.Close()
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Error("Accept did not end with Close: the socket blocks")
	}
}

func TestInheritanceThatIsNone(t *testing.T) {
	for value, want := range map[string]string{
		"nonsense": "unset it",
		`{"ready": 1000, "sockets": [{"name": "edge", "address": ":80", "fd": 1001}]}`: "descriptor 1001 is no listening socket",
	} {
		t.Setenv(upgradeEnv, value)
		if _, err := inherit(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", value, err, want)
		}
	}
	in, err := inherit() // it was unset
	if err != nil || in.ready != nil || len(in.sockets) > 0 {
		t.Errorf("inherited %+v, %v", in, err)
	}
}
