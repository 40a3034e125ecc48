package e2e

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/net/http2"
)

// breach is how an origin breaks a rule, and what has to come of it.
type breach struct {
	name string
	// One of them: greet takes the place of the first SETTINGS of a connection,
	// act that of the answer to the request on the stream id.
	greet func(p *rogueConn)
	act   func(p *rogueConn, id uint32)
	// silent: it acknowledges no SETTINGS.
	silent bool
	method string // of the request; default: GET

	// What the gateway sends it. At most one.
	goAway, reset http2.ErrCode
	closed        bool   // the connection is closed without an error
	kind          string // of hopscope_malformed_total; empty: nothing is counted

	// What the client gets.
	status int
	// cut: the response has begun and must not look complete.
	cut bool
}

const (
	protocolError = http2.ErrCodeProtocol
	flowControl   = http2.ErrCodeFlowControl
	frameSize     = http2.ErrCodeFrameSize
	calm          = http2.ErrCodeEnhanceYourCalm
	streamClosed  = http2.ErrCodeStreamClosed
)

func setting(id http2.SettingID, value uint32) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(id))
	return binary.BigEndian.AppendUint32(b, value)
}

// badSettings break the connection, as the first SETTINGS or as later ones.
func badSettings() []breach {
	var all []breach
	for _, c := range []struct {
		name    string
		id      uint32
		flags   http2.Flags
		payload []byte
		code    http2.ErrCode
		kind    string
	}{
		{"ENABLE_PUSH 1", 0, 0, setting(http2.SettingEnablePush, 1), protocolError, "settings"},
		{"ENABLE_PUSH 2", 0, 0, setting(http2.SettingEnablePush, 2), protocolError, "settings"},
		{"INITIAL_WINDOW_SIZE 2^31", 0, 0, setting(http2.SettingInitialWindowSize, 1<<31), flowControl, "settings"},
		{"MAX_FRAME_SIZE 16383", 0, 0, setting(http2.SettingMaxFrameSize, 16383), protocolError, "settings"},
		{"MAX_FRAME_SIZE 2^24", 0, 0, setting(http2.SettingMaxFrameSize, 1<<24), protocolError, "settings"},
		{"ENABLE_CONNECT_PROTOCOL 2", 0, 0, setting(http2.SettingEnableConnectProtocol, 2), protocolError, "settings"},
		{"NO_RFC7540_PRIORITIES 2", 0, 0, setting(http2.SettingNoRFC7540Priorities, 2), protocolError, "settings"},
		{"SETTINGS of five bytes", 0, 0, make([]byte, 5), frameSize, "frame_size"},
		{"SETTINGS on a stream", 1, 0, nil, protocolError, "stream_id"},
		{"SETTINGS with 40 entries", 0, 0, bytes.Repeat(setting(0x77, 1), 40), calm, "settings"},
		{"acknowledgement with a payload", 0, http2.FlagSettingsAck, setting(0x77, 1), frameSize, "frame_size"},
	} {
		send := func(p *rogueConn) { p.raw(http2.FrameSettings, c.flags, c.id, c.payload...) }
		b := breach{goAway: c.code, kind: c.kind}
		b.name, b.status, b.act = c.name+", later", 502, func(p *rogueConn, _ uint32) { send(p) }
		all = append(all, b)
		if !c.flags.Has(http2.FlagSettingsAck) {
			b.name, b.status, b.act, b.greet = c.name+", first", 503, nil, send
			all = append(all, b)
		}
	}
	return append(all,
		breach{
			name: "acknowledgement first", goAway: protocolError, kind: "preface", status: 503,
			greet: func(p *rogueConn) { p.do(p.framer.WriteSettingsAck()) },
		},
		breach{
			name: "PING first", goAway: protocolError, kind: "preface", status: 503,
			greet: func(p *rogueConn) { p.do(p.framer.WritePing(false, [8]byte{})) },
		},
		breach{
			name: "HTTP/1.1 first", goAway: frameSize, kind: "frame_size", status: 503,
			greet: func(p *rogueConn) { p.bytes([]byte("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")) },
		},
		breach{name: "no SETTINGS", silent: true, greet: func(*rogueConn) {}, closed: true, status: 503},
		breach{
			name: "no acknowledgement", silent: true, goAway: http2.ErrCodeSettingsTimeout, kind: "settings_timeout", status: 502,
			act: func(*rogueConn, uint32) {},
		},
		breach{
			name: "acknowledgement never asked for", goAway: protocolError, kind: "settings", status: 502,
			act: func(p *rogueConn, _ uint32) { p.do(p.framer.WriteSettingsAck()) },
		},
		breach{
			name: "INITIAL_WINDOW_SIZE that overflows a stream", goAway: flowControl, kind: "window_overflow", status: 502,
			act: func(p *rogueConn, id uint32) {
				p.do(p.framer.WriteWindowUpdate(id, 1<<31-1-65535))
				p.do(p.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 17}))
			},
		},
	)
}

