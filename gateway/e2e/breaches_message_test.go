package e2e

import (
	"net/http"
	"strings"

	"golang.org/x/net/http2"
)

// badResponses are messages that RFC 9113 §8 forbids.
func badResponses() []breach {
	all := []breach{
		{name: "no :status", kind: "status", act: answer1("content-length", "0")},
		{name: "two :status", kind: "pseudo_field", act: answer1(":status", "200", ":status", "200")},
		{name: ":status after a field", kind: "pseudo_field", act: answer1("a", "b", ":status", "200")},
		{name: ":status of two digits", kind: "status", act: answer1(":status", "20")},
		{name: ":status of four digits", kind: "status", act: answer1(":status", "2000")},
		{name: ":status with a sign", kind: "status", act: answer1(":status", "+20")},
		{name: ":status below 100", kind: "status", act: answer1(":status", "099")},
		{name: ":status with a reason", kind: "status", act: answer1(":status", "200 OK")},
		{name: "a request's pseudo-field", kind: "pseudo_field", act: answer1(":status", "200", ":path", "/")},
		{name: "an unknown pseudo-field", kind: "pseudo_field", act: answer1(":status", "200", ":reason", "OK")},
		{name: "connection", kind: "connection_field", act: answer1(":status", "200", "connection", "close")},
		{name: "keep-alive", kind: "connection_field", act: answer1(":status", "200", "keep-alive", "timeout=5")},
		{name: "proxy-connection", kind: "connection_field", act: answer1(":status", "200", "proxy-connection", "close")},
		{name: "transfer-encoding", kind: "connection_field", act: answer1(":status", "200", "transfer-encoding", "chunked")},
		{name: "upgrade", kind: "connection_field", act: answer1(":status", "200", "upgrade", "h2c")},
		{name: "te", kind: "connection_field", act: answer1(":status", "200", "te", "gzip")},
		{name: "upper case", kind: "field_name", act: answer1(":status", "200", "X-Upper", "a")},
		{name: "an empty name", kind: "field_name", act: answer1(":status", "200", "", "a")},
		{name: "a name with a space", kind: "field_name", act: answer1(":status", "200", "a b", "a")},
		{name: "a name with a colon", kind: "field_name", act: answer1(":status", "200", "a:", "a")},
		{name: "a name with a line break", kind: "field_name", act: answer1(":status", "200", "a\r\nb", "a")},
		{name: "a value with CR LF", kind: "field_value", act: answer1(":status", "200", "a", "b\r\nset-cookie: c=d")},
		{name: "a value with CR", kind: "field_value", act: answer1(":status", "200", "location", "b\rc")},
		{name: "a value with LF", kind: "field_value", act: answer1(":status", "200", "location", "b\n\n<html>")},
		{name: "a value with NUL", kind: "field_value", act: answer1(":status", "200", "a", "b\x00c")},
		{name: "a value with a space before it", kind: "field_value", act: answer1(":status", "200", "a", " b")},
		{name: "a value with a tab behind it", kind: "field_value", act: answer1(":status", "200", "a", "b\t")},
		{name: "content-length with a sign", kind: "content_length", act: answer1(":status", "200", "content-length", "+0")},
		{name: "a list of content-length", kind: "content_length", act: answer1(":status", "200", "content-length", "0, 0")},
		{name: "two content-length", kind: "content_length", act: answer1(":status", "200", "content-length", "0", "content-length", "0")},
		{name: "conflicting content-length", kind: "content_length", act: answer1(":status", "200", "content-length", "0", "content-length", "1")},
		{name: "content-length beyond 2^63", kind: "content_length", act: answer1(":status", "200", "content-length", "9223372036854775808")},
		{name: "content-length without a body", kind: "content_length", act: answer1(":status", "200", "content-length", "5")},
		{name: "101", kind: "informational", act: answer1(":status", "101")},
		{name: "1xx with END_STREAM", kind: "informational", act: answer1(":status", "103")},
		{name: "header list too large", kind: "header_list_too_large", act: answer1(":status", "200", "a", strings.Repeat("b", 16_000), "c", strings.Repeat("d", 300))},
		{name: "too many fields", kind: "too_many_fields", act: answer1(append([]string{":status", "200"}, repeat(300, "a", "b")...)...)},
		{name: "endless 1xx", kind: "informational", act: func(p *rogueConn, id uint32) {
			for range 65 {
				p.respond(id, false, ":status", "103")
			}
		}},
	}
	for i := range all {
		all[i].reset, all[i].status = protocolError, 502
	}
	after := func(name, kind string, act func(p *rogueConn, id uint32)) {
		all = append(all, breach{name: name, reset: protocolError, kind: kind, act: func(p *rogueConn, id uint32) {
			p.respond(id, false, ":status", "200")
			p.data(id, false, 10)
			act(p, id)
		}}.cutShort())
	}
	after("1xx after the final headers", "trailers", func(p *rogueConn, id uint32) { p.respond(id, false, ":status", "103") })
	after("headers twice", "pseudo_field", func(p *rogueConn, id uint32) { p.respond(id, true, ":status", "200") })
	after("trailers without END_STREAM", "trailers", func(p *rogueConn, id uint32) { p.respond(id, false, "a", "b") })
	after("trailers with a pseudo-field", "pseudo_field", func(p *rogueConn, id uint32) { p.respond(id, true, ":status", "200") })
	after("trailers with transfer-encoding", "connection_field", func(p *rogueConn, id uint32) { p.respond(id, true, "transfer-encoding", "chunked") })
	after("trailers with content-length", "trailers", func(p *rogueConn, id uint32) { p.respond(id, true, "content-length", "10") })
	after("trailers with CR LF", "field_value", func(p *rogueConn, id uint32) { p.respond(id, true, "a", "b\r\nc: d") })
	after("trailers in upper case", "field_name", func(p *rogueConn, id uint32) { p.respond(id, true, "Grpc-Status", "0") })
	after("trailers too large", "header_list_too_large", func(p *rogueConn, id uint32) {
		p.respond(id, true, "a", strings.Repeat("b", 16_000), "c", strings.Repeat("d", 400))
	})
	length := func(name string, declared string, act func(p *rogueConn, id uint32)) {
		all = append(all, breach{name: name, reset: protocolError, kind: "content_length", act: func(p *rogueConn, id uint32) {
			p.respond(id, false, ":status", "200", "content-length", declared)
			act(p, id)
		}}.cutShort())
	}
	length("fewer bytes than content-length", "20", func(p *rogueConn, id uint32) { p.data(id, true, 10) })
	length("more bytes than content-length", "20", func(p *rogueConn, id uint32) { p.data(id, false, 10); p.data(id, false, 11) })
	length("fewer bytes than content-length, with trailers", "20", func(p *rogueConn, id uint32) { p.data(id, false, 10); p.respond(id, true, "a", "b") })
	return append(all,
		breach{name: "broken header compression", goAway: http2.ErrCodeCompression, kind: "header_block", status: 502, act: func(p *rogueConn, id uint32) {
			p.headers(id, true, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
		}},
		breach{name: "header bomb", goAway: calm, kind: "header_list_too_large", status: 502, act: answer1(append([]string{":status", "200"}, repeat(250, "a", strings.Repeat("b", 3_000))...)...)},
		breach{name: "table size above ours", goAway: http2.ErrCodeCompression, kind: "header_block", status: 502, act: func(p *rogueConn, id uint32) {
			p.headers(id, true, []byte{0x3f, 0xe1, 0xff, 0x03, 0x88})
		}},
	)
}

// answer1 answers with one header block that ends the stream.
func answer1(kv ...string) func(p *rogueConn, id uint32) {
	return func(p *rogueConn, id uint32) {
		block := p.block(kv...)
		first := block[:min(len(block), 16384)]
		rest := block[len(first):]
		p.do(p.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: first, EndStream: true, EndHeaders: len(rest) == 0}))
		if len(rest) > 0 {
			p.do(p.framer.WriteContinuation(id, true, rest))
		}
	}
}

