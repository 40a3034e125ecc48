package hpack

import (
	"bytes"
	"hash/maphash"

	"github.com/hopscope/hopscope/gateway/h2/header"
)

// Encoder encodes the header blocks of one direction of a connection, in order.
// It belongs to the connection's goroutine.
//
// A field is inserted into the table only when the side that it came from refers
// back to it, or when the gateway says that it will come again: values that occur
// once, such as ids, then displace nothing. A trace field, whose value is another
// in each request, is inserted once for its name.
type Encoder struct {
	table table
	// Plain has string literals sent as they are. Origins are near: the bytes
	// that Huffman coding saves are worth less than the time it takes both sides.
	Plain bool
	// recent finds entries by hash: the number, plus one, of an entry whose hash
	// leads here or a few slots before. What was evicted is a free slot.
	recent []uint32
	// names holds, by token, the number, plus one, of an entry with the name.
	names  [header.NumTokens]uint32
	lowest uint32 // of the sizes that the peer asked for since the last block
	update bool   // a size update is due
}

const (
	recentSlots = 256 // at least twice the entries that a table can hold
	recentProbe = 4
)

// NewEncoder returns an encoder with the default table.
func NewEncoder() *Encoder { return &Encoder{table: table{max: TableSize}} }

// SetTableSize follows the peer's SETTINGS_HEADER_TABLE_SIZE, up to TableSize.
func (e *Encoder) SetTableSize(n uint32) {
	n = min(n, TableSize)
	if n == e.table.max && !e.update {
		return
	}
	if !e.update || n < e.lowest {
		e.lowest = n
	}
	e.update = true
	e.table.resize(n)
}

// TableBytes returns the size of the dynamic table as RFC 7541 §4.1 counts it.
func (e *Encoder) TableBytes() uint32 { return e.table.size }

// Append appends the header block of list. The blocks must be sent in the order
// in which they were encoded.
func (e *Encoder) Append(dst []byte, list *header.List) []byte {
	if e.update { // RFC 7541 §4.2: the lowest size, then the final one
		if e.lowest < e.table.max {
			dst = appendInteger(dst, 0x20, 5, e.lowest)
		}
		dst = appendInteger(dst, 0x20, 5, e.table.max)
		e.update = false
	}
	for i := range list.Len() {
		dst = e.field(dst, list, i)
	}
	return dst
}

func (e *Encoder) field(dst []byte, list *header.List, i int) []byte {
	m := list.Meta(i)
	if m.Static != 0 {
		return append(dst, 0x80|m.Static)
	}
	name, value := list.Name(i), list.Value(i)
	if m.Flags&header.Sensitive != 0 {
		return e.literal(dst, 0x10, 4, m.Token, name, value)
	}
	if s := staticField(m.Token, value); s != 0 {
		return append(dst, 0x80|s)
	}
	size := uint32(len(name)+len(value)) + entryOverhead
	if size > e.table.max || secret(m.Token) {
		return e.literal(dst, 0, 4, m.Token, name, value)
	}
	if m.Flags&header.Repeated == 0 {
		if !m.Token.IsTrace() || e.hasName(m.Token) {
			return e.literal(dst, 0, 4, m.Token, name, value)
		}
		return e.insert(dst, m, name, value)
	}
	if m.Hash == 0 {
		m.Hash = hash(list.Raw(i))
	}
	slot, number, ok := e.find(m.Hash, uint32(len(name)), list.Raw(i))
	if ok {
		return appendInteger(dst, 0x80, 7, staticLen+e.table.total-number)
	}
	dst = e.insert(dst, m, name, value)
	e.recent[slot] = e.table.total // its number plus one
	return dst
}

// insert appends a literal that enters the table.
func (e *Encoder) insert(dst []byte, m header.Meta, name, value []byte) []byte {
	dst = e.literal(dst, 0x40, 6, m.Token, name, value)
	e.table.add(name, value, m)
	if named(m.Token) {
		e.names[m.Token] = e.table.total // its number plus one
	}
	return dst
}

// named reports whether a token stands for one name.
func named(t header.Token) bool { return t != header.Unknown && t != header.PseudoUnknown }

// hasName reports whether the table has an entry with a token's name.
func (e *Encoder) hasName(t header.Token) bool {
	n := e.names[t]
	return n != 0 && e.table.has(n-1)
}

// find returns the number of the entry with a name of nameLen bytes and the value
// behind it in raw, or the slot for a new one.
func (e *Encoder) find(h, nameLen uint32, raw []byte) (slot, number uint32, ok bool) {
	if e.recent == nil {
		e.recent = make([]uint32, recentSlots)
	}
	free, found := h%recentSlots, false
	for i := range uint32(recentProbe) {
		slot = (h + i) % recentSlots
		number = e.recent[slot] - 1
		if e.recent[slot] == 0 || !e.table.has(number) {
			if !found {
				free, found = slot, true
			}
			continue
		}
		en := e.table.number(number)
		if en.meta.Hash == h && en.nameLen == nameLen && bytes.Equal(e.table.raw(en), raw) {
			return slot, number, true
		}
	}
	return free, 0, false
}

// literal appends a literal field whose first byte begins with the given bits.
func (e *Encoder) literal(dst []byte, first byte, prefix uint, t header.Token, name, value []byte) []byte {
	if i := staticNames[t]; i != 0 {
		dst = appendInteger(dst, first, prefix, uint32(i))
	} else if named(t) && e.hasName(t) {
		dst = appendInteger(dst, first, prefix, staticLen+e.table.total-(e.names[t]-1))
	} else {
		dst = e.string(append(dst, first), name)
	}
	return e.string(dst, value)
}

// string appends a string literal, in the shorter of the two codings unless the
// encoder is plain (RFC 7541 §5.2).
func (e *Encoder) string(dst, p []byte) []byte {
	if !e.Plain {
		if n := huffmanLen(p); n < len(p) {
			return appendHuffman(appendInteger(dst, 0x80, 7, uint32(n)), p)
		}
	}
	return append(appendInteger(dst, 0, 7, uint32(len(p))), p...)
}

// secret reports whether a field is never put into a table that several clients
// share: the size of what it compresses to could be probed (RFC 7541 §7.1).
func secret(t header.Token) bool {
	return t == header.Authorization || t == header.ProxyAuthorization || t == header.Cookie || t == header.SetCookie
}

// Index computes what the encoder looks fields up by, for a list from which fields
// are copied into many others.
func Index(list *header.List) {
	for i := range list.Len() {
		m := list.Meta(i)
		m.Hash = hash(list.Raw(i))
		list.SetMeta(i, m)
	}
}

// seed makes hashes unpredictable, so that no peer can make them collide.
var seed = maphash.MakeSeed()

// hash returns a hash of a field's name and value, never 0.
func hash(p []byte) uint32 { return uint32(maphash.Bytes(seed, p)) | 1 }
