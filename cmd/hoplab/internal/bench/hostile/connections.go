package hostile

// connections returns the attacks by connections.
func connections() []Attack {
	return []Attack{
		{
			ID: "slow-tls", Title: "slow TLS: 200 handshakes that arrive by a byte each second",
			TLS: true, Mute: true, Connections: 200, Rate: 200, Lasts: patient, Right: []string{"closed"},
			Begin: func(c *Conn) { c.raw(22, 3, 1, 2, 0) }, // a handshake record of 512 bytes
			Step:  func(c *Conn, i int) { c.raw(byte(min(i, 1))) },
		},
		{
			ID: "silent", Title: "500 connections that say nothing",
			Connections: 500, Mute: true, Lasts: patient, Right: []string{"closed", "GOAWAY NO_ERROR", protocol},
			Begin: func(*Conn) {},
		},
		{
			ID: "idle", Title: "2,000 idle connections, after preface and SETTINGS",
			Connections: 2000, Bound: "bounded by max_connections",
		},
	}
}
