package relay

import "github.com/hopscope/hopscope/gateway/upstream"

// bridge sends the request to an HTTP/1.1 endpoint.
func (x *Exchange) bridge(e *upstream.Endpoint) {
	panic("bridge") // replaced below
}