func repeat(n int, kv ...string) []string {
	var all []string
	for range n {
		all = append(all, kv...)
	}
	return all
}

// cuts end a response before its end.
func cuts() []breach {
	reset := func(code http2.ErrCode) func(p *rogueConn, id uint32) {
		return func(p *rogueConn, id uint32) { p.do(p.framer.WriteRSTStream(id, code)) }
	}
	begun := func(act func(p *rogueConn, id uint32)) func(p *rogueConn, id uint32) {
		return func(p *rogueConn, id uint32) {
			p.respond(id, false, ":status", "200")
			p.data(id, false, 10)
			act(p, id)
		}
	}
	closes := func(p *rogueConn, _ uint32) { p.cut() }
	all := []breach{
		{name: "cut before the response", status: 502, closed: true, act: closes},
		{name: "cut in the header block", status: 502, closed: true, act: func(p *rogueConn, id uint32) {
			p.do(p.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: p.block(":status", "200")}))
			p.cut()
		}},
		{name: "cut after 1xx", status: 502, closed: true, act: func(p *rogueConn, id uint32) { p.respond(id, false, ":status", "103"); p.cut() }},
		breach{name: "cut after the headers", closed: true, act: func(p *rogueConn, id uint32) {
			p.respond(id, false, ":status", "200")
			p.cut()
		}}.cutShort(),
		breach{name: "cut in the body", closed: true, act: begun(closes)}.cutShort(),
		breach{name: "cut in a frame", closed: true, act: begun(func(p *rogueConn, id uint32) {
			p.bytes([]byte{0, 0, 20, 0, 1, 0, 0, 0, byte(id), 'a', 'b'})
			p.cut()
		})}.cutShort(),
		breach{name: "cut in the trailers", closed: true, act: begun(func(p *rogueConn, id uint32) {
			p.do(p.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, EndStream: true, BlockFragment: p.block("a", "b")}))
			p.cut()
		})}.cutShort(),
		{name: "RST_STREAM NO_ERROR before the response", status: 502, act: reset(http2.ErrCodeNo)},
		{name: "RST_STREAM HTTP_1_1_REQUIRED before the response", status: 502, act: reset(http2.ErrCodeHTTP11Required)},
		{name: "REFUSED_STREAM before the response", status: 200, act: reset(http2.ErrCodeRefusedStream)},
	}
	for code := http2.ErrCodeNo; code <= http2.ErrCodeHTTP11Required+2; code++ {
		all = append(all, breach{name: "RST_STREAM " + code.String() + " in the response", act: begun(reset(code))}.cutShort())
	}
	bodyless := func(name, method, status string) breach {
		return breach{name: name, method: method, reset: protocolError, kind: "content_length", act: func(p *rogueConn, id uint32) {
			p.respond(id, false, ":status", status)
			p.data(id, true, 10)
		}}
	}
	return append(all,
		breach{name: "content-length with 204", status: 204, act: answer1(":status", "204", "content-length", "5")},
		bodyless("HEAD with a body", http.MethodHead, "200"),
		bodyless("204 with a body", http.MethodGet, "204"),
		bodyless("304 with a body", http.MethodGet, "304"),
	)
}

