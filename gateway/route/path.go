package route

import "bytes"

// PathFault says why a request's path is refused with 400. It is an error that
// costs no allocation.
type PathFault uint8

// The faults.
const (
	PathOK       PathFault = iota
	NotAbsolute            // it does not begin with /, and is not * with OPTIONS
	BadEscape              // a percent sign without two hexadecimal digits, or %00
	EncodedSlash           // %2F: peers disagree on whether it separates segments
	DotSegment             // . or .., encoded or not: peers disagree on who resolves it
	numPathFaults
)

// Error returns a short text for the response.
func (f PathFault) Error() string {
	if f < numPathFaults {
		return faultTexts[f]
	}
	return "bad path"
}

var faultTexts = [numPathFaults]string{
	PathOK:       "the path is good",
	NotAbsolute:  "the path does not begin with a slash",
	BadEscape:    "the path has a bad percent-encoding",
	EncodedSlash: "the path has an encoded slash",
	DotSegment:   "the path has a dot segment",
}

// CheckPath checks :path, query included, of a request whose characters header
// validation has accepted. It returns PathOK or why the request is refused.
//
// What a server behind the gateway may take for a dot segment counts as one: a
// segment that is . or .. up to a semicolon, and segments that a backslash
// separates.
func CheckPath(method, path []byte) PathFault {
	if len(path) == 0 || path[0] != '/' {
		if string(path) == "*" && string(method) == "OPTIONS" {
			return PathOK
		}
		return NotAbsolute
	}
	if i := bytes.IndexByte(path, '?'); i >= 0 {
		path = path[:i]
	}
	// Almost no path has any of these, and searching is cheap.
	if bytes.IndexByte(path, '%') < 0 && bytes.IndexByte(path, '\\') < 0 && !bytes.Contains(path, slashDot) {
		return PathOK
	}
	return checkSegments(path)
}

var slashDot = []byte("/.")

func checkSegments(path []byte) PathFault {
	// dots counts the dots that the segment consists of so far; other: it has
	// something else.
	const other = 3
	dots := other
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '%' {
			var ok bool
			if c, ok = escaped(path[i:]); !ok {
				return BadEscape
			}
			i += 2
			switch c {
			case 0:
				return BadEscape
			case '/':
				return EncodedSlash
			}
		}
		switch c {
		case '/', '\\', ';':
			if dots == 1 || dots == 2 {
				return DotSegment
			}
			dots = 0
			if c == ';' {
				dots = other
			}
		case '.':
			dots = min(dots+1, other)
		default:
			dots = other
		}
	}
	if dots == 1 || dots == 2 {
		return DotSegment
	}
	return PathOK
}

// unescape appends path to to, percent-decoded, unless an escape is broken.
func unescape(to, path []byte) (decoded []byte, ok bool) {
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '%' {
			if c, ok = escaped(path[i:]); !ok {
				return nil, false
			}
			i += 2
		}
		to = append(to, c)
	}
	return to, true
}

// escaped returns what the three bytes that p begins with stand for.
func escaped(p []byte) (c byte, ok bool) {
	if len(p) < 3 {
		return 0, false
	}
	high, low := unhex(p[1]), unhex(p[2])
	return high<<4 | low, high < 16 && low < 16
}

// unhex returns the value of a hexadecimal digit, or 255.
func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}
