//go:build !unix

package gateway

// maxConnections returns 0: there is no bound of descriptors to derive one from.
func maxConnections() int64 { return 0 }

// reserveDescriptors does nothing: there is no table to make room in.
func reserveDescriptors() {}
