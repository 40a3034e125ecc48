package plan

// Goal is what a result should be.
type Goal struct {
	Workload, Metric string
	Proxy            string  // whose result
	To               string  // in proportion to this proxy's; "": as it is
	AtMost           float64 // the ratio, or the value in the metric's unit
	Note             string  // what the workload's title does not say
}

// Goals returns all of them in the order of tables.
func Goals() []Goal {
	return []Goal{
		{Workload: "W1", Metric: CPU, Proxy: Hopscope, To: Nghttpx, AtMost: 0.5},
		{Workload: "W2", Metric: CPU, Proxy: Hopscope, To: Nghttpx, AtMost: 0.5},
		{Workload: "W1-TLS", Metric: CPU, Proxy: Hopscope, To: Nghttpx, AtMost: 0.5},
		{Workload: "unique", Metric: CPU, Proxy: Hopscope, To: Nghttpx, AtMost: 0.5},
		{Workload: "100x10", Metric: CPU, Proxy: Hopscope, To: Nghttpx, AtMost: 0.6},
		{Workload: "download", Metric: CPU, Proxy: Hopscope, To: Nghttpx, AtMost: 0.9},
		{Workload: "upload", Metric: CPU, Proxy: Hopscope, To: Nghttpx, AtMost: 0.9},
		{Workload: "lone", Metric: CPU, Proxy: Hopscope, To: HAProxy, AtMost: 1},
		{Workload: "lone", Metric: AddedP50, Proxy: Hopscope, To: HAProxy, AtMost: 1},
		{Workload: "streams", Metric: StreamBytes, Proxy: Hopscope, AtMost: 1000},
		{Workload: "connections", Metric: ConnBytes, Proxy: Hopscope, AtMost: 10_000},
		{Workload: "W1", Metric: CPU, Proxy: Hopscope, To: Quiet, AtMost: 1.3, Note: "telemetry on ÷ off"},
		{Workload: "W2", Metric: CPU, Proxy: Hopscope, To: Quiet, AtMost: 1.3, Note: "telemetry on ÷ off"},
		{Workload: "W1", Metric: CPU, Proxy: TwoCores, To: Hopscope, AtMost: 1.15, Note: "GOMAXPROCS 2 ÷ 1"},
		{Workload: "scrape", Metric: ScrapeTime, Proxy: Hopscope, AtMost: 50},
		{Workload: "scrape", Metric: AddedP99, Proxy: Hopscope, AtMost: 10},
	}
}
