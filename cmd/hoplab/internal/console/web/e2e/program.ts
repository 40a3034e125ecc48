// hoplab as a process of the test.

import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";

/** The program under test: HOPLAB_BIN, or what make built. */
export const hoplab = resolve(process.env.HOPLAB_BIN ?? `${import.meta.dirname}/../../../../../../bin/hoplab`);

/** Where a demo listens, as URLs. */
export interface Addresses {
  console: string;
  gateway: string;
  admin: string;
  prometheus: string;
  traces: string;
  faults: string;
}

export interface Program {
  /** What it printed so far. */
  output: () => string;
  /** Ends it as Ctrl-C does and waits. */
  stop: () => Promise<void>;
  /** Ends it at once, as a crash does, and waits. */
  kill: () => Promise<void>;
}

/** Starts hoplab and waits until it has printed what ready looks for. */
export async function start(args: string[], ready: RegExp, within = 60_000): Promise<Program> {
  const child = spawn(hoplab, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  let output = "";
  const gone = new Promise<void>((resolve) => {
    child.on("exit", () => resolve());
    child.on("error", (error) => {
      output += `${hoplab}: ${error.message}; make build makes it\n`;
      resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`hoplab ${args.join(" ")}: ${why}\n${output}`));
    const timer = setTimeout(() => {
      end(child, "SIGKILL");
      fail(`not ready within ${within / 1000} s`);
    }, within);
    const read = (chunk: Buffer) => {
      output += chunk;
      if (ready.test(output)) {
        clearTimeout(timer);
        resolve();
      }
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    gone.then(() => {
      clearTimeout(timer);
      fail("ended");
    });
  });
  const stop = async (signal: NodeJS.Signals) => {
    end(child, signal);
    await gone;
  };
  return { output: () => output, stop: () => stop("SIGINT"), kill: () => stop("SIGKILL") };
}

/** Signals the process and, when it must not tidy up, what it has started. */
function end(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(signal === "SIGKILL" ? -child.pid : child.pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

/** Starts a demo; without addresses on ports that are free. */
export async function startDemo(
  extra: string[] = [],
  at?: Addresses,
): Promise<{ program: Program; addresses: Addresses }> {
  const flags: [string, keyof Addresses][] = [
    ["--listen", "gateway"],
    ["--admin", "admin"],
    ["--prometheus", "prometheus"],
    ["--traces", "traces"],
    ["--control", "faults"],
    ["--console", "console"],
  ];
  const args = flags.flatMap(([flag, name]) => [flag, at ? new URL(at[name]).host : "127.0.0.1:0"]);
  const program = await start(["demo", ...args, ...extra], /\nFaults:\n/);
  const find = (label: string) => {
    const found = new RegExp(`^ +${label} +(http://[0-9.:]+)`, "m").exec(program.output());
    if (!found?.[1]) throw new Error(`the demo does not say where its ${label} is:\n${program.output()}`);
    return found[1];
  };
  return {
    program,
    addresses: {
      console: find("console"),
      gateway: find("gateway"),
      admin: find("admin"),
      prometheus: find("Prometheus"),
      traces: find("traces"),
      faults: find("faults"),
    },
  };
}
