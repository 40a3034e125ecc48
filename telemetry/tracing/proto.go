package tracing

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/uber/jaeger-client-go"
	"google.golang.org/protobuf/encoding/protowire"
)

// protoOpen begins a field that holds a message and returns where the message
// begins, for protoClose.
func protoOpen(b []byte, field protowire.Number) (_ []byte, at int) {
	b = append(protowire.AppendTag(b, field, protowire.BytesType), 0)
	return b, len(b)
}

// protoClose writes the length before a message that is complete. Most take one
// byte, for which protoOpen left room; the others are moved.
func protoClose(b []byte, at int) []byte {
	n := len(b) - at
	if n < 1<<7 {
		b[at-1] = byte(n)
		return b
	}
	var room [binary.MaxVarintLen64]byte
	size := protowire.AppendVarint(room[:0], uint64(n))
	return slices.Replace(b, at-1, at, size...)
}

func protoVarint(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

func protoFixed64(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, field, protowire.Fixed64Type), v)
}

func protoBytes[B []byte | string](b []byte, field protowire.Number, v B) []byte {
	b = protowire.AppendVarint(protowire.AppendTag(b, field, protowire.BytesType), uint64(len(v)))
	return append(b, v...)
}

// protoString appends text, for which protobuf takes UTF-8 only: one field that is
// not would cost the whole batch.
func protoString(b []byte, field protowire.Number, v string) []byte {
	return protoBytes(b, field, strings.ToValidUTF8(v, "\uFFFD"))
}

// protoID appends an id as OTLP has it, in eight bytes.
func protoID(b []byte, field protowire.Number, id jaeger.SpanID) []byte {
	b = append(protowire.AppendTag(b, field, protowire.BytesType), 8)
	return binary.BigEndian.AppendUint64(b, uint64(id))
}

// protoFields calls f with each field of a message: its bytes or its number.
func protoFields(b []byte, f func(n protowire.Number, v []byte, i uint64)) {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return
		}
		b = b[n:]
		var v []byte
		var i uint64
		switch typ {
		case protowire.BytesType:
			v, n = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			i, n = protowire.ConsumeVarint(b)
		default:
			n = protowire.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			return
		}
		f(num, v, i)
		b = b[n:]
	}
}
