package http1

import (
	"math"

	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/rule"
)

// framing reads along with net/http what a client sends: where each request and
// its body begin and end (RFC 9112), and the first rule that is broken. It lets
// nothing through that two readers could take for different things, so it is
// stricter than net/http: lines end with CR LF, nothing is folded, and a request
// has at most one Content-Length or one Transfer-Encoding, which is chunked. After
// a broken rule it reads no more. It holds no more than a few words, and a number
// for each request that net/http has not taken yet.
type framing struct {
	place   place
	cr      bool   // CR was the last byte: LF has to follow
	n       int    // bytes of what place names, so far
	left    uint64 // bytes of the body or chunk that are to come
	word    [len("transfer-encoding")]byte
	field   fieldValue
	head    requestHeader
	trailer bool // the fields are those of a trailer section
	blank   int  // empty lines since the last request

	heads   int     // request headers that were read to their end
	lengths []int64 // of the bodies of those that net/http has not taken; -1: in chunks
	broken  rule.Violation
	inBody  bool // broken in the body of the last of heads, not in the header after it
}

// place is where the next byte belongs.
type place uint8

const (
	beforeRequest place = iota
	inMethod
	inTarget
	inVersion
	inName // of a field, or the empty line after the last one
	inValue
	inLength // a body with Content-Length
	inSize   // of a chunk
	inExtension
	inChunk
	afterChunk
)

// requestHeader is what the framing of a request depends on.
type requestHeader struct {
	post, http10            bool
	hosts, lengths, codings int // fields of that name
	length                  uint64
}

// fieldValue is the value of a field that frames the message.
type fieldValue struct {
	kind  fieldKind
	n     int  // bytes of it, without white space around
	ended bool // white space has followed
}

type fieldKind uint8

const (
	anyField fieldKind = iota
	lengthField
	codingField
)

const (
	chunked = "chunked"
	version = "HTTP/1."
	// maxExtension bounds what follows the size of a chunk, in bytes: nobody is known
	// to use it.
	maxExtension = 256
	// maxBlank is how many empty lines net/http passes over after a POST.
	maxBlank = 2
)

// read reads what comes next.
func (f *framing) read(p []byte) {
	for len(p) > 0 && f.broken == rule.None {
		if f.place != inLength && f.place != inChunk {
			f.take(p[0])
			p = p[1:]
			continue
		}
		n := min(f.left, uint64(len(p)))
		p, f.left = p[n:], f.left-n
		switch {
		case f.left > 0:
		case f.place == inChunk:
			f.place = afterChunk
		default:
			f.requestEnds()
		}
	}
}

// between reports whether a request has ended, and nothing of another has come.
func (f *framing) between() bool { return f.place == beforeRequest && !f.cr && f.broken == rule.None }

// breaks notes the rule that the last byte breaks.
func (f *framing) breaks(v rule.Violation) {
	f.broken = v
	f.inBody = f.place >= inLength || f.trailer
}

// take reads a byte of a line. RFC 9112 §2.2 lets a recipient take LF alone for
// the end of one, and CR alone for a space: not all do.
func (f *framing) take(b byte) {
	switch {
	case f.cr && b == '\n':
		f.cr = false
		f.lineEnds()
	case f.cr, b == '\n':
		f.breaks(rule.BadLineEnd)
	case b == '\r':
		f.cr = true
	default:
		f.text(b)
	}
}

func (f *framing) text(b byte) {
	switch f.place {
	case beforeRequest:
		f.head, f.blank = requestHeader{}, 0
		f.begin(inMethod)
		f.method(b)
	case inMethod:
		f.method(b)
	case inTarget:
		f.target(b)
	case inVersion:
		f.version(b)
	case inName:
		f.name(b)
	case inValue:
		f.value(b)
	case inSize:
		f.size(b)
	case inExtension:
		f.extension(b)
	default: // afterChunk
		f.breaks(rule.BadFrameSize)
	}
}

func (f *framing) begin(p place) { f.place, f.n = p, 0 }

func (f *framing) lineEnds() {
	switch f.place {
	case beforeRequest:
		// RFC 9112 §2.2: old clients end a POST with an empty line too many.
		if f.blank++; !f.head.post || f.blank > maxBlank {
			f.breaks(rule.BadRequestLine)
		}
	case inMethod, inTarget:
		f.breaks(rule.BadRequestLine)
	case inVersion:
		if f.n <= len(version) {
			f.breaks(rule.BadRequestLine)
			return
		}
		f.begin(inName)
	case inName:
		f.sectionEnds()
	case inValue:
		f.fieldEnds()
	case inSize, inExtension:
		f.sizeEnds()
	default: // afterChunk
		f.begin(inSize)
	}
}

// sectionEnds takes the empty line after a header or trailer section.
func (f *framing) sectionEnds() {
	h := &f.head
	switch {
	case f.n > 0: // a field without a colon
		f.breaks(rule.BadFieldName)
	case f.trailer:
		f.requestEnds()
	case h.hosts > 1, h.hosts == 0 && !h.http10: // RFC 9112 §3.2
		f.breaks(rule.BadAuthority)
	case h.codings > 0 && (h.lengths > 0 || h.http10): // RFC 9112 §6.1
		f.breaks(rule.BadTransferEncoding)
	case h.codings > 0:
		f.headEnds(-1)
		f.left = 0
		f.begin(inSize)
	case h.length > 0:
		f.headEnds(int64(h.length))
		f.left = h.length
		f.begin(inLength)
	default:
		f.headEnds(0)
		f.requestEnds()
	}
}

func (f *framing) headEnds(length int64) {
	f.heads++
	f.lengths = append(f.lengths, length)
}

func (f *framing) requestEnds() {
	f.trailer = false
	f.begin(beforeRequest)
}

// size reads the size of a chunk.
func (f *framing) size(b byte) {
	digit, ok := hex(b)
	switch {
	case ok && f.left <= math.MaxInt64>>4:
		f.left = f.left<<4 | digit
		f.n++
	case b == ';' && f.n > 0:
		f.begin(inExtension)
	default:
		f.breaks(rule.BadFrameSize)
	}
}

// extension reads what follows the size: it begins with a name.
func (f *framing) extension(b byte) {
	if f.n++; f.n > maxExtension || f.n == 1 && !header.IsTokenChar(b) || control(b) {
		f.breaks(rule.BadFrameSize)
	}
}

func (f *framing) sizeEnds() {
	switch {
	case f.n == 0:
		f.breaks(rule.BadFrameSize)
	case f.left == 0:
		f.trailer = true
		f.begin(inName)
	default:
		f.begin(inChunk)
	}
}

func hex(b byte) (uint64, bool) {
	switch {
	case '0' <= b && b <= '9':
		return uint64(b - '0'), true
	case 'a' <= b|0x20 && b|0x20 <= 'f':
		return uint64(b|0x20-'a') + 10, true
	}
	return 0, false
}
