package hpack

import (
	"errors"

	"github.com/hopscope/hopscope/gateway/h2/header"
)

// TableSize is the size of the dynamic table that we keep for each direction of
// a connection, in bytes: the default of RFC 9113 §6.5.2.
const TableSize = 4096

// ErrListTooLarge and ErrTooManyFields report that a list went over a limit. The
// block was decoded whole, so the connection's table is still in step, but the
// list holds only what fitted.
var (
	ErrListTooLarge  = errors.New("header list too large")
	ErrTooManyFields = errors.New("too many header fields")
)

// ErrBomb reports a list of several times what is allowed, which no honest peer
// sends: a few bytes of references stand for many fields, or for a long one many
// times (CVE-2016-6581, CVE-2026-49975). The rest of the block was not looked at,
// so the connection cannot go on.
var ErrBomb = errors.New("header list of several times the limit")

// bombFactor is how many times a list may be larger than allowed before it is not
// even decoded to its end.
const bombFactor = 4

var (
	errIndex      = errors.New("hpack: index beyond the tables")
	errSizeUpdate = errors.New("hpack: invalid table size update")
)

// Scratch is memory that the decoders of one goroutine share. The zero value is
// ready.
type Scratch struct{ buf []byte }

// Decoder decodes the header blocks of one direction of a connection, in order.
// It belongs to the connection's goroutine.
type Decoder struct {
	table     table
	scratch   *Scratch
	maxBytes  int
	maxFields int
}

// NewDecoder returns a decoder that keeps at most maxBytes (as RFC 9113 §6.5.2
// counts them) and maxFields of each list.
func NewDecoder(scratch *Scratch, maxBytes, maxFields uint32) *Decoder {
	return &Decoder{table: table{max: TableSize}, scratch: scratch, maxBytes: int(maxBytes), maxFields: int(maxFields)}
}

// Decode appends the fields of a whole block to list. An error other than
// ErrListTooLarge, ErrTooManyFields and ErrBomb is a COMPRESSION_ERROR of the
// connection (RFC 9113 §4.3).
func (d *Decoder) Decode(block []byte, list *header.List) error {
	out := output{d: d, list: list}
	first := true
	for len(block) > 0 {
		var err error
		switch b := block[0]; {
		case b&0x80 != 0:
			block, err = d.indexed(block, &out)
		case b&0x40 != 0:
			block, err = d.literal(block, 6, &out)
		case b&0x20 != 0:
			if !first { // RFC 7541 §4.2
				return errSizeUpdate
			}
			if block, err = d.sizeUpdate(block); err != nil {
				return err
			}
			continue
		default:
			block, err = d.literal(block, 4, &out)
		}
		if err != nil {
			return err
		}
		if out.over == ErrBomb {
			return ErrBomb
		}
		first = false
	}
	return out.over
}

// output takes decoded fields until one does not fit.
type output struct {
	d      *Decoder
	list   *header.List
	over   error
	fields int // that did not fit
	bytes  int // of them
}

// room reports whether a field of n bytes still fits.
func (o *output) room(n int) bool {
	switch {
	case o.over != nil:
		o.fields++
		o.bytes += n + entryOverhead
		if o.fields > (bombFactor-1)*o.d.maxFields || o.bytes > (bombFactor-1)*o.d.maxBytes {
			o.over = ErrBomb
		}
	case o.list.Len() >= o.d.maxFields:
		o.over = ErrTooManyFields
	case o.list.Size()+n+entryOverhead > o.d.maxBytes:
		o.over = ErrListTooLarge
	}
	return o.over == nil
}

// indexed reads an indexed field (RFC 7541 §6.1).
func (d *Decoder) indexed(p []byte, out *output) ([]byte, error) {
	i, p, err := readInteger(p, 7)
	if err != nil {
		return nil, err
	}
	if i == 0 {
		return nil, errIndex
	}
	if i <= staticLen {
		if s := &static[i]; out.room(len(s.name) + len(s.value)) {
			header.AddField(out.list, s.name, s.value, staticMeta[i])
		}
		return p, nil
	}
	e, ok := d.table.at(i - staticLen)
	if !ok {
		return nil, errIndex
	}
	if out.room(int(e.nameLen + e.valueLen)) {
		m := e.meta
		m.Flags |= header.Repeated
		out.list.AddRaw(d.table.raw(e), e.nameLen, m)
	}
	return p, nil
}

// literal reads a literal field: with incremental indexing if prefix is 6
// (RFC 7541 §6.2.1), else without or never indexed (§6.2.2, §6.2.3).
func (d *Decoder) literal(p []byte, prefix uint, out *output) ([]byte, error) {
	var m header.Meta
	if prefix == 4 && p[0]&0x10 != 0 {
		m.Flags = header.Sensitive
	}
	buf, p, err := d.literalName(p, prefix, &m)
	if err != nil {
		return nil, err
	}
	n := len(buf)
	if buf, p, err = appendString(buf, p); err != nil {
		return nil, err
	}
	d.scratch.buf = buf
	name, value := buf[:n:n], buf[n:]
	if prefix == 6 {
		m.Hash = hash(buf)
		if header.CheckField(m.Token, name, value) {
			m.Flags |= header.Valid // once for all that will refer to it
		}
		d.table.add(name, value, m)
	}
	if out.room(len(buf)) {
		out.list.AddRaw(buf, uint32(n), m)
	}
	return p, nil
}

// literalName reads the name of a literal field into the scratch memory.
func (d *Decoder) literalName(p []byte, prefix uint, m *header.Meta) (buf, rest []byte, err error) {
	i, p, err := readInteger(p, prefix)
	if err != nil {
		return nil, nil, err
	}
	buf = d.scratch.buf[:0]
	switch {
	case i == 0:
		if buf, p, err = appendString(buf, p); err != nil {
			return nil, nil, err
		}
		m.Token = header.Lookup(buf)
	case i <= staticLen:
		buf = append(buf, static[i].name...)
		m.Token = staticMeta[i].Token
	default:
		e, ok := d.table.at(i - staticLen)
		if !ok {
			return nil, nil, errIndex
		}
		buf = append(buf, d.table.name(e)...)
		m.Token = e.meta.Token
	}
	return buf, p, nil
}

// sizeUpdate reads a change of the table's size (RFC 7541 §6.3).
func (d *Decoder) sizeUpdate(p []byte) ([]byte, error) {
	n, p, err := readInteger(p, 5)
	if err != nil {
		return nil, err
	}
	if n > TableSize {
		return nil, errSizeUpdate
	}
	d.table.resize(n)
	return p, nil
}

// appendString appends a string literal (RFC 7541 §5.2).
func appendString(dst, p []byte) (out, rest []byte, err error) {
	if len(p) == 0 {
		return dst, nil, errTruncated
	}
	huffman := p[0]&0x80 != 0
	n, p, err := readInteger(p, 7)
	if err != nil {
		return dst, nil, err
	}
	if int(n) > len(p) {
		return dst, nil, errTruncated
	}
	if !huffman {
		return append(dst, p[:n]...), p[n:], nil
	}
	dst, err = appendHuffmanDecoded(dst, p[:n])
	return dst, p[n:], err
}
