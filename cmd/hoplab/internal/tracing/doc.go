// Package tracing gives the demo's services spans and carries trace context
// through them: W3C traceparent in and out, spans by jaeger-client-go.
//
// A service never decides sampling: the gateway in front of it does. A request
// that arrives unsampled costs no span; its traceparent is passed on as it came,
// so that the hops behind the service stay in the same trace.
package tracing
