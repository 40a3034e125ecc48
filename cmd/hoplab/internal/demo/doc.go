// Package demo puts the whole of hopscope together on one machine: services,
// the gateway as a process of its own, load, an embedded Prometheus with the
// alert rules, a trace store, and the switchboard of faults.
//
// Order of start: everything binds its port first (so that a taken one stops
// the demo before anything runs), then trace store, services' listeners,
// gateway, services, Prometheus, load, control. It stops in reverse.
package demo
