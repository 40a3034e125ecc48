// Package replay runs rule files and queries over a [recording.Recording] with
// Prometheus' own rule manager, PromQL engine and storage, as promtool does: every
// rule is evaluated once a step, in file order, on the samples scraped until then.
//
// What it gives beyond promtool is a look at the whole course: [Timeline] says
// when each alert was pending, fired and ended, with its labels and annotations
// at each moment. The generator of the promtool files and the checks of the
// dashboards stand on it.
package replay
