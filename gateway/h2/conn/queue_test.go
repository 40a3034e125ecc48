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
		for e.nBlocks > 0 {
			e.Trim()
		}
		if e.blocks != nil || q != (queue{}) {
			t.Fatal("something is kept")
		}
	})
}

// What waits for peers comes and goes, as in attacks that are ended and begin
// again: the second wave lies where the first one lay.
func TestWavesOfWaitingBytesShareTheirBlocks(t *testing.T) {
	var e Env
	p := make([]byte, 64<<10)
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
		t.Errorf("a wave allocates %v times", n)
	}
	for before := e.nBlocks; e.nBlocks > 0; before = e.nBlocks {
		if e.Trim(); e.nBlocks >= before {
			t.Fatalf("%d blocks are kept though nobody needs them", e.nBlocks)
		}
	}
}
