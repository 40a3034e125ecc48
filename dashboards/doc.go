// Package dashboards holds the Grafana dashboards of hopscope as JSON that
// Grafana's provisioning loads. They are written by dashboards/gen; change them
// there, then run go generate.
package dashboards

//go:generate go run ./gen -out .
