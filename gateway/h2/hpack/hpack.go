// Package hpack is the seam between header lists and HPACK (RFC 7541). It wraps
// golang.org/x/net/http2/hpack; nothing else in the gateway imports that.
package hpack

import (
	"bytes"
	"errors"

	xhpack "golang.org/x/net/http2/hpack"

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

// Decoder decodes the header blocks of one direction of a connection, in order.
// It belongs to the connection's goroutine.
type Decoder struct {
	dec       *xhpack.Decoder
	maxBytes  int
	maxFields int
	list      *header.List
	over      error
}

// NewDecoder returns a decoder that keeps at most maxBytes (as RFC 9113 §6.5.2
// counts them) and maxFields of each list.
func NewDecoder(maxBytes, maxFields uint32) *Decoder {
	d := &Decoder{maxBytes: int(maxBytes), maxFields: int(maxFields)}
	d.dec = xhpack.NewDecoder(TableSize, d.emit)
	return d
}

// Decode appends the fields of a whole block to list. An error other than
// ErrListTooLarge and ErrTooManyFields is a COMPRESSION_ERROR of the connection
// (RFC 9113 §4.3).
func (d *Decoder) Decode(block []byte, list *header.List) error {
	d.list, d.over = list, nil
	d.dec.SetEmitEnabled(true)
	_, err := d.dec.Write(block)
	if err == nil {
		err = d.dec.Close()
	}
	d.list = nil
	if err != nil {
		return err
	}
	return d.over
}

func (d *Decoder) emit(f xhpack.HeaderField) {
	switch {
	case d.list.Len() >= d.maxFields:
		d.over = ErrTooManyFields
	case d.list.Size()+int(f.Size()) > d.maxBytes:
		d.over = ErrListTooLarge
	default:
		if f.Sensitive {
			d.list.AddSensitive(f.Name, f.Value)
		} else {
			d.list.Add(f.Name, f.Value)
		}
		return
	}
	d.dec.SetEmitEnabled(false)
}

// Encoder encodes the header blocks of one direction of a connection, in order.
// It belongs to the connection's goroutine.
type Encoder struct {
	enc *xhpack.Encoder
	buf bytes.Buffer
}

// NewEncoder returns an encoder with the default table.
func NewEncoder() *Encoder {
	e := &Encoder{}
	e.enc = xhpack.NewEncoder(&e.buf)
	e.enc.SetMaxDynamicTableSizeLimit(TableSize)
	return e
}

// SetTableSize follows the peer's SETTINGS_HEADER_TABLE_SIZE, up to TableSize.
func (e *Encoder) SetTableSize(n uint32) { e.enc.SetMaxDynamicTableSize(min(n, TableSize)) }

// Encode returns the header block of list; it is valid until the next call. The
// blocks must be sent in the order in which they were encoded.
func (e *Encoder) Encode(list *header.List) []byte {
	e.buf.Reset()
	for i := range list.Len() {
		// Writing to a bytes.Buffer cannot fail.
		_ = e.enc.WriteField(xhpack.HeaderField{
			Name: string(list.Name(i)), Value: string(list.Value(i)), Sensitive: list.Sensitive(i),
		})
	}
	return e.buf.Bytes()
}
