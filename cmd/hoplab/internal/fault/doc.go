// Package fault is the switchboard of the demo's named faults.
//
// A process that can misbehave declares its faults on a [Board]; the board
// keeps their state, serves them over HTTP ([Board.Handler]) and passes on
// what other processes of the same demo own ([Board.AddPeer]). [Client] is the
// other end, for the command line and for tests.
//
// The protocol is three requests, JSON both ways:
//
//	GET /faults        → [{"name":"latency","about":"…","on":false}, …]; one that is on has "since", RFC 3339
//	PUT /faults/NAME   ← {"on":true}   → the fault's new state
//	GET /healthz       → 200 once the process serves
//
// A board is meant for loopback or a private network: who reaches it can
// break the demo, which is its purpose.
package fault
