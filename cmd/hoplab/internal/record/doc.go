// Package record scrapes a running gateway with Prometheus' own scrape manager
// and turns what was stored into a [recording.Recording].
//
// A [Plan] says how: [Plan.Demo] records a scenario of the demo, [Plan.Exporter]
// anything that serves metrics. What is kept is what [Readers] select.
//
// A [Recorder] owns a scrape manager and a TSDB in a temporary folder; Finish or
// Close gives both back. Nothing is written by hand: staleness markers, counter
// resets, up, the scrape_* series and native histograms are what Prometheus made
// of the gateway's answers.
package record
