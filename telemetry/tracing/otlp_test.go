package tracing

import (
	"encoding/binary"

	model "github.com/uber/jaeger-client-go/thrift-gen/jaeger"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
)

// otlpReference translates a batch into OTLP's generated types.
func otlpReference(b *model.Batch) []*trace.ResourceSpans {
	spans := &trace.ScopeSpans{Scope: &common.InstrumentationScope{Name: serviceName}}
	for _, s := range b.Spans {
		spans.Spans = append(spans.Spans, otlpSpanReference(s))
	}
	return []*trace.ResourceSpans{{
		Resource: &resource.Resource{
			Attributes: append(attributesReference(b.Process.Tags), stringAttribute("service.name", b.Process.ServiceName)),
		},
		ScopeSpans: []*trace.ScopeSpans{spans},
	}}
}

func otlpSpanReference(s *model.Span) *trace.Span {
	out := &trace.Span{
		TraceId:           binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(s.TraceIdHigh)), uint64(s.TraceIdLow)),
		SpanId:            binary.BigEndian.AppendUint64(nil, uint64(s.SpanId)),
		Name:              s.OperationName,
		StartTimeUnixNano: uint64(s.StartTime) * 1000, // Jaeger counts microseconds
		EndTimeUnixNano:   uint64(s.StartTime+s.Duration) * 1000,
		Attributes:        attributesReference(s.Tags),
		Flags:             uint32(s.Flags & 1),
	}
	if s.ParentSpanId != 0 {
		out.ParentSpanId = binary.BigEndian.AppendUint64(nil, uint64(s.ParentSpanId))
	}
	for _, t := range s.Tags {
		switch {
		case t.Key == "span.kind" && t.GetVStr() == "server":
			out.Kind = trace.Span_SPAN_KIND_SERVER
		case t.Key == "span.kind" && t.GetVStr() == "client":
			out.Kind = trace.Span_SPAN_KIND_CLIENT
		case t.Key == "error" && t.GetVBool():
			out.Status = &trace.Status{Code: trace.Status_STATUS_CODE_ERROR}
		}
	}
	for _, l := range s.Logs {
		event := &trace.Span_Event{TimeUnixNano: uint64(l.Timestamp) * 1000, Attributes: attributesReference(l.Fields)}
		for _, f := range l.Fields {
			if f.Key == "event" {
				event.Name = f.GetVStr()
			}
		}
		out.Events = append(out.Events, event)
	}
	return out
}

// attributesReference translates tags, without those that OTLP has fields for.
func attributesReference(tags []*model.Tag) []*common.KeyValue {
	list := make([]*common.KeyValue, 0, len(tags)+1)
	for _, t := range tags {
		if t.Key == "span.kind" || t.Key == "error" || t.Key == "event" {
			continue
		}
		kv := &common.KeyValue{Key: t.Key, Value: &common.AnyValue{}}
		switch t.VType {
		case model.TagType_STRING:
			kv.Value.Value = &common.AnyValue_StringValue{StringValue: t.GetVStr()}
		case model.TagType_BOOL:
			kv.Value.Value = &common.AnyValue_BoolValue{BoolValue: t.GetVBool()}
		case model.TagType_LONG:
			kv.Value.Value = &common.AnyValue_IntValue{IntValue: t.GetVLong()}
		case model.TagType_DOUBLE:
			kv.Value.Value = &common.AnyValue_DoubleValue{DoubleValue: t.GetVDouble()}
		case model.TagType_BINARY:
			kv.Value.Value = &common.AnyValue_BytesValue{BytesValue: t.GetVBinary()}
		}
		list = append(list, kv)
	}
	return list
}

func stringAttribute(key, value string) *common.KeyValue {
	return &common.KeyValue{Key: key, Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: value}}}
}
