// Package hostile is the attacks on HTTP/2 servers that are known: what each
// sends, how fast and how often, and how a server should end it. They are for
// proxies that the caller has started itself.
//
//	attack.go                               what an attack is, and the list of all
//	resets.go, floods.go, blocks.go, slow.go, connections.go, malformed.go
//	                                        the attacks
//	run.go, conn.go, end.go                 how one is carried out and what came of it
package hostile
