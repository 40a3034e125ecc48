// Package gateway runs the hopscope program as a process of its own: it writes
// the configuration, waits for the ready line, keeps the log and stops the
// process with a drain. The process never outlives its parent.
package gateway
