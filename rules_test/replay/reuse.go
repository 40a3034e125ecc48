package replay

import (
	"time"

	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// reuse knows what of an earlier run still holds.
type reuse struct {
	old map[identity]*Evaluation
	// changed are the rules that had to be evaluated, in this set and the old one:
	// whoever reads what they write has to be, too.
	changed []*ruleset.Rule
}

func newReuse(r *Result, base *Result) *reuse {
	u := &reuse{}
	if base == nil || base.Data != r.Data || base.opts.Interval != r.opts.Interval {
		return u
	}
	u.old = map[identity]*Evaluation{}
	for _, e := range base.Rules {
		u.old[identify(e)] = e
	}
	now := map[identity]bool{}
	for _, e := range r.Rules {
		now[identify(e)] = true
	}
	for id, e := range u.old {
		if !now[id] {
			u.changed = append(u.changed, e.Rule)
		}
	}
	return u
}

// take puts the old evaluations of a unit's rules into the result, if they hold.
func (u *reuse) take(r *Result, rules unit) bool {
	if u.holds(r, rules) {
		for _, i := range rules.rules {
			old := *u.old[identify(r.Rules[i])]
			old.Rule, old.Group, old.Reused = r.Rules[i].Rule, r.Rules[i].Group, true
			r.Rules[i] = &old
			for _, e := range old.out.entries {
				r.view.derived.add(e)
			}
		}
		return true
	}
	for _, i := range rules.rules {
		u.changed = append(u.changed, r.Rules[i].Rule)
	}
	return false
}

func (u *reuse) holds(r *Result, rules unit) bool {
	for _, i := range rules.rules {
		if u.old[identify(r.Rules[i])] == nil {
			return false
		}
		for _, c := range u.changed {
			if Reads(r.Rules[i].Rule, c) {
				return false
			}
		}
	}
	return true
}

// identity is everything that decides what a rule does, but for what it reads. Its
// place does: of two rules of a group, the one that comes first sees what the other
// recorded an interval before.
type identity struct {
	text                    string
	group                   string
	index                   int // in the group
	stepwise                bool
	first, interval, offset time.Duration
	limit                   int
}

func identify(e *Evaluation) identity {
	return identity{e.Rule.Text(), e.Group.Name, e.index, e.stepwise, e.First, e.Interval, e.Group.QueryOffset, e.Group.Limit}
}
