package conn

import (
	"bytes"
	"testing"
)

func FuzzQueue(f *testing.F) {
	f.Add([]byte{200, 10, 255, 255, 3, 100, 255, 90})
	f.Add([]byte{255, 255, 255, 255, 255, 1, 255, 255})
	f.Fuzz(func(t *testing.T, steps []byte) {
		var e Env
		var q, other queue
		var want []byte
		for i, n := range steps {
			if i%2 == 0 {
				p := bytes.Repeat([]byte{byte(i)}, 5*int(n))
				for j := range p {
					p[j] += byte(j)
				}
				q.push(&e, p)
				other.push(&e, p) // takes what q lets go of
				want = append(want, p...)
				continue
			}
			got := q.peek(4 * int(n))
			if len(want) > 0 && n > 0 && len(got) == 0 {
				t.Fatal("nothing, although bytes wait")
			}
			if !bytes.HasPrefix(want, got) {
				t.Fatalf("step %d: % x, want % x", i, got, want[:len(got)])
			}
			q.pop(&e, len(got))
			other.drop(&e)
			if want = want[len(got):]; q.len() != len(want) {
				t.Fatalf("step %d: %d bytes wait, want %d", i, q.len(), len(want))
			}
		}
		q.drop(&e)
		for e.spareBytes > 0 {
			e.Trim()
		}
		if e.blocks != [blockSizes]spares{} || q != (queue{}) {
			t.Fatal("something is kept")
		}
	})
}

// What waits for peers comes and goes, as in attacks that are ended and begin
// again: the second wave lies where the first one lay.
func TestWavesOfWaitingBytesShareTheirBlocks(t *testing.T) {
	for _, size := range []int{100, 8 << 10, 64 << 10} {
		var e Env
		p := make([]byte, size)
		queues := make([]queue, 400)
		wave := func() {
			for i := range queues {
				queues[i].push(&e, p)
			}
			for i := range queues {
				queues[i].drop(&e)
			}
		}
		wave()
		if n := testing.AllocsPerRun(10, func() {
			wave()
			e.Trim() // a second is over
		}); n > 0 {
			t.Errorf("%d bytes: a wave allocates %v times", size, n)
		}
		for before := e.spareBytes; e.spareBytes > 0; before = e.spareBytes {
			if left := e.Trim(); e.spareBytes >= before || left != (e.spareBytes > 0) {
				t.Fatalf("%d bytes are kept though nobody needs them", e.spareBytes)
			}
		}
	}
}

func TestSpareBlocksAreBounded(t *testing.T) {
	var e Env
	var q queue
	q.push(&e, make([]byte, 2*maxSpareBytes))
	q.drop(&e)
	if e.spareBytes != maxSpareBytes {
		t.Errorf("%d bytes are kept", e.spareBytes)
	}
}

func TestSizesOfBlocks(t *testing.T) {
	var e Env
	for n, want := range map[int]int{1: minBlock, 512: minBlock, 513: 1024, 8192: 8192, 8193: maxBlock, maxBlock: maxBlock, 1 << 20: maxBlock} {
		if got := cap(e.takeBlock(n).buf); got != want {
			t.Errorf("%d bytes: a block of %d, want %d", n, got, want)
		}
	}
}
