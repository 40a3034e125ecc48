import type { Addresses } from "./program";

/** Runs a function while a fault of the demo is on. */
export async function during(addresses: Addresses, name: string, run: () => Promise<void>): Promise<void> {
  await setFault(addresses, name, true);
  try {
    await run();
  } finally {
    await setFault(addresses, name, false);
  }
}

/** Turns a fault of the demo on or off. */
export async function setFault(addresses: Addresses, name: string, on: boolean): Promise<void> {
  const response = await fetch(`${addresses.faults}/faults/${name}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ on }),
  });
  if (!response.ok) throw new Error(`fault ${name}: ${response.status} ${await response.text()}`);
}
