package header

// Token identifies a field name that the gateway treats in a way of its own, so
// that the hot path compares small integers and not strings.
type Token uint8

// The tokens. Unknown is every other name.
const (
	Unknown Token = iota
	Method
	Scheme
	Authority
	Path
	Status
	Protocol // :protocol (RFC 8441)
	PseudoUnknown
	Connection
	ProxyConnection
	KeepAlive
	TransferEncoding
	Upgrade
	TE
	Host
	ContentLength
	ContentType
	Cookie
	Trailer
	Expect
	GRPCStatus
	GRPCMessage
	GRPCTimeout
	XForwardedFor
	XForwardedProto
	XForwardedHost
	Traceparent
	Tracestate
	B3
	B3TraceID
	B3SpanID
	B3ParentSpanID
	B3Sampled
	B3Flags
	UberTraceID
	JaegerDebugID
	Authorization
	ProxyAuthorization
	SetCookie
	// NumTokens is the number of tokens.
	NumTokens
)

// IsPseudo reports whether the name begins with a colon.
func (t Token) IsPseudo() bool { return t >= Method && t <= PseudoUnknown }

// IsTrace reports whether the field carries trace context in any known format.
func (t Token) IsTrace() bool { return t >= Traceparent && t <= JaegerDebugID }

// IsConnectionSpecific reports whether RFC 9113 §8.2.2 forbids the field in HTTP/2.
func (t Token) IsConnectionSpecific() bool { return t >= Connection && t <= Upgrade }

// String returns the field name, or "" for Unknown and PseudoUnknown.
func (t Token) String() string {
	if t < NumTokens {
		return tokenNames[t]
	}
	return ""
}

var tokenNames = [NumTokens]string{
	Method: ":method", Scheme: ":scheme", Authority: ":authority", Path: ":path",
	Status: ":status", Protocol: ":protocol",
	Connection: "connection", ProxyConnection: "proxy-connection", KeepAlive: "keep-alive",
	TransferEncoding: "transfer-encoding", Upgrade: "upgrade", TE: "te", Host: "host",
	ContentLength: "content-length", ContentType: "content-type", Cookie: "cookie",
	Trailer: "trailer", Expect: "expect",
	GRPCStatus: "grpc-status", GRPCMessage: "grpc-message", GRPCTimeout: "grpc-timeout",
	XForwardedFor: "x-forwarded-for", XForwardedProto: "x-forwarded-proto", XForwardedHost: "x-forwarded-host",
	Traceparent: "traceparent", Tracestate: "tracestate", B3: "b3",
	B3TraceID: "x-b3-traceid", B3SpanID: "x-b3-spanid", B3ParentSpanID: "x-b3-parentspanid",
	B3Sampled: "x-b3-sampled", B3Flags: "x-b3-flags",
	UberTraceID: "uber-trace-id", JaegerDebugID: "jaeger-debug-id",
	Authorization: "authorization", ProxyAuthorization: "proxy-authorization", SetCookie: "set-cookie",
}

// Lookup returns the token of a name in lower case.
func Lookup(name []byte) Token {
	if len(name) == 0 {
		return Unknown
	}
	switch string(name) { // compiled to a search by length and content, without allocating
	case ":method":
		return Method
	case ":scheme":
		return Scheme
	case ":authority":
		return Authority
	case ":path":
		return Path
	case ":status":
		return Status
	case ":protocol":
		return Protocol
	case "connection":
		return Connection
	case "proxy-connection":
		return ProxyConnection
	case "keep-alive":
		return KeepAlive
	case "transfer-encoding":
		return TransferEncoding
	case "upgrade":
		return Upgrade
	case "te":
		return TE
	case "host":
		return Host
	case "content-length":
		return ContentLength
	case "content-type":
		return ContentType
	case "cookie":
		return Cookie
	case "trailer":
		return Trailer
	case "expect":
		return Expect
	case "grpc-status":
		return GRPCStatus
	case "grpc-message":
		return GRPCMessage
	case "grpc-timeout":
		return GRPCTimeout
	case "x-forwarded-for":
		return XForwardedFor
	case "x-forwarded-proto":
		return XForwardedProto
	case "x-forwarded-host":
		return XForwardedHost
	case "traceparent":
		return Traceparent
	case "tracestate":
		return Tracestate
	case "b3":
		return B3
	case "x-b3-traceid":
		return B3TraceID
	case "x-b3-spanid":
		return B3SpanID
	case "x-b3-parentspanid":
		return B3ParentSpanID
	case "x-b3-sampled":
		return B3Sampled
	case "x-b3-flags":
		return B3Flags
	case "uber-trace-id":
		return UberTraceID
	case "jaeger-debug-id":
		return JaegerDebugID
	case "authorization":
		return Authorization
	case "proxy-authorization":
		return ProxyAuthorization
	case "set-cookie":
		return SetCookie
	}
	if name[0] == ':' {
		return PseudoUnknown
	}
	return Unknown
}
