// Package recording holds series as a real Prometheus scraped them, in the
// notation that promtool's rule tests read.
//
// A [Recording] is a grid: every series has one value for each scrape, which may
// be a number, a native histogram, a staleness marker or missing. [Encode] and
// [Parse] turn series into lines of notation and back without loss; each line
// that is written was parsed again by Prometheus' own parser and compared bit by
// bit. Exemplars and the milliseconds by which a scrape was late are not kept.
package recording
