package metrics

import (
	"math"
	"slices"
)

// Positive floats are ordered as their bits are, and the upper bits are the binary
// exponent and the first digits of the mantissa. So a small table says, by those,
// where a value belongs but for one comparison.

const (
	mantissaBits = 52
	mantissaMask = 1<<mantissaBits - 1
	exponentBias = 1023
)

// never is above the bits of every float.
const never = math.MaxUint64

// maxBounds is the greatest number of classic buckets that a family may have,
// +Inf included. It is a power of two.
const maxBounds = 16

// classicIndex finds classic buckets. Of the bounds no two may have the same
// binary exponent, as where each is at least twice the one before.
type classicIndex struct {
	lowest int               // exponent of the first bound, as floats hold it
	first  [64]uint8         // by exponent from lowest: how many bounds are below it
	bounds [maxBounds]uint64 // their bits, then never
}

func newClassicIndex(bounds []float64) classicIndex {
	c := classicIndex{lowest: int(math.Float64bits(bounds[0]) >> mantissaBits)}
	for i := range c.bounds {
		c.bounds[i] = never
		if i < len(bounds) {
			c.bounds[i] = math.Float64bits(bounds[i])
		}
	}
	for e := range c.first {
		low := uint64(c.lowest+e) << mantissaBits
		n, _ := slices.BinarySearch(c.bounds[:], low)
		c.first[e] = uint8(n)
	}
	return c
}

// of returns the bucket of the float with these bits, which is not negative.
func (c *classicIndex) of(bits uint64) int {
	e := min(max(int(bits>>mantissaBits)-c.lowest, 0), len(c.first)-1)
	i := int(c.first[e])
	if bits > c.bounds[i%maxBounds] {
		i++
	}
	return i
}

// Native buckets reach from 2^nativeMin to 2^nativeMax: from a microsecond to 36
// hours. Smaller values count as zero, greater ones into the last bucket.
const (
	nativeMin = -20
	nativeMax = 17
)

// nativeSchema says how fine native buckets are: a bucket's bound is
// 2^(2^-nativeSchema) times the one before, which is less than 1.1.
const (
	nativeSchema    = 3
	nativePerOctave = 1 << nativeSchema
	numNatives      = (nativeMax - nativeMin) * nativePerOctave
)

// octave holds the bounds of the native buckets from 1/2 to 1 as Prometheus'
// libraries have them: not each is the float next to the power of two that it
// stands for.
var octave = [nativePerOctave]float64{
	0.5, 0.5452538663326288, 0.5946035575013605, 0.6484197773255048,
	0.7071067811865475, 0.7711054127039704, 0.8408964152537144, 0.9170040432046711,
}

// nativeIndex finds native buckets. It looks at the first digits of the mantissa,
// as many as it takes for one bound at most among the values that share them.
type nativeIndex struct {
	below  [nativeCells]uint8  // bounds of the octave below these values
	bounds [nativeCells]uint64 // mantissa of the one among them, or never
}

const (
	nativeCells = 2 * nativePerOctave
	cellShift   = mantissaBits - nativeSchema - 1
)

func newNativeIndex() nativeIndex {
	var n nativeIndex
	for i := range n.bounds {
		n.bounds[i] = never
	}
	for _, bound := range octave {
		mantissa := math.Float64bits(bound) & mantissaMask
		cell := mantissa >> cellShift
		n.bounds[cell] = mantissa
		for c := cell + 1; c < nativeCells; c++ {
			n.below[c]++
		}
	}
	return n
}

// of returns the native bucket, from 0, of the float with these bits. Below 0 it
// counts as zero, from numNatives on into the last bucket.
func (n *nativeIndex) of(bits uint64) int {
	octaves := int(bits>>mantissaBits) - exponentBias - nativeMin
	cell := bits >> cellShift % nativeCells
	i := octaves*nativePerOctave - 1 + int(n.below[cell])
	if bits&mantissaMask > n.bounds[cell] {
		i++
	}
	return i
}

// nativeKey returns what Prometheus calls native bucket i: key k ends at
// 2^(k·2^-nativeSchema).
func nativeKey(i int) int32 { return int32(i + 1 + nativeMin*nativePerOctave) }
