package header

import (
	"fmt"
	"strings"
	"testing"
)

func listOf(kv ...string) *List {
	l := new(List)
	for i := 0; i < len(kv); i += 2 {
		l.Add(kv[i], kv[i+1])
	}
	return l
}

// show writes a list as the wire would have it, with its flags.
func show(l *List) string {
	var b strings.Builder
	for i := range l.Len() {
		fmt.Fprintf(&b, "%s=%s/%d/%d ", l.Name(i), l.Value(i), l.Token(i), l.Meta(i).Flags&(Sensitive|Repeated))
	}
	return b.String()
}

// sizeOf counts as RFC 9113 §6.5.2 does.
func sizeOf(l *List) (n int) {
	for i := range l.Len() {
		n += len(l.Name(i)) + len(l.Value(i)) + 32
	}
	return n
}

func TestListIsEditedInPlace(t *testing.T) {
	l := listOf(":method", "GET", "host", "a", ":scheme", "https", "x", "1", "y", "2")
	n := 0
	for i := range l.Len() {
		if l.Token(i) == Host || string(l.Name(i)) == "x" {
			continue
		}
		l.Keep(n, i)
		if l.Token(n) == Scheme {
			l.Replace(n, ":scheme", "http", Repeated)
		}
		n++
	}
	l.Truncate(n)
	l.Add(":authority", "b")
	l.ToFront(l.Len() - 1)
	want := listOf(":authority", "b", ":method", "GET")
	want.AddRepeated(":scheme", []byte("http"))
	want.Add("y", "2")
	if show(l) != show(want) {
		t.Errorf("%s, want %s", show(l), show(want))
	}
	if l.Size() != sizeOf(l) {
		t.Errorf("size %d, want %d", l.Size(), sizeOf(l))
	}
}

func TestPackedListIsTheSame(t *testing.T) {
	l := listOf(":method", "GET", "gone", "x", "long-"+strings.Repeat("n", 200), strings.Repeat("v", 70000), "empty", "")
	l.AddSensitive("authorization", "secret")
	l.AddRepeated("content-type", []byte("application/grpc"))
	l.Keep(1, 2)
	l.Keep(2, 3)
	l.Keep(3, 4)
	l.Keep(4, 5)
	l.Truncate(5)
	p := l.AppendPacked(nil, l.Len())
	if len(p) > l.PackedSize(l.Len()) {
		t.Errorf("%d bytes, PackedSize says %d", len(p), l.PackedSize(l.Len()))
	}
	got := listOf("old", "content")
	got.Unpack(p)
	if show(got) != show(l) || got.Size() != l.Size() {
		t.Errorf("%s (%d), want %s (%d)", show(got), got.Size(), show(l), l.Size())
	}
	var empty, none List
	none.Unpack(empty.AppendPacked(nil, 0))
	if none.Len() != 0 {
		t.Error("fields out of nothing")
	}
}

func FuzzPack(f *testing.F) {
	f.Add("a=b,c=,authorization=x", uint8(1))
	f.Add(strings.Repeat("n", 40)+"="+strings.Repeat("v", 200), uint8(0))
	f.Fuzz(func(t *testing.T, s string, drop uint8) {
		l := new(List)
		for i, f := range strings.Split(s, ",") {
			k, v, _ := strings.Cut(f, "=")
			l.AddBytes([]byte(k), []byte(v), i%3 == 0)
		}
		n := 0
		for i := range l.Len() {
			if i != int(drop) {
				l.Keep(n, i)
				n++
			}
		}
		l.Truncate(n)
		var got List
		got.Unpack(l.AppendPacked(nil, l.Len()))
		if show(&got) != show(l) || got.Size() != sizeOf(l) || l.Size() != sizeOf(l) {
			t.Errorf("%s, want %s", show(&got), show(l))
		}
	})
}
