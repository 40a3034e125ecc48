package load

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/net/http2"
)

const (
	// stuckClients is how many clients keep their connection's window shut.
	stuckClients = 3
	// stuckStreams is how many bodies each asks for at once.
	stuckStreams = 3
	// stuckPause is how long a client whose connection was ended waits.
	stuckPause = time.Second
	// widestWindow is the largest window of a stream in bytes (RFC 9113 §6.9.1).
	widestWindow = 1<<31 - 1
)

// hoard asks for large bodies with the widest windows for its streams, and never
// gives credit to its connection: its first 65,535 bytes are its last.
func (g *Generator) hoard(ctx context.Context) {
	for ctx.Err() == nil {
		// However it ended (the gateway gives such a client up), the next begins.
		_ = g.hoardOnce(ctx)
		sleep(ctx, stuckPause)
	}
}

func (g *Generator) hoardOnce(ctx context.Context) error {
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", g.cfg.Target)
	if err != nil {
		return err
	}
	defer nc.Close()
	defer context.AfterFunc(ctx, func() { nc.Close() })()
	var out bytes.Buffer
	out.WriteString(http2.ClientPreface)
	f := http2.NewFramer(&out, nc)
	_ = f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: widestWindow})
	r := newByHand(f, g.cfg.Target)
	for n := range uint32(stuckStreams) {
		r.get(2*n+1, fmt.Sprintf("/orders/export?bytes=%d", slowBody))
	}
	if _, err := io.Copy(nc, &out); err != nil {
		return err
	}
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return err
		}
		// It reads and answers as it should, but for the credit.
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				_ = f.WriteSettingsAck()
			}
		case *http2.PingFrame:
			if !frame.IsAck() {
				_ = f.WritePing(true, frame.Data)
			}
		case *http2.GoAwayFrame:
			return fmt.Errorf("GOAWAY %s", frame.ErrCode)
		}
		if _, err := io.Copy(nc, &out); err != nil {
			return err
		}
	}
}
