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
	off      uint32
	nameLen  uint32
	valueLen uint32
	meta     Meta
}

// Meta is what is known of a field beside its bytes, so that it has to be found
// out only once.
type Meta struct {
	Hash   uint32 // of name and value, as package hpack has it; 0: not computed
	Token  Token
	Static uint8 // index of the whole field in HPACK's static table; 0: none
	Flags  Flags
}

// Flags say what is known of a field.
type Flags uint8

// The flags.
const (
	Sensitive Flags = 1 << iota // must never be indexed (RFC 7541 §7.1.3)
	Repeated                    // came before and will come again: worth indexing
	Valid                       // CheckField has accepted it
)

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
func (l *List) Add(name, value string) { addField(l, name, value, 0) }

// AddRepeated appends a copy of a field that other lists on the same connection
// have with the same value.
func (l *List) AddRepeated(name string, value []byte) { addField(l, name, value, Repeated) }

// AddSensitive appends a copy of a field that must never be indexed.
func (l *List) AddSensitive(name, value string) { addField(l, name, value, Sensitive) }

// AddBytes appends a copy of a field; sensitive ones are never indexed
// (RFC 7541 §7.1.3).
func (l *List) AddBytes(name, value []byte, sensitive bool) {
	f := Flags(0)
	if sensitive {
		f = Sensitive
	}
	addField(l, name, value, f)
}

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

func addField[N, V string | []byte](l *List, name N, value V, f Flags) {
	off := len(l.buf)
	l.buf = append(l.buf, name...)
	l.add(off, len(name), Meta{Token: Lookup(l.buf[off:]), Flags: f})
	l.buf = append(l.buf, value...)
	l.setValue(len(value))
}

// AddField appends a copy of a field of which everything is known.
func AddField[S string | []byte](l *List, name, value S, m Meta) {
	off := len(l.buf)
	l.buf = append(append(l.buf, name...), value...)
	l.add(off, len(name), m)
	l.setValue(len(value))
}

// AddRaw appends a copy of a field of which everything is known: a name of nameLen
// bytes with its value behind it.
func (l *List) AddRaw(raw []byte, nameLen uint32, m Meta) {
	off := uint32(len(l.buf))
	l.buf = append(l.buf, raw...)
	l.fields = append(l.fields, span{off, nameLen, uint32(len(raw)) - nameLen, m})
	l.size += len(raw) + entryOverhead
}

func (l *List) add(off, nameLen int, m Meta) {
	l.fields = append(l.fields, span{off: uint32(off), nameLen: uint32(nameLen), meta: m})
	l.size += nameLen + entryOverhead
}

func (l *List) setValue(n int) {
	l.fields[len(l.fields)-1].valueLen = uint32(n)
	l.size += n
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

// Raw returns the name of field i with the value behind it.
func (l *List) Raw(i int) []byte {
	f := &l.fields[i]
	return l.buf[f.off : f.off+f.nameLen+f.valueLen]
}

// Meta returns what is known of field i.
func (l *List) Meta(i int) Meta { return l.fields[i].meta }

// Token returns the token of field i's name.
func (l *List) Token(i int) Token { return l.fields[i].meta.Token }

// Sensitive reports whether field i must never be indexed.
func (l *List) Sensitive(i int) bool { return l.fields[i].meta.Flags&Sensitive != 0 }

// Get returns the first value whose name has the token, and whether there is one.
func (l *List) Get(t Token) ([]byte, bool) {
	for i := range l.fields {
		if l.fields[i].meta.Token == t {
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
