import "./streams.css";

import { route } from "../../shell/router";
import { StreamDetail } from "./detail";
import { StreamList } from "./list";
import { useLive } from "./live";

/** #/streams is the table, #/streams/CONNECTION/ID one stream. */
export default function StreamsPage() {
  useLive();
  const [connection, id] = route.value.path;
  if (connection !== undefined && id !== undefined)
    return <StreamDetail key={`${connection}/${id}`} id={`${connection}/${id}`} />;
  return <StreamList />;
}
