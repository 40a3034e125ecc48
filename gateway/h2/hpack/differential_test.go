package hpack

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	xhpack "golang.org/x/net/http2/hpack"

	"github.com/hopscope/hopscope/gateway/h2/header"
)

func decoder() *Decoder { return NewDecoder(new(Scratch), 1<<20, 1<<16) }

// dump writes a list as lines of name, value and whether it is sensitive.
func dump(l *header.List) (lines []string) {
	for i := range l.Len() {
		lines = append(lines, fmt.Sprintf("%q: %q %v", l.Name(i), l.Value(i), l.Sensitive(i)))
	}
	return lines
}

func dumpOther(fields []xhpack.HeaderField) (lines []string) {
	for _, f := range fields {
		lines = append(lines, fmt.Sprintf("%q: %q %v", f.Name, f.Value, f.Sensitive))
	}
	return lines
}

// The examples of RFC 7541 Appendix C.3 (requests without Huffman), C.4 (with)
// and C.6 (responses with, in a table of 256 bytes), each three blocks on one
// connection.
func TestExamplesOfTheRFC(t *testing.T) {
	requests := []string{
		":method: GET|:scheme: http|:path: /|:authority: www.example.com",
		":method: GET|:scheme: http|:path: /|:authority: www.example.com|cache-control: no-cache",
		":method: GET|:scheme: https|:path: /index.html|:authority: www.example.com|custom-key: custom-value",
	}
	for name, c := range map[string]struct {
		limit  uint32
		blocks []string
		want   []string
	}{
		"C.3": {4096, []string{
			"828684410f7777772e6578616d706c652e636f6d",
			"828684be58086e6f2d6361636865",
			"828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
		}, requests},
		"C.4": {4096, []string{
			"828684418cf1e3c2e5f23a6ba0ab90f4ff",
			"828684be5886a8eb10649cbf",
			"828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
		}, requests},
		"C.6": {256, []string{
			"488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
			"4883640effc1c0bf",
			"88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
		}, []string{
			":status: 302|cache-control: private|date: Mon, 21 Oct 2013 20:13:21 GMT|location: https://www.example.com",
			":status: 307|cache-control: private|date: Mon, 21 Oct 2013 20:13:21 GMT|location: https://www.example.com",
			":status: 200|cache-control: private|date: Mon, 21 Oct 2013 20:13:22 GMT|location: https://www.example.com|content-encoding: gzip|set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
		}},
	} {
		d := decoder()
		d.table.resize(c.limit)
		for i, block := range c.blocks {
			p, err := hex.DecodeString(block)
			if err != nil {
				t.Fatal(err)
			}
			var l header.List
			if err := d.Decode(p, &l); err != nil {
				t.Fatalf("%s.%d: %v", name, i+1, err)
			}
			var got []string
			for j := range l.Len() {
				got = append(got, string(l.Name(j))+": "+string(l.Value(j)))
			}
			if s := strings.Join(got, "|"); s != c.want[i] {
				t.Errorf("%s.%d:\n got %s\nwant %s", name, i+1, s, c.want[i])
			}
		}
		if name == "C.6" && (d.table.n != 3 || d.table.size != 215) {
			t.Errorf("C.6: %d entries, %d bytes, want 3 and 215", d.table.n, d.table.size)
		}
	}
}

func TestHostileBlocks(t *testing.T) {
	for name, block := range map[string]string{
		"index 0":                       "80",
		"index beyond the tables":       "be",
		"endless integer":               "ffffffffffffffff",
		"integer of zeros":              "ff8080808080808080800f",
		"string beyond the block":       "400561",
		"name index beyond the tables":  "7f000161",
		"size update after a field":     "823f01",
		"size update over the limit":    "3fe21f",
		"padding of eight ones":         "00018161" + "0181ff",
		"padding of zeros":              "0001618118",
		"EOS":                           "00016184ffffffff",
		"truncated value":               "000161",
		"truncated integer":             "ff",
		"huffman padding longer than 7": "000161821fff",
	} {
		p, err := hex.DecodeString(block)
		if err != nil {
			t.Fatal(err)
		}
		var l header.List
		if err := decoder().Decode(p, &l); err == nil {
			t.Errorf("%s: decoded as %v", name, dump(&l))
		}
	}
}

