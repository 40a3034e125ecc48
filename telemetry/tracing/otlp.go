package tracing

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"

	"github.com/uber/jaeger-client-go"
	thrift "github.com/uber/jaeger-client-go/thrift-gen/jaeger"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// batchSpans is the number of spans that are sent in one request.
const batchSpans = 100

// otlp is a jaeger.Transport that speaks OTLP over HTTP with protobuf. Only the
// reporter's goroutine calls it.
type otlp struct {
	client   *http.Client
	url      string
	resource *resource.Resource
	spans    []*trace.Span
}

func newOTLP(url string, e exporter) *otlp {
	return &otlp{client: &http.Client{Transport: e}, url: url}
}

// Append implements jaeger.Transport.
func (o *otlp) Append(span *jaeger.Span) (int, error) {
	if o.resource == nil {
		p := jaeger.BuildJaegerProcessThrift(span)
		o.resource = &resource.Resource{
			Attributes: append(attributes(p.Tags), stringAttribute("service.name", p.ServiceName)),
		}
	}
	o.spans = append(o.spans, otlpSpan(jaeger.BuildJaegerThrift(span)))
	if len(o.spans) < batchSpans {
		return 0, nil
	}
	return o.Flush()
}

// Flush implements jaeger.Transport.
func (o *otlp) Flush() (int, error) {
	n := len(o.spans)
	if n == 0 {
		return 0, nil
	}
	// TracesData has the encoding of ExportTraceServiceRequest, whose package
	// would link gRPC.
	body, err := proto.Marshal(&trace.TracesData{ResourceSpans: []*trace.ResourceSpans{{
		Resource:   o.resource,
		ScopeSpans: []*trace.ScopeSpans{{Scope: &common.InstrumentationScope{Name: serviceName}, Spans: o.spans}},
	}}})
	clear(o.spans)
	o.spans = o.spans[:0]
	if err != nil {
		return n, err
	}
	return n, o.post(body)
}

func (o *otlp) post(body []byte) error {
	resp, err := o.client.Post(o.url, "application/x-protobuf", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("collector answered %s", resp.Status)
	}
	if err != nil {
		return err
	}
	if rejected, why := partialSuccess(answer); rejected > 0 {
		return fmt.Errorf("collector refused %d spans of the batch: %q", rejected, why)
	}
	return nil
}

// Close implements jaeger.Transport.
func (o *otlp) Close() error { return nil }

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

func otlpSpan(s *thrift.Span) *trace.Span {
	out := &trace.Span{
		TraceId:           binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(s.TraceIdHigh)), uint64(s.TraceIdLow)),
		SpanId:            binary.BigEndian.AppendUint64(nil, uint64(s.SpanId)),
		Name:              s.OperationName,
		StartTimeUnixNano: uint64(s.StartTime) * 1000, // Jaeger counts microseconds
		EndTimeUnixNano:   uint64(s.StartTime+s.Duration) * 1000,
		Attributes:        attributes(s.Tags),
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
		event := &trace.Span_Event{TimeUnixNano: uint64(l.Timestamp) * 1000, Attributes: attributes(l.Fields)}
		for _, f := range l.Fields {
			if f.Key == "event" {
				event.Name = f.GetVStr()
			}
		}
		out.Events = append(out.Events, event)
	}
	return out
}

// attributes translates tags, without those that OTLP has fields for.
func attributes(tags []*thrift.Tag) []*common.KeyValue {
	list := make([]*common.KeyValue, 0, len(tags)+1)
	for _, t := range tags {
		if t.Key == "span.kind" || t.Key == "error" || t.Key == "event" {
			continue
		}
		kv := &common.KeyValue{Key: t.Key, Value: &common.AnyValue{}}
		switch t.VType {
		case thrift.TagType_STRING:
			kv.Value.Value = &common.AnyValue_StringValue{StringValue: t.GetVStr()}
		case thrift.TagType_BOOL:
			kv.Value.Value = &common.AnyValue_BoolValue{BoolValue: t.GetVBool()}
		case thrift.TagType_LONG:
			kv.Value.Value = &common.AnyValue_IntValue{IntValue: t.GetVLong()}
		case thrift.TagType_DOUBLE:
			kv.Value.Value = &common.AnyValue_DoubleValue{DoubleValue: t.GetVDouble()}
		case thrift.TagType_BINARY:
			kv.Value.Value = &common.AnyValue_BytesValue{BytesValue: t.GetVBinary()}
		}
		list = append(list, kv)
	}
	return list
}

func stringAttribute(key, value string) *common.KeyValue {
	return &common.KeyValue{Key: key, Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: value}}}
}
