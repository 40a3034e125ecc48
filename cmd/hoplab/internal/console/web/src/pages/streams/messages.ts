// What the page and its worker say to one another.

import type { Source } from "../../data/http";
import type { Flow } from "./flows";
import type { Detail } from "./keeper";
import type { View, Wish } from "./view";

export type ToWorker =
  /** Where the answers of /streams are; the first message. */
  | { kind: "begin"; url: string }
  | { kind: "want"; wish: Wish }
  /** The stream whose detail is shown; undefined: none. */
  | { kind: "watch"; key: string | undefined }
  /** Whether flows are wanted. */
  | { kind: "flows"; wanted: boolean }
  /** Whether somebody looks. */
  | { kind: "seen"; seen: boolean };

export type FromWorker =
  | { kind: "view"; view: View }
  /** undefined: nothing is known of the stream. */
  | { kind: "detail"; key: string; detail: Detail | undefined }
  /** The ways of streams; at in ms since 1970, 0: nothing came yet. */
  | { kind: "flows"; flows: Flow[]; at: number }
  /** How the last request ended; undefined: well. */
  | { kind: "asked"; failure: FailureFields | undefined };

/** A Failure, which loses its class on the way. */
export interface FailureFields {
  source: Source;
  reason: string;
  remedy: string;
  url: string;
  status: number;
}
