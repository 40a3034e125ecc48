package catalog

// The counters.
const (
	RequestsTotal Counter = iota
	RequestFailuresTotal
	StreamEndTotal
	AttemptsTotal
	RetriesTotal
	IdleStreamsKilledTotal
	GRPCMessagesTotal
	FramesTotal
	FrameBytesTotal
	WindowUpdateBytesTotal
	RSTStreamTotal
	GoAwayTotal
	MalformedTotal
	PingTimeoutsTotal
	ConnectionsOpenedTotal
	ConnectionsClosedTotal
	ConnectionsRefusedTotal
	StallsTotal
	StallSecondsTotal
	AcceptErrorsTotal
	DNSLookupsTotal
	TLSHandshakesTotal
	ConfigReloadsTotal
	TraceSpansTotal
	AccessLogDroppedTotal
	AdminRefusedTotal
	SeriesLimitedTotal
	NumCounters // the number of counters
)

var counters = [NumCounters]Metric{
	RequestsTotal: {
		Name: "hopscope_requests_total", Labels: []Label{route, upstream, statusClass, grpcStatus},
		Help: "Requests that ended, by what the client was told.",
	},
	RequestFailuresTotal: {
		Name: "hopscope_request_failures_total", Labels: []Label{route, upstream},
		Help: "Requests that failed through no fault of the client: status 5xx, gRPC status 2, 4, 8, 13, 14 or 15, " +
			"or a response that did not reach its end because of the upstream or the gateway. Each is also in hopscope_requests_total.",
	},
	StreamEndTotal: {
		Name: "hopscope_stream_end_total", Labels: []Label{route, upstream, endReason, origin},
		Help: "Exchanges that ended, by reason and by who ended them.",
	},
	AttemptsTotal: {
		Name: "hopscope_attempts_total", Labels: []Label{upstream, endpoint, attemptResult},
		Help: "Tries to get a response from an endpoint, by result.",
	},
	RetriesTotal: {
		Name: "hopscope_retries_total", Labels: []Label{upstream, retry},
		Help: "Wishes to try again after an attempt failed.",
	},
	IdleStreamsKilledTotal: {
		Name: "hopscope_idle_streams_killed_total", Labels: []Label{route, phase},
		Help: "Streams ended because neither DATA nor HEADERS moved for idle_timeout.",
	},
	GRPCMessagesTotal: {
		Name: "hopscope_grpc_messages_total", Labels: []Label{route, bodyOf},
		Help: "gRPC messages, counted while their stream is still open.",
	},
	FramesTotal: {
		Name: "hopscope_frames_total", Labels: []Label{side, dir, frame},
		Help: "HTTP/2 frames.",
	},
	FrameBytesTotal: {
		Name: "hopscope_frame_bytes_total", Unit: Bytes, Labels: []Label{side, dir, frame},
		Help: "Bytes of HTTP/2 frames, their headers of nine bytes included.",
	},
	WindowUpdateBytesTotal: {
		Name: "hopscope_window_update_bytes_total", Unit: Bytes, Labels: []Label{side, dir},
		Help: "Flow-control credit: the increments of WINDOW_UPDATE frames added up.",
	},
	RSTStreamTotal: {
		Name: "hopscope_rst_stream_total", Labels: []Label{side, dir, code},
		Help: "RST_STREAM frames.",
	},
	GoAwayTotal: {
		Name: "hopscope_goaway_total", Labels: []Label{side, dir, code},
		Help: "GOAWAY frames.",
	},
	MalformedTotal: {
		Name: "hopscope_malformed_total", Labels: []Label{side, violation},
		Help: "Rules of RFC 9113 or limits that a peer broke.",
	},
	PingTimeoutsTotal: {
		Name: "hopscope_ping_timeouts_total", Labels: []Label{side},
		Help: "Peers that did not answer a PING in time: after limits.ping_after of silence, or after the first GOAWAY of a drain. Of upstreams over HTTP/1.1, those whose system did not answer the kernel.",
	},
	ConnectionsOpenedTotal: {
		Name: "hopscope_connections_opened_total", Labels: []Label{side, proto},
		Help: "Connections opened.",
	},
	ConnectionsClosedTotal: {
		Name: "hopscope_connections_closed_total", Labels: []Label{side, closeWhy},
		Help: "Connections closed.",
	},
	ConnectionsRefusedTotal: {
		Name: "hopscope_connections_refused_total", Labels: []Label{listener, refusal},
		Help: "Connections of clients that were closed before anything was asked on them, because a limit was reached.",
	},
	StallsTotal: {
		Name: "hopscope_stalls_total", Labels: []Label{side, scope, upstream},
		Help: "Times that a stream began to wait for a peer to take bytes.",
	},
	StallSecondsTotal: {
		Name: "hopscope_stall_seconds_total", Unit: Seconds, Labels: []Label{side, scope, upstream},
		Help: "Time that streams waited for a peer to take bytes, added up over streams. It grows while a stall lasts. " +
			"On the downstream side response bytes wait for the client, on the upstream side request bytes for the origin.",
	},
	AcceptErrorsTotal: {
		Name: "hopscope_accept_errors_total", Labels: []Label{listener},
		Help: "Times that a listener could not accept a connection and paused, as when there is no file descriptor left.",
	},
	DNSLookupsTotal: {
		Name: "hopscope_dns_lookups_total", Labels: []Label{upstream, okOrError},
		Help: "Look-ups of the names of dns: endpoints; after an error the endpoints stay as they were.",
	},
	TLSHandshakesTotal: {
		Name: "hopscope_tls_handshakes_total", Labels: []Label{side, okOrError},
		Help: "TLS handshakes.",
	},
	ConfigReloadsTotal: {
		Name: "hopscope_config_reloads_total", Labels: []Label{okOrError},
		Help: "Configurations loaded, the first one included.",
	},
	TraceSpansTotal: {
		Name: "hopscope_trace_spans_total", Labels: []Label{spanResult},
		Help: "Spans that were finished, by what became of them.",
	},
	AccessLogDroppedTotal: {
		Name: "hopscope_access_log_dropped_total",
		Help: "Lines of the access log that were dropped because the log could not be written as fast.",
	},
	AdminRefusedTotal: {
		Name: "hopscope_admin_refused_total", Labels: []Label{{
			Name: LabelReason, Values: []string{"no_token", "wrong_token", "tls_handshake", "connections"},
			Help: "no_token and wrong_token: the request was answered 401; tls_handshake: it failed, as without a client certificate that is asked for; " +
				"connections: too many were open, and one was closed",
		}},
		Help: "Requests and connections that the admin server refused.",
	},
	SeriesLimitedTotal: {
		Name: "hopscope_series_limited_total",
		Labels: []Label{{
			Name: LabelMetric, Bound: "metrics with the label endpoint", Help: "name of the metric",
		}},
		Help: "Endpoints that share the label value other because their upstream has too many.",
	},
}
