package header

// A decoded list is passed on in place: fields are dropped, replaced and added
// where they stand, and the bytes of the others are not copied.

// Keep moves field from to position to, which is not behind it. Keeping some
// fields in ascending order and then calling Truncate drops the others.
func (l *List) Keep(to, from int) {
	if to != from {
		l.fields[to] = l.fields[from]
	}
}

// Truncate drops the fields from n on.
func (l *List) Truncate(n int) {
	if n == len(l.fields) {
		return
	}
	l.fields = l.fields[:n]
	l.size = 0
	for i := range l.fields {
		l.size += int(l.fields[i].nameLen+l.fields[i].valueLen) + entryOverhead
	}
}

// Replace puts another field in the place of field i.
func (l *List) Replace(i int, name, value string, flags Flags) {
	addField(l, name, value, flags)
	last := len(l.fields) - 1
	old := l.fields[i]
	l.fields[i] = l.fields[last]
	l.fields = l.fields[:last]
	l.size -= int(old.nameLen+old.valueLen) + entryOverhead
}

// ToFront moves field i before all others.
func (l *List) ToFront(i int) {
	f := l.fields[i]
	copy(l.fields[1:i+1], l.fields[:i])
	l.fields[0] = f
}

// SetMeta replaces what is known of field i.
func (l *List) SetMeta(i int, m Meta) { l.fields[i].meta = m }
