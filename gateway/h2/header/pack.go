package header

import "encoding/binary"

// AppendPacked appends the list in a form that takes little more than its bytes,
// for a list that may never be needed again: the number of fields, the lengths
// of each, then names and values. Of what is known of a field, Sensitive and
// Repeated are kept.
func (l *List) AppendPacked(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(l.fields)))
	for i := range l.fields {
		f := &l.fields[i]
		dst = appendLength(dst, f.nameLen<<2|uint32(f.meta.Flags&(Sensitive|Repeated)))
		dst = appendLength(dst, f.valueLen)
	}
	for i := 0; i < len(l.fields); {
		// Fields that stand one behind the other are copied at once.
		from := l.fields[i].off
		to := from
		for ; i < len(l.fields) && l.fields[i].off == to; i++ {
			to += l.fields[i].nameLen + l.fields[i].valueLen
		}
		dst = append(dst, l.buf[from:to]...)
	}
	return dst
}

func appendLength(dst []byte, n uint32) []byte {
	if n < 0x80 {
		return append(dst, byte(n))
	}
	return binary.AppendUvarint(dst, uint64(n))
}

// PackedSize returns a bound of what AppendPacked appends, in bytes.
func (l *List) PackedSize() int {
	n := 5
	for i := range l.fields {
		f := &l.fields[i]
		n += int(f.nameLen + f.valueLen)
		if n += 2; f.nameLen >= 0x80>>2 {
			n += 4
		}
		if f.valueLen >= 0x80 {
			n += 4
		}
	}
	return n
}

// Unpack fills the list from what AppendPacked made.
func (l *List) Unpack(p []byte) {
	l.Reset()
	n, p := readLength(p)
	l.fields = append(l.fields, make([]span, n)...)
	off := uint32(0)
	for i := range l.fields {
		f := &l.fields[i]
		f.nameLen, p = readLength(p)
		f.meta.Flags = Flags(f.nameLen)&(Sensitive|Repeated) | Valid
		f.nameLen >>= 2
		f.valueLen, p = readLength(p)
		f.off = off
		off += f.nameLen + f.valueLen
		l.size += int(f.nameLen+f.valueLen) + entryOverhead
	}
	l.buf = append(l.buf, p...)
	for i := range l.fields {
		l.fields[i].meta.Token = Lookup(l.Name(i))
	}
}

func readLength(p []byte) (uint32, []byte) {
	n, size := binary.Uvarint(p)
	return uint32(n), p[size:]
}
