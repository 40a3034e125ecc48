import { useState } from "preact/hooks";

import { type Fault, setFault } from "../../data/faults";
import { Failure } from "../../data/http";
import { FailureNote } from "../../ui/failure";

/** Turns a fault on and off. */
export function FaultSwitch({ fault, refresh }: { fault: Fault; refresh: () => void }) {
  const { busy, failure, turn } = useFault(fault.name, refresh);
  return (
    <>
      <button
        type="button"
        role="switch"
        class="switch"
        aria-checked={fault.on}
        aria-label={fault.name}
        aria-busy={busy}
        disabled={busy}
        data-testid="fault-switch"
        data-fault={fault.name}
        onClick={() => void turn(!fault.on)}
      >
        <span class="knob" />
        <span class="word">{fault.on ? "on" : "off"}</span>
      </button>
      {failure ? <FailureNote failure={failure} what={fault.name} /> : null}
    </>
  );
}

/** Turning one fault, and why it could not be turned. */
export function useFault(name: string, refresh: () => void) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | undefined>();
  const turn = async (on: boolean) => {
    setBusy(true);
    try {
      await setFault(name, on);
      setFailure(undefined);
    } catch (error) {
      setFailure(error instanceof Failure ? error : new Failure("faults", String(error), "", "", 0));
    }
    setBusy(false);
    refresh();
  };
  return { busy, failure, turn };
}
