// Package e2e tests the built gateway as its users meet it: the real program,
// real sockets, real clients (h2spec, h2load, curl, nghttp, the gRPC interop
// suite) and origins of another make than ours. It holds tests only.
//
// The gateway under test is the file named by HOPSCOPE_BIN; without it the tests
// build one. The other programs are looked up in .cache/bin of the work tree and
// then on PATH; a missing one fails the test and names the make target that
// installs it. Nothing is skipped.
package e2e
