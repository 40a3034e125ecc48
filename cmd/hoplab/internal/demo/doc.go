// Package demo puts the whole of hopscope together on one machine: services,
// the gateway as a process of its own, load, an embedded Prometheus with the
// alert rules, a trace store, and the switchboard of faults.
//
// Order of start: everything binds its port first (so that a taken one stops
// the demo before anything runs), then trace store, gateway, services,
// Prometheus, load, fault control, console. It stops in reverse, but that the gateway
// drains while the services still answer.
package demo
