import "./controls.css";

import { useId, useState } from "preact/hooks";

import { setParams } from "../../../shell/router";
import {
  absolute,
  parseRange,
  parseTime,
  quickRanges,
  type Range,
  rangeTitle,
  readable,
  refreshes,
} from "../ask/timerange";
import { all, chosen, toggled } from "../ask/variables";
import type { Variable } from "../model";
import { Popover } from "./popover";

/** Range, refresh, and ways to move in time. */
export function TimeControls(props: { from: string; to: string; range: Range; refresh: string; now: () => void }) {
  const { from, to, range, refresh, now } = props;
  const move = (start: number, end: number) => setParams({ from: absolute(start), to: absolute(end) });
  const width = range.to - range.from;
  const known = refreshes.includes(refresh) ? refreshes : [...refreshes, refresh];
  return (
    <div class="times">
      <button
        type="button"
        class="button"
        aria-label="Earlier"
        onClick={() => move(range.from - width / 2, range.to - width / 2)}
      >
        ‹
      </button>
      <Popover title={rangeTitle(from, to)} testid="time-range">
        {(close) => <RangeForm from={from} to={to} close={close} />}
      </Popover>
      <button
        type="button"
        class="button"
        aria-label="Later"
        disabled={to === "now"}
        onClick={() => move(range.from + width / 2, range.to + width / 2)}
      >
        ›
      </button>
      <button
        type="button"
        class="button"
        aria-label="Zoom out"
        onClick={() => {
          const end = Math.min(range.to + width / 2, Date.now());
          move(end - 2 * width, end);
        }}
      >
        −
      </button>
      <button type="button" class="button" onClick={now}>
        Refresh
      </button>
      <select
        class="select"
        aria-label="Refresh every"
        value={refresh}
        onChange={(event) => setParams({ refresh: event.currentTarget.value || "off" })}
      >
        {known.map((every) => (
          <option key={every} value={every}>
            {every || "Off"}
          </option>
        ))}
      </select>
    </div>
  );
}

function RangeForm({ from, to, close }: { from: string; to: string; close: () => void }) {
  const [start, setStart] = useState(readable(from));
  const [end, setEnd] = useState(readable(to));
  const [problem, setProblem] = useState("");
  const id = useId();
  const apply = (event: Event) => {
    event.preventDefault();
    const now = Date.now();
    if (parseRange(start, end, now)) {
      // What is relative stays so; what is local becomes absolute.
      const text = (t: string, up: boolean) => (t.startsWith("now") ? t : absolute(parseTime(t, now, up) ?? now));
      setParams({ from: text(start.trim(), false), to: text(end.trim(), true) });
      close();
    } else if (parseTime(start, now) === undefined) setProblem("From is no time: now-30m or 2026-01-31 12:00:00");
    else if (parseTime(end, now, true) === undefined) setProblem("To is no time: now or 2026-01-31 12:00:00");
    else setProblem("From must be before To");
  };
  return (
    <div class="range">
      <form onSubmit={apply}>
        <label>
          From
          <input
            class="input"
            value={start}
            aria-describedby={id}
            onInput={(event) => setStart(event.currentTarget.value)}
          />
        </label>
        <label>
          To
          <input
            class="input"
            value={end}
            aria-describedby={id}
            onInput={(event) => setEnd(event.currentTarget.value)}
          />
        </label>
        <div id={id} class="problem" role="status">
          {problem}
        </div>
        <button type="submit" class="button">
          Apply
        </button>
      </form>
      <ul>
        {quickRanges.map(([quick, title]) => (
          <li key={quick}>
            <button
              type="button"
              aria-pressed={from === quick && to === "now"}
              onClick={() => {
                setParams({ from: quick, to: "now" });
                close();
              }}
            >
              {title}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A variable that the reader sets: a list to choose from, or a text. */
export function VariableControl(props: { variable: Variable; params: URLSearchParams; options: readonly string[] }) {
  const { variable, params, options } = props;
  const choice = chosen(variable, params);
  const name = variable.label || variable.name;
  const key = `var-${variable.name}`;
  if (variable.type === "textbox") {
    return (
      <label class="variable" title={variable.description}>
        {name}
        <input
          class="input"
          value={choice[0] ?? ""}
          onChange={(event) => setParams({ [key]: event.currentTarget.value })}
        />
      </label>
    );
  }
  if (variable.type !== "query") return null;
  const shown = choice.includes(all) ? "All" : choice.join(" + ") || "–";
  // What the address names may be gone by now; it can still be let go.
  const listed = [...new Set([...(variable.includeAll ? [all] : []), ...options, ...choice])];
  return (
    <Popover
      label={`${name}: ${shown}`}
      testid={key}
      title={
        <>
          <span class="muted">{name}</span> <span class="choice">{shown}</span>
        </>
      }
    >
      {(close) => (
        <fieldset class="options">
          <legend>{variable.description || name}</legend>
          {listed.map((option) => (
            <label key={option}>
              <input
                type={variable.multi ? "checkbox" : "radio"}
                name={key}
                checked={choice.includes(option)}
                onChange={() => {
                  setParams({ [key]: toggled(variable, choice, option) });
                  if (!variable.multi) close();
                }}
              />
              {option === all ? "All" : option}
            </label>
          ))}
          {options.length === 0 ? <p class="muted">There is none now.</p> : null}
        </fieldset>
      )}
    </Popover>
  );
}
