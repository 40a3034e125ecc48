// Package h2load runs nghttp2's load generator and reads what it says.
package h2load
