// Package upstream picks an endpoint and a connection for each request.
//
// A [Cluster] is an upstream under one configuration: its endpoints as they are
// resolved, and how to connect to them. It is shared by the workers and safe for
// concurrent use. A [Pool] is one worker's connections to a cluster; it belongs
// to that worker's goroutine, so workers share no connection and no lock.
package upstream
