package header

// List is an ordered list of header fields that owns its bytes. The zero value
// is empty and ready. Names are in lower case, pseudo-fields come first and
// begin with a colon. A List may be reused with Reset, which keeps its memory.
//
// Name and Value return views of the list's memory: they are valid until the
// next Reset and must not be changed. A List belongs to one goroutine.
type List struct {
	buf    []byte
	fields []span
	size   int
}

// span locates a field in List.buf: the name, then the value behind it.
type span struct {
	off       uint32
	nameLen   uint32
	valueLen  uint32
	token     Token
	sensitive bool
}

// entryOverhead is what RFC 9113 §6.5.2 adds to each field's length when the
// size of a header list is limited.
const entryOverhead = 32

// Reset empties the list and keeps its memory.
func (l *List) Reset() {
	l.buf = l.buf[:0]
	l.fields = l.fields[:0]
	l.size = 0
}

// Add appends a copy of a field.
func (l *List) Add(name, value string) { add(l, name, value, false) }

// AddBytes appends a copy of a field; sensitive ones are never indexed
// (RFC 7541 §7.1.3).
func (l *List) AddBytes(name, value []byte, sensitive bool) { add(l, name, value, sensitive) }

// AddSensitive appends a copy of a field that must never be indexed.
func (l *List) AddSensitive(name, value string) { add(l, name, value, true) }

// AddFrom appends a copy of field i of src.
func (l *List) AddFrom(src *List, i int) {
	f := src.fields[i]
	n := f.nameLen + f.valueLen
	off := uint32(len(l.buf))
	l.buf = append(l.buf, src.buf[f.off:f.off+n]...)
	f.off = off
	l.fields = append(l.fields, f)
	l.size += int(n) + entryOverhead
}

// CopyFrom makes l a copy of src.
func (l *List) CopyFrom(src *List) {
	l.buf = append(l.buf[:0], src.buf...)
	l.fields = append(l.fields[:0], src.fields...)
	l.size = src.size
}

func add[T string | []byte](l *List, name, value T, sensitive bool) {
	off := uint32(len(l.buf))
	l.buf = append(l.buf, name...)
	l.buf = append(l.buf, value...)
	l.fields = append(l.fields, span{
		off: off, nameLen: uint32(len(name)), valueLen: uint32(len(value)),
		token: Lookup(l.buf[off : off+uint32(len(name))]), sensitive: sensitive,
	})
	l.size += len(name) + len(value) + entryOverhead
}

// Len returns the number of fields.
func (l *List) Len() int { return len(l.fields) }

// Size returns the size of the list as RFC 9113 §6.5.2 counts it: 32 bytes for
// each field beside its name and value.
func (l *List) Size() int { return l.size }

// Name returns the name of field i.
func (l *List) Name(i int) []byte {
	f := &l.fields[i]
	return l.buf[f.off : f.off+f.nameLen : f.off+f.nameLen]
}

// Value returns the value of field i.
func (l *List) Value(i int) []byte {
	f := &l.fields[i]
	v := f.off + f.nameLen
	return l.buf[v : v+f.valueLen : v+f.valueLen]
}

// Token returns the token of field i's name.
func (l *List) Token(i int) Token { return l.fields[i].token }

// Sensitive reports whether field i must never be indexed.
func (l *List) Sensitive(i int) bool { return l.fields[i].sensitive }

// Get returns the first value whose name has the token, and whether there is one.
func (l *List) Get(t Token) ([]byte, bool) {
	for i := range l.fields {
		if l.fields[i].token == t {
			return l.Value(i), true
		}
	}
	return nil, false
}

// Find returns the first value with the name, and whether there is one.
func (l *List) Find(name string) ([]byte, bool) {
	for i := range l.fields {
		if string(l.Name(i)) == name {
			return l.Value(i), true
		}
	}
	return nil, false
}
