package main

import "github.com/hopscope/hopscope/telemetry/catalog"

// failedAttempts matches the attempts that failed through the endpoint's fault.
const failedAttempts = `result=~"server_error|reset|gone|unreachable|no_stream_slot|timeout|bad_response"`

// slotsUsed is recorded by alerts/upstreams.rules.yml.
const slotsUsed = `job_upstream_endpoint:hopscope_stream_slots:used_ratio{job=~"$job", upstream=~"$upstream"}`

// upstreams shows what stands behind the gateway: endpoints, attempts,
// connections, and what the gateway reports of each hop.
func upstreams() board {
	endpoint := "upstream, endpoint"
	perEndpoint := "{{upstream}} {{endpoint}}"
	attempts := sum(endpoint, rate(catalog.AttemptsTotal))
	failed := ratio(sum(endpoint, rate(catalog.AttemptsTotal, failedAttempts)), attempts)
	took := quantile("0.99", catalog.AttemptDurationSeconds, endpoint)
	return board{
		uid: "hopscope-upstreams", title: "hopscope / Upstreams and hops",
		about: "Endpoints, attempts, connections, stream slots, retries, and the spans that are reported of each hop.",
		rows: []row{
			{"Now", []panel{
				{
					title: "Each endpoint", about: "Attempts per second, the share that failed through the endpoint's fault, the 99th percentile of how long unary ones took, " +
						"streams and connections open now, the share of stream slots in use, and the round-trip time. Empty: not measured, or no limit was set.",
					unit: number, kind: table(), shows: healthy, nonzero: true,
					rowsBy: []string{catalog.LabelUpstream, catalog.LabelEndpoint},
					queries: []query{
						{attempts, "Attempts"},
						{failed, "Failed"},
						{took, "p99"},
						{sum(endpoint, gauge(catalog.EndpointStreamsOpen)), "Streams"},
						{sum(endpoint, gauge(catalog.EndpointConnectionsOpen)), "Connections"},
						{aggregate("max", endpoint, slotsUsed), "Slots used"},
						{aggregate("max", endpoint, gauge(catalog.RTTSeconds)), "Round trip"},
					},
					columns: []column{
						{unit: requests},
						{unit: percent, warn: 0.01, bad: 0.1},
						{unit: seconds},
						{unit: number},
						{unit: number},
						{unit: percent, warn: 0.75, bad: 0.9},
						{unit: gaugeUnit(catalog.RTTSeconds.Metric())},
					},
				},
			}},
			{"Attempts", []panel{
				{
					title: "Attempts by endpoint", about: "Tries per second to get a response.", unit: requests, shows: healthy, nonzero: true,
					queries: []query{{attempts, perEndpoint}}, traces: upstreamTraces,
				},
				{
					title: "Failed attempts by endpoint", about: "Share of attempts that failed through the endpoint's fault.", unit: percent,
					queries: []query{{failed, perEndpoint}},
					shows:   failingReplica, nonzero: true, traces: upstreamTraces,
				},
				{
					title: "How long attempts took", about: "99th percentile of unary tries by endpoint, the wait for a connection or a stream slot included. " +
						"One far above its neighbours gets fewer requests: balancing goes by open streams.", unit: seconds,
					queries: []query{{took, perEndpoint}},
					shows:   slowReplica, nonzero: true, traces: upstreamTraces,
				},
				{
					title: "Attempts by result", about: "Tries per second by what became of them.", unit: requests, shows: healthy, nonzero: true,
					queries: []query{{sum("result", rate(catalog.AttemptsTotal)), "{{result}}"}},
				},
				{
					title: "Unreachable endpoints", about: "Attempts per second that found no connection.", unit: requests, shows: deadReplica, nonzero: true,
					queries: []query{{sum(endpoint, rate(catalog.AttemptsTotal, `result="unreachable"`)), perEndpoint}},
				},
				{
					title: "Retries", about: "Wishes per second to try again, and what became of them.", unit: rateUnit(catalog.RetriesTotal),
					queries: []query{{sum("upstream, result", rate(catalog.RetriesTotal)), "{{upstream}} {{result}}"}}, shows: deadReplica,
				},
			}},
			{"Connections", []panel{
				{
					title: "Endpoints", about: "Endpoints that each upstream has now.", unit: number, shows: healthy, nonzero: true,
					queries: []query{{aggregate("max", "upstream", gauge(catalog.Endpoints)), "{{upstream}}"}},
				},
				{
					title: "Connections by endpoint", about: "Connections open now.", unit: number, shows: healthy, nonzero: true,
					queries: []query{{sum(endpoint, gauge(catalog.EndpointConnectionsOpen)), perEndpoint}},
				},
				{
					title: "Streams by endpoint", about: "Attempts in progress: what balancing goes by.", unit: number, shows: healthy, nonzero: true,
					queries: []query{{sum(endpoint, gauge(catalog.EndpointStreamsOpen)), perEndpoint}},
				},
				{
					title: "Stream slots in use", about: "Share of the streams that an endpoint allows on its open connections. At 90 % an alert follows.",
					unit: percent, shows: healthy,
					queries: []query{{slotsUsed, perEndpoint}},
				},
				{
					title: "Wait for a stream slot", about: "99th percentile of the time that an attempt waited for a connection or a slot on one.",
					unit: seconds, shows: healthy,
					queries: []query{{quantile("0.99", catalog.StreamSlotWaitSeconds, "upstream"), "{{upstream}}"}},
				},
				{
					title: "Streams an endpoint allows", about: "SETTINGS_MAX_CONCURRENT_STREAMS, the smallest over its connections.", unit: number, shows: healthy, nonzero: true,
					queries: []query{{aggregate("min", endpoint, gauge(catalog.PeerMaxConcurrentStreams)), perEndpoint}},
				},
				{
					title: "Open connections", about: "On both sides, by protocol.", unit: number, shows: healthy, nonzero: true,
					queries: []query{{sum("side, proto", gauge(catalog.ConnectionsOpen)), "{{side}} {{proto}}"}},
				},
				{
					title: "Connections opened", about: "Per second. Upstream connections should last; many new ones mean that something ends them.",
					unit: rateUnit(catalog.ConnectionsOpenedTotal), shows: goawayStorm, nonzero: true,
					queries: []query{{sum("side", rate(catalog.ConnectionsOpenedTotal)), "{{side}}"}},
				},
				{
					title: "Connections closed", about: "Per second, by reason.", unit: rateUnit(catalog.ConnectionsClosedTotal), shows: goawayStorm, nonzero: true,
					queries: []query{{sum("side, reason", rate(catalog.ConnectionsClosedTotal)), "{{side}} {{reason}}"}},
				},
				{
					title: "GOAWAY from upstreams", about: "Frames per second by code: an orderly close takes two.", unit: rateUnit(catalog.GoAwayTotal),
					queries: []query{{sum("code", rate(catalog.GoAwayTotal, `side="upstream"`, `dir="read"`)), "{{code}}"}}, shows: goawayStorm, nonzero: true,
				},
				{
					title: "TLS handshakes", about: "Per second, by result.", unit: rateUnit(catalog.TLSHandshakesTotal), shows: healthy,
					queries: []query{{sum("side, result", rate(catalog.TLSHandshakesTotal)), "{{side}} {{result}}"}},
				},
			}},
			{"Hops", []panel{
				{
					title: "Where the time goes", about: "Mean per request: in the gateway before it was written upstream, until the first byte, and in all.",
					unit: seconds, shows: healthy, nonzero: true,
					queries: []query{
						{mean(catalog.GatewayOverheadSeconds), "gateway"},
						{mean(catalog.TimeToFirstByteSeconds), "to the first byte"},
						{mean(catalog.RequestDurationSeconds), "in all"},
					},
				},
				{
					title: "Spans", about: "Finished spans per second: taken by the collector, failed to be sent, dropped because the queue was full.",
					unit: rateUnit(catalog.TraceSpansTotal), shows: healthy, nonzero: true,
					queries: []query{{sum("result", rate(catalog.TraceSpansTotal)), "{{result}}"}},
				},
				{
					title: "Certificates that end soon", about: "Certificates that end within two weeks.", unit: number, shows: healthy,
					queries: []query{{
						"count(" + aggregate("min", "side, name", gauge(catalog.TLSCertificateNotAfterSeconds)) + " - time() < 14 * 86400) or vector(0)",
						"certificates",
					}},
				},
			}},
		},
	}
}

// mean returns the mean of a histogram's observations.
func mean(h catalog.Histogram) string {
	return ratio(sum("", "rate("+selector(h.Sum(), h.Metric())+"[$__rate_interval])"), sum("", count(h)))
}
