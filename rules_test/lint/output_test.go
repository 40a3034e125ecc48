package lint_test

import (
	"fmt"
	"strings"
	"testing"
)

// Which labels come out decides what a template may name: each of these names x
// and has it, or not, as in Prometheus.
func TestLabelsThatComeOutOfAnExpression(t *testing.T) {
	for expr, want := range map[string]bool{
		`shop_queue`:                                           true,
		`shop_queue{route=""}`:                                 false,
		`sum (shop_queue)`:                                     false,
		`sum by (route) (shop_queue)`:                          true,
		`sum without (route) (shop_queue)`:                     false,
		`sum without (job) (shop_queue)`:                       true,
		`topk(1, shop_queue)`:                                  true,
		`topk by (job) (1, shop_queue)`:                        true,
		`count_values("route", sum by (job) (shop_queue))`:     true,
		`absent(shop_queue)`:                                   false,
		`absent(shop_queue{route="a"})`:                        true,
		`absent(shop_queue{route=~"a"})`:                       false,
		`absent(sum(shop_queue{route="a"}))`:                   false,
		`label_replace(sum(shop_queue), "route", "a", "", "")`: true,
		`label_join(sum(shop_queue), "route", ",", "job")`:     true,
		`vector(1)`:                                     false,
		`scalar(shop_queue) + vector(1)`:                false,
		`-shop_queue + 1`:                               true,
		`1 - shop_queue`:                                true,
		`max_over_time(shop_queue[5m])`:                 true,
		`max_over_time(sum by (job) (shop_queue)[5m:])`: false,
		`histogram_quantile(0.9, rate(shop_duration_seconds_bucket[5m]))`:                   true,
		`sum by (job) (shop_queue) and on (job) shop_queue`:                                 false,
		`shop_queue and on (job) sum by (job) (shop_queue)`:                                 true,
		`shop_queue unless on (job) sum by (job) (shop_queue)`:                              true,
		`sum by (job) (shop_queue) or shop_queue`:                                           true,
		`shop_queue / on (job) sum by (job) (shop_queue)`:                                   false,
		`shop_queue / ignoring (route) sum by (job, instance) (shop_queue)`:                 false,
		`shop_queue / on (job) group_left () sum by (job) (shop_queue)`:                     true,
		`sum by (job) (shop_queue) / on (job) group_right () shop_queue`:                    true,
		`sum by (job, instance) (shop_queue) * on (instance) group_left (route) shop_queue`: true,
		`shop_queue * on (instance) group_left (route) sum by (instance) (shop_queue)`:      false,
		`job:shop:sum`: false,
		`ALERTS`:       true,
	} {
		rules := used + strings.ReplaceAll(fmt.Sprintf(`- alert: ShopBroken
  expr: %q
  for: 1m
  labels: {severity: critical}
  annotations:
    summary: It is broken.
    description: "{{ $labels.route }}"
    runbook_url: /RUNBOOK.md#shopbroken
    dashboard_url: /d/shop
`, expr), "\t", "")
		got := findings(t, input(t, rules))
		if has := !strings.Contains(got, "(template-label)"); has != want || strings.Count(got, "\n") > 1 {
			t.Errorf("%s: has the label: %t, want %t\n%s", expr, has, want, got)
		}
	}
}
