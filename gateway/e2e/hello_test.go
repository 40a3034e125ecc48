package e2e

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"testing"
	"time"
)

// answerToHello is what a server says to a ClientHello: an alert, or the cipher
// suite and the compression that it chose.
type answerToHello struct {
	alert       uint8
	suite       uint16
	compression uint8
}

// sendHello sends a ClientHello of TLS 1.2 with any cipher suites and compression
// methods, as no library would, and returns the answer.
func sendHello(t *testing.T, address string, suites []uint16, compression ...uint8) answerToHello {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(patience))
	if _, err := nc.Write(records(hello(suites, compression))); err != nil {
		t.Fatal(err)
	}
	var head [5]byte
	if _, err := io.ReadFull(nc, head[:]); err != nil {
		t.Fatalf("no answer to a ClientHello: %v", err)
	}
	body := make([]byte, binary.BigEndian.Uint16(head[3:]))
	if _, err := io.ReadFull(nc, body); err != nil {
		t.Fatal(err)
	}
	const alert, handshake, serverHello = 21, 22, 2
	switch {
	case head[0] == alert && len(body) == 2:
		return answerToHello{alert: body[1]}
	case head[0] == handshake && len(body) > 39 && body[0] == serverHello:
		rest := body[4+2+32:] // message header, version, random
		rest = rest[1+int(rest[0]):]
		return answerToHello{suite: binary.BigEndian.Uint16(rest), compression: rest[2]}
	}
	t.Fatalf("neither an alert nor a ServerHello: %x %x", head, body[:min(len(body), 8)])
	return answerToHello{}
}

// hello returns a ClientHello (RFC 5246 §7.4.1.2).
func hello(suites []uint16, compression []uint8) []byte {
	extension := func(kind uint16, data ...byte) []byte {
		return append(binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, kind), uint16(len(data))), data...)
	}
	var extensions []byte
	for _, e := range [][]byte{
		extension(10, 0, 4, 0, 29, 0, 23),                  // supported_groups: x25519, P-256
		extension(11, 1, 0),                                // ec_point_formats: uncompressed
		extension(13, 0, 10, 4, 3, 8, 4, 4, 1, 2, 1, 2, 3), // signature_algorithms
		extension(16, 0, 3, 2, 'h', '2'),                   // ALPN
		extension(23),                                      // extended_master_secret
		extension(0xff01, 0),                               // renegotiation_info
	} {
		extensions = append(extensions, e...)
	}
	body := append([]byte{3, 3}, make([]byte, 32)...) // version and random
	body = append(body, 0)                            // session id
	body = binary.BigEndian.AppendUint16(body, uint16(2*len(suites)))
	for _, s := range suites {
		body = binary.BigEndian.AppendUint16(body, s)
	}
	body = append(append(body, uint8(len(compression))), compression...)
	body = append(binary.BigEndian.AppendUint16(body, uint16(len(extensions))), extensions...)
	return append([]byte{1, uint8(len(body) >> 16), uint8(len(body) >> 8), uint8(len(body))}, body...)
}

// records cuts a handshake message into records.
func records(message []byte) []byte {
	var out []byte
	for len(message) > 0 {
		n := min(len(message), 1<<14)
		out = append(out, 22, 3, 1, uint8(n>>8), uint8(n))
		out, message = append(out, message[:n]...), message[n:]
	}
	return out
}

// String implements fmt.Stringer.
func (a answerToHello) String() string {
	return fmt.Sprintf("alert %d, suite %#04x, compression %d", a.alert, a.suite, a.compression)
}
