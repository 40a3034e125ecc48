package tracing

import (
	"encoding/binary"
	"fmt"

	"github.com/opentracing/opentracing-go/ext"
	"github.com/uber/jaeger-client-go"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
)

// otlpCodec is OTLP's ExportTraceServiceRequest in protobuf: one ResourceSpans
// with one ScopeSpans. The numbers of fields are those of
// opentelemetry-proto's trace.proto, common.proto and resource.proto.
type otlpCodec struct{}

func (otlpCodec) contentType() string { return "application/x-protobuf" }

func (otlpCodec) appendHead(b []byte, p *process, _, spanBytes int) []byte {
	// Resource.attributes
	resource := otlpAttributes(nil, 1, p.tags)
	resource = otlpAttribute(resource, 1, &tag{key: "service.name", kind: tagText, text: p.service})
	// ScopeSpans.scope, InstrumentationScope.name
	scope := protoBytes(nil, 1, protoBytes(nil, 1, serviceName))
	inScope := len(scope) + spanBytes
	inResource := protowire.SizeTag(1) + protowire.SizeBytes(len(resource)) +
		protowire.SizeTag(2) + protowire.SizeBytes(inScope)

	b = protowire.AppendTag(b, 1, protowire.BytesType) // resource_spans
	b = protowire.AppendVarint(b, uint64(inResource))
	b = protoBytes(b, 1, resource)
	b = protowire.AppendTag(b, 2, protowire.BytesType) // scope_spans
	b = protowire.AppendVarint(b, uint64(inScope))
	return append(b, scope...)
}

func (otlpCodec) appendTail(b []byte) []byte { return b }

func (otlpCodec) appendSpan(b []byte, s *jaeger.Span, d *details) []byte {
	b, at := protoOpen(b, 2) // ScopeSpans.spans
	ctx := s.SpanContext()
	id := ctx.TraceID()
	b = append(protowire.AppendTag(b, 1, protowire.BytesType), 16)
	b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, id.High), id.Low)
	b = protoID(b, 2, ctx.SpanID())
	if ctx.ParentID() != 0 {
		b = protoID(b, 4, ctx.ParentID())
	}
	b = protoString(b, 5, s.OperationName())
	kind, failed := otlpVerdict(d.tags)
	if kind != trace.Span_SPAN_KIND_UNSPECIFIED {
		b = protoVarint(b, 6, uint64(kind))
	}
	// Both in microseconds, as Jaeger counts.
	start := s.StartTime().UnixNano() / 1000
	b = protoFixed64(b, 7, uint64(start)*1000)
	b = protoFixed64(b, 8, uint64(start+s.Duration().Microseconds())*1000)
	b = otlpAttributes(b, 9, d.tags)
	for i := range d.logs {
		b = otlpEvent(b, &d.logs[i])
	}
	if failed {
		b = append(protowire.AppendTag(b, 15, protowire.BytesType), 2) // status
		b = protoVarint(b, 3, uint64(trace.Status_STATUS_CODE_ERROR))
	}
	b = protowire.AppendTag(b, 16, protowire.Fixed32Type)
	b = protowire.AppendFixed32(b, uint32(ctx.Flags()&1))
	return protoClose(b, at)
}

func otlpEvent(b []byte, m *mark) []byte {
	var room [maxLogFields]tag
	fields := m.fields(&room)
	b, at := protoOpen(b, 11) // Span.events
	b = protoFixed64(b, 1, uint64(int64(m.at)/1000)*1000)
	b = protoString(b, 2, fields[0].text)
	b = otlpAttributes(b, 3, fields[1:])
	return protoClose(b, at)
}

// otlpVerdict returns what OTLP has fields for, and what is thus no attribute.
func otlpVerdict(tags []tag) (kind trace.Span_SpanKind, failed bool) {
	for i := range tags {
		switch t := &tags[i]; t.key {
		case string(ext.SpanKind):
			switch t.text {
			case string(ext.SpanKindRPCServerEnum):
				kind = trace.Span_SPAN_KIND_SERVER
			case string(ext.SpanKindRPCClientEnum):
				kind = trace.Span_SPAN_KIND_CLIENT
			}
		case string(ext.Error):
			failed = t.num != 0
		}
	}
	return kind, failed
}

// otlpAttributes appends tags as attributes, but those that otlpVerdict reads.
func otlpAttributes(b []byte, field protowire.Number, tags []tag) []byte {
	for i := range tags {
		if k := tags[i].key; k != string(ext.SpanKind) && k != string(ext.Error) {
			b = otlpAttribute(b, field, &tags[i])
		}
	}
	return b
}

func otlpAttribute(b []byte, field protowire.Number, t *tag) []byte {
	b, at := protoOpen(b, field)
	b = protoString(b, 1, t.key)
	b, value := protoOpen(b, 2)
	switch t.kind {
	case tagText:
		b = protoString(b, 1, t.text)
	case tagFlag:
		b = protoVarint(b, 2, t.num)
	case tagInt:
		b = protoVarint(b, 3, t.num)
	case tagFloat:
		b = protoFixed64(b, 4, t.num)
	}
	return protoClose(protoClose(b, value), at)
}

func (otlpCodec) refused(answer []byte) error {
	if rejected, why := partialSuccess(answer); rejected > 0 {
		return fmt.Errorf("collector refused %d spans of the batch: %q", rejected, why)
	}
	return nil
}

// partialSuccess reads rejected_spans and error_message out of an
// ExportTraceServiceResponse. What is no such message refuses nothing.
func partialSuccess(answer []byte) (rejected uint64, why string) {
	protoFields(answer, func(n protowire.Number, v []byte, _ uint64) {
		if n != 1 {
			return
		}
		protoFields(v, func(n protowire.Number, v []byte, i uint64) {
			switch n {
			case 1:
				rejected = i
			case 2:
				why = string(v[:min(len(v), 256)])
			}
		})
	})
	return rejected, why
}
