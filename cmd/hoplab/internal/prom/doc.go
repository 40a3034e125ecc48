// Package prom is a Prometheus inside the process, made of the real packages:
// scrape manager, TSDB with exemplar storage, rule manager, PromQL engine and
// the HTTP API under /api/v1. What it leaves out is service discovery (targets
// are given), remote storage, the notifier and the web interface.
//
// Both kinds of histogram are scraped. The rule files are loaded as they are;
// [Server.WatchAlerts] tells of every alert that changes its state.
package prom
