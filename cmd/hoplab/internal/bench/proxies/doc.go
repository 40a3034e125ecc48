// Package proxies starts what the benchmarks compare, each proxy with one thread
// unless its name says more, from a configuration that stands in a file of its
// own:
//
//	hopscope.go, nghttpx.go, haproxy.go, reverse.go
package proxies
