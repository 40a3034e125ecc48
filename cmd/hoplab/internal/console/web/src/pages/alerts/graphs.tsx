import { usePolling } from "../../data/polling";
import { type Labels, queryRange, type Rule } from "../../data/prometheus";
import { Empty, FailureNote } from "../../ui/failure";
import { LineChart } from "../../ui/linechart";
import { align, nameOf } from "./align";
import { compatible } from "./model";
import { type Condition, conditions } from "./promql";
import { formatIn, type Unit, unitOf, unitOfExpr } from "./value";

/** Most lines of a graph. */
const most = 12;

/** Each comparison of a rule as a graph of its value and its threshold. */
export function ConditionGraphs({ rule, labels, range }: { rule: Rule; labels: Labels; range: number }) {
  return (
    <div class="conditions">
      {conditions(rule.query).map((c, i) => (
        <ConditionGraph
          key={`${c.join} ${c.expr}`}
          condition={c}
          labels={labels}
          range={range}
          unit={i === 0 ? unitOf(rule) : unitOfExpr(c.comparison?.value ?? c.expr)}
        />
      ))}
    </div>
  );
}

interface Props {
  condition: Condition;
  labels: Labels;
  range: number;
  unit: Unit;
}

function ConditionGraph({ condition, labels, range, unit }: Props) {
  const step = Math.max(Math.round(range / 240), 1);
  const { comparison } = condition;
  const asked = usePolling(
    async (signal) => {
      const end = Math.floor(Date.now() / 1000 / step) * step;
      const ask = (expr: string) => queryRange(expr, end - range, end, step, signal);
      const [value, threshold] = await Promise.all([
        ask(comparison?.value ?? condition.expr),
        comparison ? ask(comparison.threshold) : Promise.resolve([]),
      ]);
      return { start: end - range, end, value, threshold };
    },
    Math.max(step * 1000, 5000),
    `${condition.expr} ${range}`,
  );
  return (
    <div class="condition">
      <p class="condition-text">
        {condition.join ? (
          <strong>
            {condition.join} {condition.matching}{" "}
          </strong>
        ) : null}
        <code>
          {comparison ? (
            <>
              {comparison.value} <strong>{comparison.operator}</strong> {comparison.threshold}
            </>
          ) : (
            condition.expr
          )}
        </code>
      </p>
      {asked.failure && !asked.data ? <FailureNote failure={asked.failure} what="Graph" /> : null}
      {asked.data ? (
        <Drawn data={asked.data} labels={labels} step={step} unit={unit} condition={condition} />
      ) : (
        <div class="condition-wait" />
      )}
    </div>
  );
}

interface DrawnProps {
  data: {
    start: number;
    end: number;
    value: Awaited<ReturnType<typeof queryRange>>;
    threshold: Awaited<ReturnType<typeof queryRange>>;
  };
  labels: Labels;
  step: number;
  unit: Unit;
  condition: Condition;
}

function Drawn({ data, labels, step, unit, condition }: DrawnProps) {
  const ours = data.value.filter((s) => compatible(s.labels, labels));
  const value = ours.slice(0, most);
  const threshold = data.threshold.filter((s) => compatible(s.labels, labels)).slice(0, most);
  if (value.length === 0) {
    return <Empty>No values in this time{condition.comparison ? "" : ": the expression was never true"}.</Empty>;
  }
  const { times, rows } = align([...value, ...threshold], data.start, data.end, step);
  const lines = rows.map((values, i) => {
    const s = i < value.length ? value[i] : threshold[i - value.length];
    const name = nameOf(
      s?.labels ?? {},
      value.map((v) => v.labels),
    );
    return i < value.length
      ? { label: name || "value", values }
      : { label: `threshold ${condition.comparison?.operator ?? ""} ${name}`.trim(), values, threshold: true };
  });
  return (
    <>
      <LineChart
        times={times}
        lines={lines}
        height={160}
        format={(v) => formatIn(unit, v)}
        label={`${condition.comparison?.value ?? condition.expr} over time`}
      />
      {ours.length > most ? (
        <p class="muted">
          {most} of {ours.length} series are drawn.
        </p>
      ) : null}
    </>
  );
}
