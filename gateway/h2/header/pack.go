package header

import "encoding/binary"

// AppendPacked appends the first n fields of the list in a form that takes little more than its bytes,
// for a list that may never be needed again: the number of fields, the lengths
// of each, then names and values. Of what is known of a field, Sensitive and
// Repeated are kept.
func (l *List) AppendPacked(dst []byte, n int) []byte {
	fields := l.fields[:n]
	dst = binary.AppendUvarint(dst, uint64(n))
	for i := range fields {
		f := &fields[i]
		dst = appendLength(dst, f.nameLen<<2|uint32(f.meta.Flags&(Sensitive|Repeated)))
		dst = appendLength(dst, f.valueLen)
	}
	for i := 0; i < n; {
		// Fields that stand one behind the other are copied at once.
		from := fields[i].off
		to := from
		for ; i < n && fields[i].off == to; i++ {
			to += fields[i].nameLen + fields[i].valueLen
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

// PackedSize returns a bound of what AppendPacked appends for n fields, in bytes.
func (l *List) PackedSize(n int) int {
	size := 1
	if n >= 0x80 {
		size += 4
	}
	for i := range l.fields[:n] {
		f := &l.fields[i]
		size += int(f.nameLen + f.valueLen)
		if size += 2; f.nameLen >= 0x80>>2 {
			size += 4
		}
		if f.valueLen >= 0x80 {
			size += 4
		}
	}
	return size
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
