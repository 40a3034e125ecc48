package catalog

import "github.com/hopscope/hopscope/gateway/event"

// The gauges.
const (
	ConnectionsOpen Gauge = iota
	StreamsOpen
	EndpointStreamsOpen
	EndpointConnectionsOpen
	Endpoints
	StalledStreams
	OldestStallSeconds
	SendWindowBytes
	ReceiveWindowBytes
	BufferedBytes
	MaxConnections
	Overload
	Glitches
	PeerMaxConcurrentStreams
	StreamSlots
	StreamSlotsUsed
	RTTSeconds
	HPACKTableBytes
	DrainState
	TLSCertificateNotAfterSeconds
	ConfigLastReloadSuccessful
	ConfigLastReloadSeconds
	BuildInfo
	NumGauges // the number of gauges
)

var gauges = [NumGauges]Metric{
	ConnectionsOpen: {
		Name: "hopscope_connections_open", Type: GaugeType, Labels: []Label{side, proto},
		Help: "Connections open now.",
	},
	StreamsOpen: {
		Name: "hopscope_streams_open", Type: GaugeType, Labels: []Label{route, upstream},
		Help: "Exchanges in progress, HTTP/1.1 included.",
	},
	EndpointStreamsOpen: {
		Name: "hopscope_endpoint_streams_open", Type: GaugeType, Labels: []Label{upstream, endpoint},
		Help: "Attempts in progress.",
	},
	EndpointConnectionsOpen: {
		Name: "hopscope_endpoint_connections_open", Type: GaugeType, Labels: []Label{upstream, endpoint},
		Help: "Connections to the endpoint open now.",
	},
	Endpoints: {
		Name: "hopscope_endpoints", Type: GaugeType, Labels: []Label{upstream},
		Help: "Endpoints that the upstream has now.",
	},
	StalledStreams: {
		Name: "hopscope_stalled_streams", Type: GaugeType, Labels: []Label{side, scope, upstream},
		Help: "Streams that wait now for a peer to take bytes.",
	},
	OldestStallSeconds: {
		Name: "hopscope_oldest_stall_seconds", Type: GaugeType, Unit: Seconds, Labels: []Label{side, scope, upstream},
		Help: "Age of the longest of the stalls that last; 0: there is none.",
	},
	SendWindowBytes: {
		Name: "hopscope_send_window_bytes", Type: GaugeType, Unit: Bytes, Labels: []Label{side, upstream, stat},
		Help: "Connection send windows: what the peers let the gateway send. The upstream is none on the downstream side.",
	},
	ReceiveWindowBytes: {
		Name: "hopscope_receive_window_bytes", Type: GaugeType, Unit: Bytes, Labels: []Label{side, upstream, stat},
		Help: "Connection receive windows: what the gateway lets the peers send. The upstream is none on the downstream side.",
	},
	BufferedBytes: {
		Name: "hopscope_buffered_bytes", Type: GaugeType, Unit: Bytes,
		Help: "Bytes held for peers that do not take them, and of requests that may have to be sent again: what limits.max_buffered_bytes caps.",
	},
	MaxConnections: {
		Name: "hopscope_max_connections", Type: GaugeType,
		Help: "Connections of clients that are taken: limits.max_connections, or what was derived in its place; 0: any number.",
	},
	Overload: {
		Name: "hopscope_overload", Type: GaugeType, Unit: Bool, Labels: []Label{overload},
		Help: "1 while new streams are refused because the gateway runs short of something, else 0.",
	},
	Glitches: {
		Name: "hopscope_glitches", Type: GaugeType, Labels: []Label{side, stat},
		Help: "Scores of the connections open now: points for what is legal and costs the gateway more than its peer. " +
			"Above limits.max_glitches a connection is ended.",
	},
	PeerMaxConcurrentStreams: {
		Name: "hopscope_peer_max_concurrent_streams", Type: GaugeType, Labels: []Label{upstream, endpoint},
		Help: "SETTINGS_MAX_CONCURRENT_STREAMS of the endpoint, the smallest over its connections; absent: no limit was set.",
	},
	StreamSlots: {
		Name: "hopscope_stream_slots", Type: GaugeType, Labels: []Label{upstream, endpoint},
		Help: "Streams that the endpoint allows, added up over the connections open now whose peer set a limit.",
	},
	StreamSlotsUsed: {
		Name: "hopscope_stream_slots_used", Type: GaugeType, Labels: []Label{upstream, endpoint},
		Help: "Streams open on the connections that hopscope_stream_slots counts.",
	},
	RTTSeconds: {
		Name: "hopscope_rtt_seconds", Type: GaugeType, Unit: Seconds, Labels: []Label{upstream, endpoint},
		Help: "Round-trip time, from SETTINGS to its acknowledgement, the mean over the connections where it was measured.",
	},
	HPACKTableBytes: {
		Name: "hopscope_hpack_table_bytes", Type: GaugeType, Unit: Bytes, Labels: []Label{side},
		Help: "Size of the HPACK encoders' dynamic tables, added up over connections.",
	},
	DrainState: {
		Name: "hopscope_drain_state", Type: GaugeType, Unit: Bool,
		Help: "1 while the gateway drains, else 0.",
	},
	TLSCertificateNotAfterSeconds: {
		Name: "hopscope_tls_certificate_not_after_timestamp_seconds", Type: GaugeType, Unit: Seconds,
		Labels: []Label{
			{Name: LabelSide, Values: append(names(event.NumSides), SideAdmin), Help: "whom it is shown to: downstream is clients, upstream origins, admin operators"},
			{
				Name: LabelName, Bound: "listeners and upstreams, and admin",
				Help: "the listener that shows the certificate (downstream), the upstream it is shown to (upstream), or admin",
			},
		},
		Help: "Time at which a certificate that the gateway shows ends, the first of its chain. It moves when a new one is in use.",
	},
	ConfigLastReloadSuccessful: {
		Name: "hopscope_config_last_reload_successful", Type: GaugeType, Unit: Bool,
		Help: "1 if the last configuration was accepted, with the certificates, keys and tokens that it names, 0 if it was refused and what was there before still runs.",
	},
	ConfigLastReloadSeconds: {
		Name: "hopscope_config_last_reload_timestamp_seconds", Type: GaugeType, Unit: Seconds,
		Help: "Time of the last configuration that was accepted.",
	},
	BuildInfo: {
		Name: "hopscope_build_info", Type: GaugeType, Unit: None,
		Labels: []Label{
			{Name: LabelVersion, Bound: "1", Help: "version of the gateway"},
			{Name: LabelRevision, Bound: "1", Help: "commit it was built from"},
			{Name: LabelGoVersion, Bound: "1", Help: "version of Go it was built with"},
		},
		Help: "1, with what was built.",
	},
}
