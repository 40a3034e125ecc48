package main

import "github.com/hopscope/hopscope/telemetry/catalog"

const (
	failedRatio = "job_route:hopscope_request_failures:ratio_rate"
	slowRatio   = "job_route:hopscope_slow_requests:ratio_rate"
	recorded    = `{job=~"$job", route=~"$route"}`
	// Objectives, as alerts/slo.rules.yml has them.
	errorBudget   = "0.001"
	latencyBudget = "0.01"
)

// overview shows the golden signals: traffic, errors, latency, saturation, for
// each route and each upstream.
func overview() board {
	all := rate(catalog.RequestsTotal)
	failed := rate(catalog.RequestFailuresTotal)
	return board{
		uid: "hopscope-overview", title: "hopscope / Overview",
		about: "Traffic, errors, latency and saturation of every route and upstream.",
		rows: []row{
			{"Now", []panel{
				{
					title: "Requests", about: "Requests that ended, per second, over the chosen routes.", unit: requests, kind: stat(),
					queries: []query{{sum("", all), "requests"}}, shows: healthy, nonzero: true,
				},
				{
					title: "Failed", about: "Share of requests that failed through no fault of the client.", unit: percent, kind: stat(),
					queries: []query{{ratio(orZero(sum("", failed), sum("", all)), sum("", all)), "failed"}},
					warn:    0.001, bad: 0.01, shows: healthy,
				},
				{
					title: "99th percentile", about: "Of the duration of unary requests, from native histograms.", unit: seconds, kind: stat(),
					queries: []query{{quantile("0.99", catalog.RequestDurationSeconds, "", `kind="unary"`), "p99"}},
					warn:    0.25, bad: 0.5, shows: healthy, nonzero: true,
				},
				{
					title: "Open streams", about: "Exchanges in progress.", unit: number, kind: stat(),
					queries: []query{{sum("", gauge(catalog.StreamsOpen)), "open"}}, shows: healthy, nonzero: true,
				},
				{
					title: "Firing alerts", about: "Alerts of hopscope's rules that fire now.", unit: number, kind: stat(),
					queries: []query{{`count(ALERTS{alertstate="firing", alertname=~"Hopscope.*"}) or vector(0)`, "firing"}},
					warn:    1, bad: 3, shows: failingReplica, nonzero: true,
				},
				{
					title: "Gateways up", about: "Gateways that answer Prometheus.", unit: number, kind: stat(),
					queries: []query{{`sum(up{job=~"$job", instance=~"$instance"} and on (job, instance) ` + catalog.BuildInfo.String() + `)`, "up"}},
					shows:   healthy, nonzero: true,
				},
			}},
			{"Routes", []panel{
				{
					title: "Requests by route", about: "Requests that ended, per second.", unit: requests,
					queries: []query{{sum("route", all), "{{route}}"}}, shows: healthy, nonzero: true, traces: routeTraces,
				},
				{
					title: "Failed requests by route",
					about: "Share of requests that failed: status 5xx, a gRPC status that means the server, or a response that was cut.",
					unit:  percent, shows: failingReplica, nonzero: true, traces: routeTraces,
					queries: []query{{ratio(orZero(sum("route", failed), sum("route", all)), sum("route", all)), "{{route}}"}},
				},
				{
					title: "Duration of unary requests by route",
					about: "Median and 99th percentile from the first byte of the request to the end of the exchange. Dots are sampled traces.",
					unit:  seconds, shows: healthy, nonzero: true, exemplars: true, traces: routeTraces,
					queries: []query{
						{quantile("0.5", catalog.RequestDurationSeconds, "route", `kind="unary"`), "{{route}} p50"},
						{quantile("0.99", catalog.RequestDurationSeconds, "route", `kind="unary"`), "{{route}} p99"},
					},
				},
				{
					title: "Time to first byte by route",
					about: "99th percentile until the first byte of the response's body, streams included. Dots are sampled traces.",
					unit:  seconds, shows: healthy, nonzero: true, exemplars: true, traces: routeTraces,
					queries: []query{{quantile("0.99", catalog.TimeToFirstByteSeconds, "route"), "{{route}}"}},
				},
				{
					title: "Requests by status", about: "Requests per second by the class of the status that the client got.", unit: requests,
					queries: []query{{sum("status_class", all), "{{status_class}}"}}, shows: healthy, nonzero: true,
				},
				{
					title: "gRPC requests by status", about: "gRPC requests per second by gRPC status code.", unit: requests,
					queries: []query{{sum("grpc_status", rate(catalog.RequestsTotal, `grpc_status!="none"`)), "{{grpc_status}}"}},
					shows:   healthy, nonzero: true,
				},
				{
					title: "Open streams by route", about: "Exchanges in progress: the saturation of a route.", unit: number,
					queries: []query{{sum("route", gauge(catalog.StreamsOpen)), "{{route}}"}}, shows: healthy, nonzero: true,
				},
				{
					title: "Ends that are not completed", about: "Exchanges per second that ended before their response did, by reason and by who ended them.",
					unit: requests, shows: failingReplica,
					queries: []query{{sum("reason, origin", rate(catalog.StreamEndTotal, `reason!="completed"`)), "{{reason}} by {{origin}}"}},
				},
				{
					title: "Overhead of the gateway", about: "99th percentile of the time a request spends in the gateway before it is written upstream.",
					unit: seconds, shows: healthy, nonzero: true, exemplars: true,
					queries: []query{{quantile("0.99", catalog.GatewayOverheadSeconds, "route"), "{{route}}"}},
				},
				{
					title: "How long requests took", about: "Unary requests per second by their duration: the stronger the colour, the more took that long. Dots are sampled traces.",
					unit: requests, kind: heatmap(gaugeUnit(catalog.RequestDurationSeconds.Metric()), requests), shows: healthy, nonzero: true, exemplars: true,
					queries: []query{{sum("le", bucket(catalog.RequestDurationSeconds, `kind="unary"`)), "{{le}}"}},
				},
			}},
			{"Error budgets", []panel{
				{
					title: "Availability: budget burn", about: "How many times too fast the error budget of 30 days burns (objective 99.9 %). " +
						"At 14.4 over both windows someone is paged.",
					unit: number, shows: failingReplica, nonzero: true, wide: 12,
					queries: []query{
						{failedRatio + "5m" + recorded + " / " + errorBudget, "{{route}} 5m"},
						{failedRatio + "1h" + recorded + " / " + errorBudget, "{{route}} 1h"},
					},
				},
				{
					title: "Latency: budget burn", about: "How many times too fast the latency budget of 30 days burns (objective: 99 % of unary requests within 0.5 s).",
					unit: number, shows: latency, nonzero: true, wide: 12,
					queries: []query{
						{slowRatio + "5m" + recorded + " / " + latencyBudget, "{{route}} 5m"},
						{slowRatio + "1h" + recorded + " / " + latencyBudget, "{{route}} 1h"},
					},
				},
				{
					title: "Alerts", about: "Each alert of hopscope's rules that is pending (it waits out its delay) or fires, over time.",
					unit: number, shows: failingReplica, nonzero: true, warn: 1, bad: 2,
					kind: timeline(state(stateText{Text: "quiet", Color: "green"}, stateText{Text: "pending", Color: "orange"}, stateText{Text: "firing", Color: "red"})),
					queries: []query{{
						"2 * " + aggregate("max", "alertname", `ALERTS{alertname=~"Hopscope.*", alertstate="firing"}`) +
							"\n  or " + aggregate("max", "alertname", `ALERTS{alertname=~"Hopscope.*", alertstate="pending"}`) +
							"\n  or (label_replace(vector(0), \"alertname\", \"none\", \"\", \"\") unless on () " + `ALERTS{alertname=~"Hopscope.*"})`,
						"{{alertname}}",
					}},
				},
			}},
			{"Upstreams", []panel{
				{
					title: "Requests by upstream", about: "Requests that ended, per second.", unit: requests,
					queries: []query{{sum("upstream", all), "{{upstream}}"}}, shows: healthy, nonzero: true, traces: upstreamTraces,
				},
				{
					title: "Failed requests by upstream", about: "Share of requests that failed.", unit: percent, shows: failingReplica, nonzero: true,
					queries: []query{{ratio(orZero(sum("upstream", failed), sum("upstream", all)), sum("upstream", all)), "{{upstream}}"}},
					traces:  upstreamTraces,
				},
				{
					title: "Failed attempts by upstream", about: "Share of attempts that failed; where it is above the failed requests, retries helped.",
					unit: percent, shows: failingReplica, nonzero: true,
					queries: []query{{ratio(
						sum("upstream", rate(catalog.AttemptsTotal, failedAttempts)), sum("upstream", rate(catalog.AttemptsTotal)),
					), "{{upstream}}"}},
				},
			}},
			{"Gateway", []panel{
				{
					title: "CPU", about: "Processor seconds per second of each gateway.", unit: number, shows: healthy, nonzero: true,
					queries: []query{{`rate(process_cpu_seconds_total{job=~"$job", instance=~"$instance"}[$__rate_interval])`, "{{instance}}"}},
				},
				{
					title: "Memory", about: "Resident memory of each gateway, and the bytes it holds for peers that do not take them.", unit: octets,
					shows: healthy, nonzero: true,
					queries: []query{
						{`process_resident_memory_bytes{job=~"$job", instance=~"$instance"}`, "{{instance}} resident"},
						{sum("instance", gauge(catalog.BufferedBytes)), "{{instance}} buffered"},
					},
				},
				{
					title: "Configuration accepted", about: "Whether the last configuration was accepted; if not, the one before still runs.", unit: boolean,
					queries: []query{{gauge(catalog.ConfigLastReloadSuccessful), "{{instance}}"}}, shows: healthy, nonzero: true,
				},
				{
					title: "Draining", about: "Whether a gateway drains: it takes nothing new and ends when its streams have.", unit: boolean,
					queries: []query{{gauge(catalog.DrainState), "{{instance}}"}}, shows: healthy,
				},
				{
					title: "Endpoints counted as others", about: "Endpoints per second that share one series because their upstream has too many, by metric.",
					unit: rateUnit(catalog.SeriesLimitedTotal), shows: healthy,
					queries: []query{{sum("metric", rate(catalog.SeriesLimitedTotal)), "{{metric}}"}},
				},
			}},
		},
	}
}
