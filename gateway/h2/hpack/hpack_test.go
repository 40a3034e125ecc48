package hpack

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/gateway/h2/header"
)

func TestListsSurviveTheWay(t *testing.T) {
	enc, dec := NewEncoder(), NewDecoder(new(Scratch), 1<<16, 100)
	for range 3 { // the second time most of it is indexed
		in := new(header.List)
		in.Add(":method", "GET")
		in.Add("x", strings.Repeat("long ", 100))
		in.AddSensitive("authorization", "secret")
		out := new(header.List)
		if err := dec.Decode(enc.Append(nil, in), out); err != nil {
			t.Fatal(err)
		}
		if out.Len() != in.Len() {
			t.Fatalf("%d fields of %d", out.Len(), in.Len())
		}
		for i := range in.Len() {
			if string(in.Name(i)) != string(out.Name(i)) || string(in.Value(i)) != string(out.Value(i)) || in.Sensitive(i) != out.Sensitive(i) {
				t.Fatalf("%q: %q became %q: %q", in.Name(i), in.Value(i), out.Name(i), out.Value(i))
			}
		}
	}
}

// A list over a limit is cut, and the table is still in step afterwards.
func TestLimitsKeepTheTableInStep(t *testing.T) {
	for name, c := range map[string]struct {
		dec  *Decoder
		want error
	}{
		"bytes":  {NewDecoder(new(Scratch), 200, 100), ErrListTooLarge},
		"fields": {NewDecoder(new(Scratch), 1<<16, 2), ErrTooManyFields},
	} {
		enc := NewEncoder()
		big := new(header.List)
		big.Add("a", "1")
		big.Add("b", strings.Repeat("x", 300))
		big.Add("c", "3")
		out := new(header.List)
		if err := c.dec.Decode(enc.Append(nil, big), out); !errors.Is(err, c.want) {
			t.Fatalf("%s: %v, want %v", name, err, c.want)
		}
		small := new(header.List)
		small.Add("c", "3") // in the table since then
		out.Reset()
		if err := c.dec.Decode(enc.Append(nil, small), out); err != nil || out.Len() != 1 || string(out.Value(0)) != "3" {
			t.Fatalf("%s: afterwards %v, %d fields", name, err, out.Len())
		}
	}
}

func FuzzDecode(f *testing.F) {
	l := new(header.List)
	l.Add(":path", "/x")
	l.Add("y", "z")
	f.Add(NewEncoder().Append(nil, l))
	f.Fuzz(func(t *testing.T, p []byte) {
		d := NewDecoder(new(Scratch), 500, 5)
		out := new(header.List)
		_ = d.Decode(p, out)
		if out.Size() > 500 || out.Len() > 5 {
			t.Fatalf("%d bytes, %d fields", out.Size(), out.Len())
		}
	})
}

func TestNameOfATraceFieldIsSentOnce(t *testing.T) {
	enc, dec := NewEncoder(), NewDecoder(new(Scratch), 1<<16, 100)
	enc.Plain = true
	for i, want := range []int{1 + 12 + 3, 2 + 3, 2 + 3} {
		value := string(rune('a' + i))
		l := new(header.List)
		l.Add("traceparent", value+value)
		block := enc.Append(nil, l)
		if len(block) != want {
			t.Errorf("block %d takes %d bytes, want %d: % x", i, len(block), want, block)
		}
		var got header.List
		if err := dec.Decode(block, &got); err != nil || string(got.Value(0)) != value+value {
			t.Errorf("block %d: %q, %v", i, got.Value(0), err)
		}
	}
	if enc.TableBytes() != 11+2+32 {
		t.Errorf("the table holds %d bytes: later values went into it", enc.TableBytes())
	}
	enc.SetTableSize(0) // the entry goes, and its name with it
	l := new(header.List)
	l.Add("traceparent", "zz")
	var got header.List
	if err := dec.Decode(enc.Append(nil, l), &got); err != nil || string(got.Value(0)) != "zz" {
		t.Errorf("%q, %v", got.Value(0), err)
	}
}

// Few bytes that stand for many fields, or for a long one many times, are not even
// decoded to their end; a list that is merely too large is.
func TestBombIsNotDecodedToItsEnd(t *testing.T) {
	const maxBytes, maxFields = 1 << 14, 256
	long := append(appendInteger([]byte{0x40, 1, 'a'}, 0, 7, 4000), bytes.Repeat([]byte("v"), 4000)...)
	for name, c := range map[string]struct {
		block []byte
		refs  int
		want  error
	}{
		"many fields":          {nil, 4*maxFields + 2, ErrBomb},
		"too many fields":      {nil, 4 * maxFields, ErrTooManyFields},
		"a long one many time": {long, 17, ErrBomb},
		"a long one too often": {long, 10, ErrListTooLarge},
	} {
		d := NewDecoder(new(Scratch), maxBytes, maxFields)
		index := byte(0x80 | 2)
		if c.block != nil {
			index = 0x80 | 62
		}
		block := append(bytes.Clone(c.block), bytes.Repeat([]byte{index}, c.refs)...)
		var l header.List
		if err := d.Decode(block, &l); err != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
