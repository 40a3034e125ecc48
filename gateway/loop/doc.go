// Package loop is a worker's event loop: it waits for sockets, timers and tasks
// and runs everything on one goroutine, so that what it drives needs no locks.
//
// On Linux sockets are driven by epoll: no goroutine and no buffer belongs to an
// idle connection. Everything else that is a net.Conn, and every socket on other
// systems, is driven by a pair of goroutines that hand their bytes over.
//
// Everything but [Loop.Post] is to be called on the loop's goroutine.
package loop
