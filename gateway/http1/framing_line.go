package http1

import (
	"math"

	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/rule"
)

// method reads the first word of a request line, which has three with a space
// between (RFC 9112 §3).
func (f *framing) method(b byte) {
	switch {
	case b == ' ' && f.n > 0:
		f.head.post = f.is("POST")
		f.begin(inTarget)
	case header.IsTokenChar(b):
		f.keep(b)
	default:
		f.breaks(rule.BadRequestLine)
	}
}

func (f *framing) target(b byte) {
	switch {
	case b == ' ' && f.n > 0:
		f.begin(inVersion)
	case b == ' ' || b == '\t' || control(b):
		f.breaks(rule.BadRequestLine)
	default:
		f.n++
	}
}

func (f *framing) version(b byte) {
	switch {
	case f.n < len(version) && b == version[f.n]:
	case f.n == len(version) && (b == '0' || b == '1'):
		f.head.http10 = b == '0'
	default:
		f.breaks(rule.BadRequestLine)
	}
	f.n++
}

// name reads a field's name up to the colon. White space before it is the
// continuation of the last line, which RFC 9112 §5.2 has a server refuse.
func (f *framing) name(b byte) {
	switch {
	case f.n == 0 && (b == ' ' || b == '\t'):
		f.breaks(rule.FoldedField)
	case b == ':' && f.n > 0:
		f.field = fieldValue{kind: f.kind()}
		f.begin(inValue)
	case header.IsTokenChar(b):
		if 'A' <= b && b <= 'Z' {
			b |= 0x20
		}
		f.keep(b)
	default:
		f.breaks(rule.BadFieldName)
	}
}

// kind says whether the field whose name was read frames the message. None in a
// trailer section does, see header.ValidateTrailers.
func (f *framing) kind() fieldKind {
	switch {
	case f.trailer:
	case f.is("content-length"):
		f.head.lengths++
		return lengthField
	case f.is("transfer-encoding"):
		f.head.codings++
		return codingField
	case f.is("host"):
		f.head.hosts++
	}
	return anyField
}

func (f *framing) value(b byte) {
	switch {
	case control(b):
		f.breaks(rule.BadFieldValue)
	case f.field.kind == anyField:
	case b == ' ' || b == '\t':
		f.field.ended = f.field.n > 0
	case f.field.kind == lengthField:
		f.length(b)
	default:
		f.coding(b)
	}
}

// length reads a Content-Length: one number. RFC 9110 §8.6 lets a recipient take
// several that are equal.
func (f *framing) length(b byte) {
	h := &f.head
	if b < '0' || b > '9' || f.field.ended || h.lengths > 1 || h.length > (math.MaxInt64-9)/10 {
		f.breaks(rule.BadContentLength)
		return
	}
	h.length = h.length*10 + uint64(b-'0')
	f.field.n++
}

// coding reads a Transfer-Encoding: no other than chunked is understood.
func (f *framing) coding(b byte) {
	if f.field.n == len(chunked) || b|0x20 != chunked[f.field.n] || f.field.ended || f.head.codings > 1 {
		f.breaks(rule.BadTransferEncoding)
		return
	}
	f.field.n++
}

func (f *framing) fieldEnds() {
	switch {
	case f.field.kind == lengthField && f.field.n == 0:
		f.breaks(rule.BadContentLength)
	case f.field.kind == codingField && f.field.n < len(chunked):
		f.breaks(rule.BadTransferEncoding)
	default:
		f.begin(inName)
	}
}

// keep notes a byte of a word, as far as one that matters is long.
func (f *framing) keep(b byte) {
	if f.n < len(f.word) {
		f.word[f.n] = b
	}
	f.n++
}

// is reports whether that word was read.
func (f *framing) is(word string) bool { return f.n == len(word) && string(f.word[:f.n]) == word }
