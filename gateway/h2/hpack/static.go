package hpack

import "github.com/hopscope/hopscope/gateway/h2/header"

// staticLen is the number of entries of the static table; indices above it are
// those of the dynamic table.
const staticLen = 61

// static is the static table (RFC 7541 Appendix A). Index 0 is not used.
var static = [staticLen + 1]struct{ name, value string }{
	1:  {":authority", ""},
	2:  {":method", "GET"},
	3:  {":method", "POST"},
	4:  {":path", "/"},
	5:  {":path", "/index.html"},
	6:  {":scheme", "http"},
	7:  {":scheme", "https"},
	8:  {":status", "200"},
	9:  {":status", "204"},
	10: {":status", "206"},
	11: {":status", "304"},
	12: {":status", "400"},
	13: {":status", "404"},
	14: {":status", "500"},
	15: {"accept-charset", ""},
	16: {"accept-encoding", "gzip, deflate"},
	17: {"accept-language", ""},
	18: {"accept-ranges", ""},
	19: {"accept", ""},
	20: {"access-control-allow-origin", ""},
	21: {"age", ""},
	22: {"allow", ""},
	23: {"authorization", ""},
	24: {"cache-control", ""},
	25: {"content-disposition", ""},
	26: {"content-encoding", ""},
	27: {"content-language", ""},
	28: {"content-length", ""},
	29: {"content-location", ""},
	30: {"content-range", ""},
	31: {"content-type", ""},
	32: {"cookie", ""},
	33: {"date", ""},
	34: {"etag", ""},
	35: {"expect", ""},
	36: {"expires", ""},
	37: {"from", ""},
	38: {"host", ""},
	39: {"if-match", ""},
	40: {"if-modified-since", ""},
	41: {"if-none-match", ""},
	42: {"if-range", ""},
	43: {"if-unmodified-since", ""},
	44: {"last-modified", ""},
	45: {"link", ""},
	46: {"location", ""},
	47: {"max-forwards", ""},
	48: {"proxy-authenticate", ""},
	49: {"proxy-authorization", ""},
	50: {"range", ""},
	51: {"referer", ""},
	52: {"refresh", ""},
	53: {"retry-after", ""},
	54: {"server", ""},
	55: {"set-cookie", ""},
	56: {"strict-transport-security", ""},
	57: {"transfer-encoding", ""},
	58: {"user-agent", ""},
	59: {"vary", ""},
	60: {"via", ""},
	61: {"www-authenticate", ""},
}

// staticMeta is what is known of the entries of static, and staticNames the lowest
// index that has a token's name; 0: none.
var staticMeta, staticNames = func() (meta [staticLen + 1]header.Meta, names [header.NumTokens]uint8) {
	for i := staticLen; i > 0; i-- {
		name, value := []byte(static[i].name), []byte(static[i].value)
		m := &meta[i]
		m.Token, m.Static = header.Lookup(name), uint8(i)
		if header.CheckField(m.Token, name, value) { // not all are: transfer-encoding
			m.Flags = header.Valid
		}
		if m.Token != header.Unknown {
			names[m.Token] = uint8(i)
		}
	}
	return meta, names
}()

// staticField returns the index of a whole field in the static table, or 0. It
// knows those that the gateway itself writes.
func staticField(t header.Token, value []byte) uint8 {
	switch t {
	case header.Method:
		switch string(value) {
		case "GET":
			return 2
		case "POST":
			return 3
		}
	case header.Path:
		if string(value) == "/" {
			return 4
		}
	case header.Scheme:
		switch string(value) {
		case "http":
			return 6
		case "https":
			return 7
		}
	case header.Status:
		switch string(value) {
		case "200":
			return 8
		case "204":
			return 9
		case "206":
			return 10
		case "304":
			return 11
		case "400":
			return 12
		case "404":
			return 13
		case "500":
			return 14
		}
	}
	return 0
}