func TestHuffmanIsThatOfAnother(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, s := range []string{"", "a", "www.example.com", strings.Repeat("zZ9!", 50), string(all), string(all[128:])} {
		want := xhpack.AppendHuffmanString(nil, s)
		got := appendHuffman(nil, []byte(s))
		if !bytes.Equal(got, want) || huffmanLen([]byte(s)) != len(want) {
			t.Errorf("%q: %x, want %x", s, got, want)
		}
		back, err := appendHuffmanDecoded(nil, got)
		if err != nil || string(back) != s {
			t.Errorf("%q came back as %q, %v", s, back, err)
		}
	}
}

// A static entry that HTTP/2 forbids is not taken for checked.
func TestStaticEntriesAreChecked(t *testing.T) {
	var l header.List
	if err := decoder().Decode([]byte{0x80 | 57, 0x80 | 58}, &l); err != nil {
		t.Fatal(err)
	}
	if l.Meta(0).Flags&header.Valid != 0 || l.Meta(1).Flags&header.Valid == 0 {
		t.Fatal("transfer-encoding is valid, or user-agent is not")
	}
}

// Values that occur once do not displace what repeats, and what repeats costs a
// byte or two.
func TestOnlyWhatRepeatsIsIndexed(t *testing.T) {
	enc, dec := NewEncoder(), xhpack.NewDecoder(4096, nil)
	size := 0
	for i := range 1000 {
		l := new(header.List)
		l.AddRepeated("x-stable", []byte("the same in every list"))
		l.Add("x-unique", fmt.Sprint("value ", i))
		l.AddSensitive("x-secret", "s")
		header.AddField(l, "authorization", "Bearer x", header.Meta{Token: header.Authorization, Flags: header.Repeated})
		block := enc.Append(nil, l)
		fields, err := dec.DecodeFull(block)
		if err != nil || !slices.Equal(dumpOther(fields), dump(l)) {
			t.Fatalf("%v, %v", dumpOther(fields), err)
		}
		size = len(block)
	}
	if enc.table.n != 1 {
		t.Errorf("%d entries in the table, want the one that repeats", enc.table.n)
	}
	if size > 60 {
		t.Errorf("a block takes %d bytes", size)
	}
}

// FuzzDecodeLikeAnother decodes arbitrary blocks, several on one connection, and
// compares with golang.org/x/net's decoder. We may refuse what it accepts only
// for integers that are encoded absurdly and for size updates within a block. It
// refuses a second size update if its table holds anything, which may be sent and
// we take (RFC 7541 §4.2).
func FuzzDecodeLikeAnother(f *testing.F) {
	f.Add([]byte("\x82\x86\x84\x41\x0fwww.example.com"), []byte("\x82\xbe"))
	f.Add([]byte("\x40\x0acustom-key\x0dcustom-header"), []byte("\x3f\x01\xbe"))
	f.Add([]byte("\x10\x08password\x06secret"), []byte("\x20\x3f\xe1\x1f\x88"))
	f.Add([]byte("\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"), []byte("\xbe\x00\x81\x1f\x81\xff"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		ours, other := decoder(), xhpack.NewDecoder(TableSize, nil)
		for _, p := range [][]byte{a, b, a} {
			var l header.List
			err := ours.Decode(p, &l)
			fields, errOther := other.DecodeFull(p)
			if errOther == nil && (errors.Is(err, errInteger) || errors.Is(err, errSizeUpdate)) {
				return
			}
			if err == nil && secondSizeUpdate(p) && errOther != nil {
				return
			}
			if (err == nil) != (errOther == nil) {
				t.Fatalf("%x: %v, another says %v", p, err, errOther)
			}
			if err != nil {
				return
			}
			if !slices.Equal(dump(&l), dumpOther(fields)) {
				t.Fatalf("%x:\n%v, another says\n%v", p, dump(&l), dumpOther(fields))
			}
		}
	})
}

// secondSizeUpdate reports whether a block begins with two size updates.
func secondSizeUpdate(p []byte) bool {
	for range 2 {
		if len(p) == 0 || p[0]&0xe0 != 0x20 {
			return false
		}
		more := p[0]&0x1f == 0x1f
		for p = p[1:]; more && len(p) > 0; p = p[1:] {
			more = p[0]&0x80 != 0
		}
	}
	return true
}

