// Package accesslog writes a line of JSON for each exchange that ended, or for
// those that went wrong.
//
// Queries, header values and bodies are never written. A worker only puts a line
// into a bounded queue; a line that finds it full is dropped and counted.
package accesslog
