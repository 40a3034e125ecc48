// Gen writes the Grafana dashboards.
//
// A panel is declared with a title, what it tells, where its data comes from and
// how to read it; metrics come from telemetry/catalog, so a panel cannot name
// one that does not exist, and units follow from the metric's declaration. The
// tests hold every panel to the same rules and run its queries on recordings of
// the demo.
package main
