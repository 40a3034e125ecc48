package catalog

// The histograms.
const (
	RequestDurationSeconds Histogram = iota
	TimeToFirstByteSeconds
	GatewayOverheadSeconds
	StreamDurationSeconds
	StreamSizeBytes
	StreamSlotWaitSeconds
	GRPCMessageBytes
	AttemptDurationSeconds
	NumHistograms // the number of histograms
)

// nativeFactor gives native buckets whose bounds grow by at most a tenth.
const nativeFactor = 1.1

const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
)

var histograms = [NumHistograms]Metric{
	RequestDurationSeconds: {
		Name: "hopscope_request_duration_seconds", Type: HistogramType, Unit: Seconds, Labels: []Label{route, kind},
		Help:         "Time from the first byte of the request's header block to the end of the exchange.",
		Buckets:      []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
		Why:          "a boundary at each latency that an objective may name (0.1, 0.25, 0.5, 1 s); quantiles come from the native buckets",
		NativeFactor: nativeFactor,
	},
	TimeToFirstByteSeconds: {
		Name: "hopscope_time_to_first_byte_seconds", Type: HistogramType, Unit: Seconds, Labels: []Label{route, kind},
		Help: "Time from the first byte of the request's header block to the first byte of the response's body, " +
			"or to its headers if it has no body.",
		Buckets:      []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
		Why:          "those of the duration, so that the two can be compared",
		NativeFactor: nativeFactor,
	},
	GatewayOverheadSeconds: {
		Name: "hopscope_gateway_overhead_seconds", Type: HistogramType, Unit: Seconds, Labels: []Label{route, kind},
		Help: "Time from the first byte of the request's header block to its being written upstream, " +
			"less the wait for a connection or a stream slot. Requests that were tried once only.",
		Buckets:      []float64{0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1},
		Why:          "forwarding takes tens of microseconds; a millisecond is already worth a look",
		NativeFactor: nativeFactor,
	},
	StreamDurationSeconds: {
		Name: "hopscope_stream_duration_seconds", Type: HistogramType, Unit: Seconds, Labels: []Label{route},
		Help:    "Time from begin to end of every exchange, with bounds for long streams.",
		Buckets: []float64{0.1, 1, 5, 15, 60, 300, 900, 3600, 14400, 86400},
		Why:     "streams last minutes to hours, and idle_timeout is 5 minutes unless set otherwise",
	},
	StreamSizeBytes: {
		Name: "hopscope_stream_size_bytes", Type: HistogramType, Unit: Bytes, Labels: []Label{route, bodyOf},
		Help:    "Bytes of DATA of an exchange: read from the client, written to the client.",
		Buckets: []float64{256, kib, 4 * kib, 16 * kib, 64 * kib, 256 * kib, mib, 16 * mib, 256 * mib, gib},
		Why:     "65535 is HTTP/2's initial window and 16 KiB its smallest frame limit: above them flow control begins to matter",
	},
	StreamSlotWaitSeconds: {
		Name: "hopscope_stream_slot_wait_seconds", Type: HistogramType, Unit: Seconds, Labels: []Label{upstream},
		Help:    "Time an attempt waited for a connection or for a stream slot on one.",
		Buckets: []float64{0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
		Why:     "0.1 ms is no wait; connect_timeout is 5 s unless set otherwise",
	},
	GRPCMessageBytes: {
		Name: "hopscope_grpc_message_bytes", Type: HistogramType, Unit: Bytes, Labels: []Label{route, bodyOf},
		Help:    "Payload bytes of a gRPC message: read from the client, written to the client.",
		Buckets: []float64{64, 256, kib, 4 * kib, 16 * kib, 64 * kib, 256 * kib, mib, 4 * mib, 16 * mib},
		Why:     "4 MiB is the largest message that gRPC takes unless it is told otherwise",
	},
	AttemptDurationSeconds: {
		Name: "hopscope_attempt_duration_seconds", Type: HistogramType, Unit: Seconds, Labels: []Label{upstream, endpoint},
		Help: "Time from the begin of a try at an endpoint to its end, of those that are unary, " +
			"as the label kind of requests tells. The wait for a connection or a stream slot is part of it.",
		Buckets:      []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
		Why:          "those of the request's duration, so that the two can be compared",
		NativeFactor: nativeFactor,
	},
}
