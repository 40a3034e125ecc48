package http1

import "github.com/hopscope/hopscope/gateway/h2/conn"

// Linger ends an exchange whose response is complete before the request is. The
// handler is not called any more; net/http decides what becomes of the rest.
func (i *Incoming) Linger() { i.Cancel(conn.NoError) }
