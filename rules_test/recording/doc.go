// Package recording holds series as a real Prometheus scraped them, in the
// notation that promtool's rule tests read.
//
// A [Recording] is a grid: every series has one value for each scrape, which may
// be a number, a native histogram, a staleness marker or missing. [Encode] and
// [Parse] turn series into lines of notation and back without loss; each line
// that is written was parsed again by Prometheus' own parser and compared bit by
// bit. The milliseconds by which a scrape was late are not kept.
//
// A recording is up to four files. NAME.series holds what rules read: it is small
// and can be looked at. NAME.panels.gz holds what only dashboards read, mostly
// histograms, which nobody looks at as text: compressed it is a sixth of its size.
// NAME.exemplars and NAME.meta.yml stand beside them.
package recording
