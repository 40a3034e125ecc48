// Package services runs the demo's services: users and profiles over gRPC,
// orders over plain HTTP/2 with prior knowledge. The subpackages hold what each
// answers; this one holds how a replica listens, dies, comes back and swaps its
// server without refusing a connection ([Replica]), and puts each service
// together with its faults ([Users], [Profiles], [Orders]).
//
// Everything that misbehaves does so for real: a dead replica has no listener,
// a GOAWAY comes from the server's own HTTP/2 stack, a stalled upload is a
// handler that does not read.
package services

//go:generate ./generate.sh