// floods are what an origin may do once and not for ever.
func floods() []breach {
	flood := func(name, kind string, step func(p *rogueConn, id uint32)) breach {
		return breach{name: name, goAway: calm, kind: kind, status: 502, act: func(p *rogueConn, id uint32) {
			for i := 0; i < 100_000 && !p.over(); i++ {
				step(p, id)
			}
		}}
	}
	return []breach{
		flood("PING flood", "too_many_control_frames", func(p *rogueConn, _ uint32) { p.do(p.framer.WritePing(false, [8]byte{})) }),
		flood("SETTINGS flood", "too_many_control_frames", func(p *rogueConn, _ uint32) { p.do(p.framer.WriteSettings()) }),
		flood("WINDOW_UPDATE flood", "too_many_control_frames", func(p *rogueConn, _ uint32) { p.do(p.framer.WriteWindowUpdate(0, 1)) }),
		flood("WINDOW_UPDATE flood on the stream", "too_many_control_frames", func(p *rogueConn, id uint32) { p.do(p.framer.WriteWindowUpdate(id, 1)) }),
		flood("PRIORITY flood", "too_many_control_frames", func(p *rogueConn, _ uint32) { p.raw(http2.FramePriority, 0, 1001, 0, 0, 0, 0, 1) }),
		flood("flood of unknown frames", "too_many_control_frames", func(p *rogueConn, id uint32) { p.raw(0x77, 0, id) }),
		flood("GOAWAY flood", "too_many_control_frames", func(p *rogueConn, _ uint32) { p.do(p.framer.WriteGoAway(1<<31-1, http2.ErrCodeNo, nil)) }),
		flood("CONTINUATION flood", "too_many_fragments", func(p *rogueConn, id uint32) {
			if p.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: p.block(":status", "200")}) == nil {
				for !p.over() {
					p.do(p.framer.WriteContinuation(id, false, p.block("a", strings.Repeat("b", 1000))))
				}
			}
		}),
		flood("empty CONTINUATION flood", "too_many_fragments", func(p *rogueConn, id uint32) {
			if p.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: p.block(":status", "200")}) == nil {
				for !p.over() {
					p.do(p.framer.WriteContinuation(id, false, nil))
				}
			}
		}),
		breach{name: "empty DATA flood", goAway: calm, kind: "empty_frames", act: func(p *rogueConn, id uint32) {
			p.respond(id, false, ":status", "200")
			for !p.over() {
				p.data(id, false, 0)
			}
		}}.cutShort(),
		{name: "RST_STREAM flood on a closed stream", goAway: calm, kind: "too_many_resets", status: 200, act: func(p *rogueConn, id uint32) {
			p.honest(id)
			for !p.over() {
				p.do(p.framer.WriteRSTStream(id, http2.ErrCodeCancel))
			}
		}},
		{name: "HEADERS flood on a stream that was reset", goAway: calm, kind: "too_many_control_frames", status: 502, act: func(p *rogueConn, id uint32) {
			p.data(id, false, 1) // before HEADERS: the gateway resets it
			for !p.over() {
				p.respond(id, false, ":status", "200", "a", strings.Repeat("b", 100))
			}
		}},
		{name: "a header block that does not end", goAway: calm, kind: "slow_headers", status: 502, act: func(p *rogueConn, id uint32) {
			p.do(p.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: p.block(":status", "200")}))
		}},
	}
}
