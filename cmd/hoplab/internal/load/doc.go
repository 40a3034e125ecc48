// Package load drives the demo's services through the gateway: small unary
// calls, long streams of small updates, orders that cause calls of their own,
// and large bodies both ways.
//
// Arrivals are open-loop: a request starts when it is due, not when the one
// before it ended, so slow answers do not hide in a lower rate. What is in
// flight is bounded per kind; a request that is due beyond the bound is not
// sent and counted as skipped.
package load