// badFrames are frames where, or as, they must not be.
func badFrames() []breach {
	ends := func(name string, code http2.ErrCode, kind string, act func(p *rogueConn, id uint32)) breach {
		return breach{name: name, goAway: code, kind: kind, status: 502, act: act}
	}
	resets := func(name string, code http2.ErrCode, kind string, act func(p *rogueConn, id uint32)) breach {
		return breach{name: name, reset: code, kind: kind, status: 502, act: act}
	}
	var all []breach
	for _, where := range []struct {
		name string
		id   uint32
	}{{"stream 0", 0}, {"an idle stream", 1001}, {"an even stream", 2}} {
		on := func(frame string, act func(p *rogueConn, id uint32)) {
			all = append(all, ends(frame+" on "+where.name, protocolError, "stream_id",
				func(p *rogueConn, _ uint32) { act(p, where.id) }))
		}
		on("DATA", func(p *rogueConn, id uint32) { p.data(id, false, 10) })
		on("HEADERS", func(p *rogueConn, id uint32) { p.respond(id, true, ":status", "200") })
		on("RST_STREAM", func(p *rogueConn, id uint32) { p.do(p.framer.WriteRSTStream(id, http2.ErrCodeCancel)) })
		if where.id != 0 {
			on("WINDOW_UPDATE", func(p *rogueConn, id uint32) { p.do(p.framer.WriteWindowUpdate(id, 1)) })
			on("PING", func(p *rogueConn, id uint32) { p.raw(http2.FramePing, 0, id, make([]byte, 8)...) })
			on("GOAWAY", func(p *rogueConn, id uint32) { p.raw(http2.FrameGoAway, 0, id, make([]byte, 8)...) })
		} else {
			on("PRIORITY", func(p *rogueConn, id uint32) { p.raw(http2.FramePriority, 0, id, make([]byte, 5)...) })
		}
	}
	return append(all,
		ends("PUSH_PROMISE", protocolError, "push_promise", func(p *rogueConn, id uint32) {
			p.do(p.framer.WritePushPromise(http2.PushPromiseParam{
				StreamID: id, PromiseID: 2, EndHeaders: true,
				BlockFragment: p.block(":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a"),
			}))
		}),
		resets("DATA before HEADERS", protocolError, "unexpected_frame", func(p *rogueConn, id uint32) { p.data(id, true, 10) }),
		breach{
			name: "HEADERS after END_STREAM", goAway: streamClosed, kind: "stream_closed", status: 200,
			act: func(p *rogueConn, id uint32) { p.honest(id); p.respond(id, true, ":status", "200") },
		},
		breach{
			name: "DATA after END_STREAM", reset: streamClosed, kind: "stream_closed", status: 200,
			act: func(p *rogueConn, id uint32) { p.honest(id); p.data(id, true, 10) },
		},
		breach{
			name: "RST_STREAM after END_STREAM", status: 200,
			act: func(p *rogueConn, id uint32) { p.honest(id); p.do(p.framer.WriteRSTStream(id, http2.ErrCodeNo)) },
		},
		ends("CONTINUATION alone", protocolError, "unexpected_continuation", func(p *rogueConn, id uint32) {
			p.do(p.framer.WriteContinuation(id, true, p.block(":status", "200")))
		}),
		ends("DATA between the parts of a header block", protocolError, "unexpected_frame", func(p *rogueConn, id uint32) {
			p.do(p.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: p.block(":status", "200")}))
			p.data(id, true, 10)
		}),
		ends("CONTINUATION of another stream", protocolError, "unexpected_frame", func(p *rogueConn, id uint32) {
			p.do(p.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: p.block(":status", "200")}))
			p.do(p.framer.WriteContinuation(id+2, true, nil))
		}),
		ends("a frame of 16385 bytes", frameSize, "frame_size", func(p *rogueConn, id uint32) {
			p.respond(id, false, ":status", "200")
			p.data(id, false, 16385)
		}).cutShort(),
		ends("PING of seven bytes", frameSize, "frame_size", func(p *rogueConn, _ uint32) { p.raw(http2.FramePing, 0, 0, make([]byte, 7)...) }),
		ends("RST_STREAM of three bytes", frameSize, "frame_size", func(p *rogueConn, id uint32) { p.raw(http2.FrameRSTStream, 0, id, 0, 0, 0) }),
		ends("WINDOW_UPDATE of three bytes", frameSize, "frame_size", func(p *rogueConn, id uint32) { p.raw(http2.FrameWindowUpdate, 0, id, 0, 0, 1) }),
		ends("GOAWAY of seven bytes", frameSize, "frame_size", func(p *rogueConn, _ uint32) { p.raw(http2.FrameGoAway, 0, 0, make([]byte, 7)...) }),
		resets("PRIORITY of four bytes", frameSize, "frame_size", func(p *rogueConn, id uint32) { p.raw(http2.FramePriority, 0, id, 0, 0, 0, 0) }),
		ends("padding longer than DATA", protocolError, "padding", func(p *rogueConn, id uint32) {
			p.respond(id, false, ":status", "200")
			p.raw(http2.FrameData, http2.FlagDataPadded, id, 10, 1, 2, 3)
		}).cutShort(),
		ends("padding longer than HEADERS", protocolError, "padding", func(p *rogueConn, id uint32) {
			p.raw(http2.FrameHeaders, http2.FlagHeadersPadded|http2.FlagHeadersEndHeaders, id, 200, 0x88)
		}),
		ends("GOAWAY that grows", protocolError, "stream_id", func(p *rogueConn, id uint32) {
			p.do(p.framer.WriteGoAway(id, http2.ErrCodeNo, nil))
			p.do(p.framer.WriteGoAway(id+2, http2.ErrCodeNo, nil))
		}),
		ends("GOAWAY with an even last id", protocolError, "stream_id", func(p *rogueConn, id uint32) {
			p.do(p.framer.WriteGoAway(id+1, http2.ErrCodeNo, nil))
		}),
		breach{
			name: "GOAWAY below the request", closed: true, status: 200,
			act: func(p *rogueConn, id uint32) { p.do(p.framer.WriteGoAway(id-min(id, 2), http2.ErrCodeNo, nil)) },
		},
		breach{
			name: "GOAWAY above the request", closed: true, status: 200,
			act: func(p *rogueConn, id uint32) { p.do(p.framer.WriteGoAway(id, http2.ErrCodeNo, nil)); p.honest(id) },
		},
		breach{
			name: "frames for a stream above its own GOAWAY", closed: true, status: 200,
			act: func(p *rogueConn, id uint32) {
				p.do(p.framer.WriteWindowUpdate(id, 1))
				p.do(p.framer.WriteGoAway(0, http2.ErrCodeNo, nil))
				p.data(id, true, 10)
			},
		},
	)
}

// cutShort is a breach that comes after the response has begun.
func (b breach) cutShort() breach {
	b.status, b.cut = 200, true
	return b
}

// badWindows break flow control.
func badWindows() []breach {
	return []breach{
		{
			name: "WINDOW_UPDATE 0 of the connection", goAway: protocolError, kind: "window_update", status: 502,
			act: func(p *rogueConn, _ uint32) { p.raw(http2.FrameWindowUpdate, 0, 0, 0, 0, 0, 0) },
		},
		{
			name: "WINDOW_UPDATE 0 of a stream", reset: protocolError, kind: "window_update", status: 502,
			act: func(p *rogueConn, id uint32) { p.raw(http2.FrameWindowUpdate, 0, id, 0, 0, 0, 0) },
		},
		{
			name: "overflow of the connection's window", goAway: flowControl, kind: "window_overflow", status: 502,
			act: func(p *rogueConn, _ uint32) { p.do(p.framer.WriteWindowUpdate(0, 1<<31-1)) },
		},
		{
			name: "overflow of a stream's window", reset: flowControl, kind: "window_overflow", status: 502,
			act: func(p *rogueConn, id uint32) { p.do(p.framer.WriteWindowUpdate(id, 1<<31-1)) },
		},
	}
}
