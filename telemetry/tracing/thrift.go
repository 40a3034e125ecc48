package tracing

import (
	"encoding/binary"

	"github.com/uber/jaeger-client-go"
	thrift "github.com/uber/jaeger-client-go/thrift-gen/jaeger"
)

// Types of fields in Thrift's binary protocol.
const (
	thriftStop   = 0
	thriftBool   = 2
	thriftDouble = 4
	thriftI32    = 8
	thriftI64    = 10
	thriftString = 11
	thriftStruct = 12
	thriftList   = 15
)

// thriftCodec is jaeger.thrift's Batch in Thrift's binary protocol: a field is its
// type, its number in two bytes, and its value; a struct is its fields and a stop;
// a list is the type and the number of its elements, in four bytes, and they;
// a string is its length in four bytes and its bytes. All numbers are big-endian.
type thriftCodec struct{}

func (thriftCodec) contentType() string { return "application/x-thrift" }

func (thriftCodec) appendSpan(b []byte, s *jaeger.Span, d *details) []byte {
	ctx := s.SpanContext()
	id := ctx.TraceID()
	b = thriftField64(b, 1, id.Low)
	b = thriftField64(b, 2, id.High)
	b = thriftField64(b, 3, uint64(ctx.SpanID()))
	b = thriftField64(b, 4, uint64(ctx.ParentID()))
	b = thriftFieldString(b, 5, s.OperationName())
	b = thriftFieldList(b, 6, 0) // references; those of jaeger's span are never set
	b = thriftField32(b, 7, uint32(ctx.Flags()))
	b = thriftField64(b, 8, uint64(s.StartTime().UnixNano()/1000))
	b = thriftField64(b, 9, uint64(s.Duration().Microseconds()))
	b = thriftTags(b, 10, d.tags)
	b = thriftFieldList(b, 11, len(d.logs))
	var room [maxLogFields]tag
	for i := range d.logs {
		b = thriftField64(b, 1, uint64(int64(d.logs[i].at)/1000))
		b = thriftTags(b, 2, d.logs[i].fields(&room))
		b = append(b, thriftStop)
	}
	return append(b, thriftStop)
}

func (thriftCodec) appendHead(b []byte, p *process, spans, _ int) []byte {
	b = append(b, thriftStruct, 0, 1)
	b = thriftFieldString(b, 1, p.service)
	b = thriftTags(b, 2, p.tags)
	b = append(b, thriftStop)
	return thriftFieldList(b, 2, spans)
}

func (thriftCodec) appendTail(b []byte) []byte { return append(b, thriftStop) }

func (thriftCodec) refused([]byte) error { return nil }

// thriftTags appends a field with a list of tags.
func thriftTags(b []byte, field byte, tags []tag) []byte {
	b = thriftFieldList(b, field, len(tags))
	for i := range tags {
		t := &tags[i]
		b = thriftFieldString(b, 1, t.key)
		switch t.kind {
		case tagText:
			b = thriftField32(b, 2, uint32(thrift.TagType_STRING))
			b = thriftFieldString(b, 3, t.text)
		case tagFloat:
			b = thriftField32(b, 2, uint32(thrift.TagType_DOUBLE))
			b = append(b, thriftDouble, 0, 4)
			b = binary.BigEndian.AppendUint64(b, t.num)
		case tagFlag:
			b = thriftField32(b, 2, uint32(thrift.TagType_BOOL))
			b = append(b, thriftBool, 0, 5, byte(t.num))
		case tagInt:
			b = thriftField32(b, 2, uint32(thrift.TagType_LONG))
			b = thriftField64(b, 6, t.num)
		}
		b = append(b, thriftStop)
	}
	return b
}

func thriftField64(b []byte, field byte, v uint64) []byte {
	return binary.BigEndian.AppendUint64(append(b, thriftI64, 0, field), v)
}

func thriftField32(b []byte, field byte, v uint32) []byte {
	return binary.BigEndian.AppendUint32(append(b, thriftI32, 0, field), v)
}

func thriftFieldString(b []byte, field byte, v string) []byte {
	b = binary.BigEndian.AppendUint32(append(b, thriftString, 0, field), uint32(len(v)))
	return append(b, v...)
}

// thriftFieldList appends a field with a list of n structs, which are to follow.
func thriftFieldList(b []byte, field byte, n int) []byte {
	return binary.BigEndian.AppendUint32(append(b, thriftList, 0, field, thriftStruct), uint32(n))
}