// FuzzBothWays sends lists through each implementation's encoder and the other's
// decoder, with table sizes that change and fields that repeat.
func FuzzBothWays(f *testing.F) {
	f.Add("name\x00value\x00:path\x00/\x00name\x00value", uint16(4096), uint16(100))
	f.Add("a\x00b\x00c\x00d\x00authorization\x00secret", uint16(0), uint16(4096))
	f.Add(strings.Repeat("x\x00y\x00", 200), uint16(64), uint16(33))
	f.Add("traceparent\x001\x00tracestate\x00a\x00traceparent\x002\x00cookie\x00c", uint16(101), uint16(4096))
	f.Fuzz(func(t *testing.T, s string, size1, size2 uint16) {
		parts := strings.Split(s, "\x00")
		enc, dec := NewEncoder(), xhpack.NewDecoder(TableSize, nil)
		enc.Plain = size1%2 == 1
		var buf bytes.Buffer
		encOther, decOurs := xhpack.NewEncoder(&buf), decoder()
		for round, size := range []uint16{TableSize, size1, TableSize, size2, TableSize} {
			enc.SetTableSize(uint32(size))
			encOther.SetMaxDynamicTableSize(min(uint32(size), TableSize))
			l := new(header.List)
			for i := 0; i+1 < len(parts); i += 2 {
				m := header.Meta{Token: header.Lookup([]byte(parts[i])), Flags: header.Flags(i/2+round) & (header.Sensitive | header.Repeated)}
				header.AddField(l, parts[i], parts[i+1], m)
			}
			fields, err := dec.DecodeFull(enc.Append(nil, l))
			if err != nil || !slices.Equal(dumpOther(fields), dump(l)) {
				t.Fatalf("round %d: another decodes\n%v, want\n%v (%v)", round, dumpOther(fields), dump(l), err)
			}
			buf.Reset()
			for i := range l.Len() {
				_ = encOther.WriteField(xhpack.HeaderField{Name: string(l.Name(i)), Value: string(l.Value(i)), Sensitive: l.Sensitive(i)})
			}
			var back header.List
			if err := decOurs.Decode(buf.Bytes(), &back); err != nil || !slices.Equal(dump(&back), dump(l)) {
				t.Fatalf("round %d: we decode\n%v, want\n%v (%v)", round, dump(&back), dump(l), err)
			}
			// What was decoded goes on with what its table knew.
			again, err := xhpack.NewDecoder(TableSize, nil).DecodeFull(NewEncoder().Append(nil, &back))
			if err != nil || !slices.Equal(dumpOther(again), dump(l)) {
				t.Fatalf("round %d: passed on as\n%v, want\n%v (%v)", round, dumpOther(again), dump(l), err)
			}
		}
	})
}

func BenchmarkPassOn(b *testing.B) {
	l := new(header.List)
	for _, kv := range [][2]string{
		{":method", "POST"},
		{":scheme", "http"},
		{":path", "/pkg.Service/Method"},
		{":authority", "localhost:8080"},
		{"content-type", "application/grpc"},
		{"user-agent", "grpc-go/1.85.0"},
		{"te", "trailers"},
		{"grpc-timeout", "1S"},
		{"grpc-accept-encoding", "gzip"},
		{"x-request-class", "interactive"},
		{"x-tenant", "one"},
		{"x-region", "eu-west"},
	} {
		l.AddRepeated(kv[0], []byte(kv[1]))
	}
	client := NewEncoder()
	client.Append(nil, l)
	block := client.Append(nil, l)
	dec, enc := decoder(), NewEncoder()
	_ = dec.Decode(NewEncoder().Append(nil, l), new(header.List))
	var list header.List
	out := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		list.Reset()
		if err := dec.Decode(block, &list); err != nil {
			b.Fatal(err)
		}
		out = enc.Append(out[:0], &list)
	}
}

func BenchmarkHuffmanDecode(b *testing.B) {
	p := appendHuffman(nil, []byte("https://www.example.com/some/longer/path?with=query&and=more"))
	dst := make([]byte, 0, 128)
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = appendHuffmanDecoded(dst[:0], p)
	}
}
