// Package h2test has the two peers of a gateway for benchmarks: a client and an
// origin that speak HTTP/2 from prepared bytes and allocate nothing while they
// run, so that what is measured is the gateway. Only tests import it.
package h2test
